import { columnsOf } from '../encoding.ts'
import { cholesky, multiply, packedSize, solve } from '../numeric/cholesky.ts'
import { periodOf } from '../period.ts'
import { evidenceOf } from './evidence.ts'
import { type Coefficients, type Span, startFold } from './fold.ts'
import { DEFAULT_RIDGE, type Learner } from './learner.ts'
import type { CoefficientArm, LogisticModel, Model } from './model.ts'
import { pooled } from './posterior.ts'
import type { TrainingRow } from './row.ts'
import { type ArmSums, addSums, advance, decayOf, type Sums } from './sums.ts'
import type { Training } from './train.ts'

/** Newton's method ends when no coefficient moves more than this, or after so many passes over the rows. */
const CLOSE = 1e-6
const PASSES = 25
/** A step moves no coefficient further: Newton's method on a logistic curve may otherwise overshoot. */
const LONGEST = 4

/** A normal belief about an arm's coefficients. */
interface Belief {
  readonly mean: Float64Array
  readonly precision: Float64Array
}

/**
 * Logistic regression by Laplace's approximation: the earlier posterior is the prior, the rows' likelihood is climbed by
 * Newton's method, and the curvature at the top is the new precision (Chapelle and Li 2011). Decay people the prior back to
 * where the first training began. Rows of closed windows make the posterior to go on from; those of open windows are added
 * for this version only.
 */
export function trainLogistic(
  learner: Learner,
  previous: Model | undefined,
  rows: Iterable<TrainingRow>,
  span: Span,
): Training {
  const before = previous as LogisticModel | undefined
  const encoding = learner.encoding!
  const variants = [...learner.variants].sort()
  if ((rows[Symbol.iterator]() as unknown) === rows) {
    throw new TypeError('a logistic model goes through its rows several times: give an array, not a generator')
  }
  const { encoding: _encoding, ...scalarsOnly } = learner
  const plain = startFold(scalarsOnly, span)
  for (const row of rows) plain.add(row)
  const period = periodOf(span.until, learner.period)
  const closedSums = plain.closed()
  const sums = before === undefined ? closedSums : addSums(before.sums, closedSums, learner.halfLife)
  const served = addSums(sums, plain.open(), learner.halfLife)

  const base = before?.base ?? logOdds(pooled(served.arms).mean, served.arms)
  const start = startOf(base, columnsOf(encoding), learner.ridge ?? DEFAULT_RIDGE)
  const faded = decayOf(period - (before?.sums.period ?? period), learner.halfLife)
  const priors = new Map(variants.map(variant => [variant, priorOf(variant, before, start, faded)]))
  const climb = (beliefs: ReadonlyMap<string, Belief>, read: 'closed' | 'open') =>
    posterior(beliefs, at => {
      const fold = startFold(learner, span, at)
      for (const row of rows) fold.add(row)
      return fold[read]()
    })
  const closed = climb(priors, 'closed')
  const open = learner.delay === undefined ? closed : climb(closed, 'open')

  const people = (from: Sums, variant: string) => from.arms.find(arm => arm.variant === variant)?.people ?? 0
  const armsOf = (beliefs: ReadonlyMap<string, Belief>, from: Sums): CoefficientArm[] =>
    variants.map(variant => {
      const { mean, precision } = beliefs.get(variant)!
      return { variant, people: people(from, variant), mean: Array.from(mean), precision: Array.from(precision) }
    })
  const model: LogisticModel = {
    kind: 'logistic',
    format: 1,
    version: (before?.version ?? 0) + 1,
    trainedUntil: span.until,
    sums: advance(sums, period, learner.halfLife),
    encoding,
    base,
    closed: armsOf(closed, sums),
    arms: armsOf(open, served),
  }
  return { model, refused: plain.refused, waiting: plain.waiting() }
}

/**
 * The posterior of each arm under its prior. `pass` sums the rows at given coefficients (`startFold` with them, or SQL): each
 * call is one step of Newton's method.
 */
export function posterior(priors: ReadonlyMap<string, Belief>, pass: (at: Coefficients) => Sums): Map<string, Belief> {
  let at: Map<string, Belief> = new Map(priors)
  for (let i = 0; i < PASSES; i++) {
    const sums = pass(new Map([...at].map(([variant, belief]) => [variant, belief.mean])))
    let moved = 0
    const next = new Map<string, Belief>()
    for (const [variant, prior] of priors) {
      const arm = sums.arms.find(a => a.variant === variant)
      const from = at.get(variant)!.mean
      const step = arm === undefined || arm.people === 0 ? prior : newton(prior, from, arm)
      moved = Math.max(moved, ...step.mean.map((x, j) => Math.abs(x - from[j]!)))
      next.set(variant, step)
    }
    at = next
    if (moved < CLOSE) break
  }
  return at
}

function newton(prior: Belief, from: Float64Array, arm: ArmSums): Belief {
  const columns = from.length
  const scale = arm.weight > 0 ? evidenceOf(arm).n / arm.weight : 0
  const precision = Float64Array.from(prior.precision, (x, i) => x + scale * arm.products![i]!)
  const offset = from.map((x, i) => x - prior.mean[i]!)
  const pull = multiply(prior.precision, offset, columns)
  const slope = Float64Array.from(arm.moments!, (x, i) => scale * x - pull[i]!)
  const step = solve(cholesky(precision, columns), slope, columns)
  const longest = step.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  const shrink = longest > LONGEST ? LONGEST / longest : 1
  return { mean: from.map((x, i) => x + shrink * step[i]!), precision }
}

/** Half a success and half a failure are added, so that a reward nobody has had yet has log-odds too. */
function logOdds(mean: number, arms: readonly ArmSums[]): number {
  const rows = arms.reduce((sum, arm) => sum + arm.weight, 0)
  const share = (Math.min(1, Math.max(0, mean)) * rows + 0.5) / (rows + 1)
  return Math.log(share / (1 - share))
}

function startOf(base: number, columns: number, ridge: number): Belief {
  const mean = new Float64Array(columns)
  mean[0] = base
  const precision = new Float64Array(packedSize(columns))
  for (let i = 0; i < columns; i++) precision[packedSize(i) + i] = ridge
  return { mean, precision }
}

/** The earlier posterior to the power of what has not faded, times the start to the power of what has. */
function priorOf(variant: string, before: LogisticModel | undefined, start: Belief, faded: number): Belief {
  const arm = before?.closed.find(arm => arm.variant === variant)
  if (arm === undefined) return start
  const earlier: Belief = { mean: Float64Array.from(arm.mean), precision: Float64Array.from(arm.precision) }
  if (faded === 1) return earlier
  const columns = start.mean.length
  const mix = (a: Float64Array, b: Float64Array) => a.map((x, i) => x + faded * (b[i]! - x))
  const precision = mix(start.precision, earlier.precision)
  const natural = mix(
    multiply(start.precision, start.mean, columns),
    multiply(earlier.precision, earlier.mean, columns),
  )
  return { mean: solve(cholesky(precision, columns), natural, columns), precision }
}
