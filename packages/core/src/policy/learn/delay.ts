import Type from 'typebox'

/**
 * How soon a reward comes, if it comes within its window at all: the share of all reward expected by an age. With it rows
 * whose window is still open can be learned from.
 *
 * The estimator: an open row of age a counts as F(a) of a row, with the reward seen so far. Its age alone decides the weight,
 * never its outcome, so pending is not counted as failure (that would weigh 1) and early success is not counted as all there
 * will be. Since E[reward by a] = F(a) E[reward], sum of rewards over sum of F has no bias (Vernade et al 2017, "Stochastic
 * bandit models for delayed conversions").
 */
export const DelayModel = Type.Union([
  Type.Object(
    { kind: Type.Literal('exponential'), mean: Type.Number({ exclusiveMinimum: 0, description: 'Milliseconds.' }) },
    { additionalProperties: false, description: 'Waiting does not make it likelier: 1 - exp(-age / mean).' },
  ),
  Type.Object(
    {
      kind: Type.Literal('table'),
      at: Type.Array(Type.Number({ minimum: 0 }), {
        minItems: 1,
        maxItems: 64,
        description: 'Milliseconds, ascending.',
      }),
      share: Type.Array(Type.Number({ minimum: 0, maximum: 1 }), {
        minItems: 1,
        maxItems: 64,
        description: 'Share of all reward that has come by then, ascending; straight lines between.',
      }),
    },
    { additionalProperties: false },
  ),
])
export type DelayModel = Type.Static<typeof DelayModel>

/** Share of the reward of a whole window expected by an age, both in milliseconds; 1 once the window has closed. */
export function delayShare(model: DelayModel, age: number, window: number): number {
  if (age >= window) return 1
  if (!(age > 0)) return 0
  const whole = share(model, window)
  return whole > 0 ? Math.min(1, share(model, age) / whole) : 0
}

function share(model: DelayModel, age: number): number {
  if (model.kind === 'exponential') return -Math.expm1(-age / model.mean)
  const { at, share } = model
  let before = 0
  let reached = 0
  for (let i = 0; i < at.length; i++) {
    if (age < at[i]!) return reached + ((share[i]! - reached) * (age - before)) / (at[i]! - before)
    before = at[i]!
    reached = share[i]!
  }
  return reached
}

/**
 * The delay model that closed windows show: `delays` are the ages at which their rewards came, milliseconds. 32 knots at
 * equal shares. Undefined below 100 rewards: then there is nothing to declare yet, and open windows wait.
 */
export function delayTable(delays: readonly number[]): DelayModel | undefined {
  const KNOTS = 32
  const sorted = delays.filter(delay => delay >= 0 && Number.isFinite(delay)).sort((a, b) => a - b)
  if (sorted.length < 100) return undefined
  const at: number[] = []
  const share: number[] = []
  for (let k = 1; k <= KNOTS; k++) {
    const index = Math.ceil((sorted.length * k) / KNOTS) - 1
    const knot = sorted[index]!
    // Equal delays make one knot, with the share reached at the last of them.
    if (at.at(-1) === knot) share[share.length - 1] = k / KNOTS
    else {
      at.push(knot)
      share.push(k / KNOTS)
    }
  }
  return { kind: 'table', at, share }
}
