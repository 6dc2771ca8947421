import { describe, expect, it } from 'vitest'
import { cholesky, invertLower, packedSize } from '../../numeric/cholesky.ts'
import { random } from '../../random/random.ts'
import { columnsOf, type Encoding, fitEncoding } from '../encoding.ts'
import { startFold } from './fold.ts'
import type { Learner, LearnerKind } from './learner.ts'
import { startLogistic } from './logistic.ts'
import type { ContextualModel, Model } from './model.ts'
import { readModel, writeModel } from './read.ts'
import type { TrainingRow } from './row.ts'
import { nextModel, train } from './train.ts'

const DAY = 86_400_000
const WINDOW = 2 * DAY

const encoding: Encoding = fitEncoding(
  [
    { key: 'age', kind: 'numeric' },
    { key: 'mobile', kind: 'boolean' },
    { key: 'plan', kind: 'categorical', levels: ['free', 'pro'] },
  ],
  { age: { n: 100, sum: 4000, sumSquares: 4000 * 40 + 99 * 100 } },
)

function learnerOf(kind: LearnerKind, more: Partial<Learner> = {}): Learner {
  const contextual = kind === 'linear' || kind === 'logistic'
  return { kind, variants: ['a', 'b'], period: DAY, ...(contextual && { encoding }), ...more }
}

/** Coefficients of each arm over constant, age, mobile, free, pro. */
const TRUTH: Readonly<Record<string, readonly number[]>> = {
  a: [-1, 0.6, 0, 0.3, -0.3],
  b: [-0.6, -0.4, 0.5, 0, 0],
}

function world(seed: string, n: number, kind: LearnerKind, days: number, drift = 0): TrainingRow[] {
  const rng = random(seed)
  return Array.from({ length: n }, (_, i) => {
    const variant = rng.chance(0.3) ? 'a' : 'b'
    const inputs = { age: 40 + 10 * rng.normal(), mobile: rng.chance(0.5), plan: rng.pick(['free', 'pro', 'team']) }
    const plan = [inputs.plan === 'free' ? 1 : 0, inputs.plan === 'pro' ? 1 : 0]
    const x = [1, (inputs.age - 40) / 10, inputs.mobile ? 1 : -1, ...plan]
    const day = (days * i) / n
    const score =
      x.reduce((sum, value, j) => sum + value * TRUTH[variant]![j]!, 0) + (variant === 'a' ? drift * day : 0)
    const share = 1 / (1 + Math.exp(-score))
    const binary = kind === 'beta' || kind === 'logistic'
    const reward = binary ? Number(rng.chance(share)) : score + rng.normal()
    const decidedAt = Math.floor(day * DAY)
    return { variant, propensity: variant === 'a' ? 0.3 : 0.7, reward, decidedAt, closesAt: decidedAt + WINDOW, inputs }
  })
}

function deviations(model: ContextualModel, arm: number): number[] {
  const columns = columnsOf(model.encoding)
  const inverse = invertLower(cholesky(model.arms[arm]!.precision, columns), columns)
  // A⁻¹ = L⁻ᵀ L⁻¹, so its diagonal sums squares down a column.
  return Array.from({ length: columns }, (_, j) => {
    let sum = 0
    for (let i = j; i < columns; i++) sum += inverse[packedSize(i) + j]! ** 2
    return Math.sqrt(sum)
  })
}

const KINDS: LearnerKind[] = ['beta', 'gaussian', 'linear', 'logistic']

describe('training', () => {
  function byAndBy(learner: Learner, rows: readonly TrainingRow[]): Model {
    let model: Model | undefined
    for (const day of [3, 4, 7, 12, 13]) model = train(learner, model, rows, day * DAY).model
    expect(model).toMatchObject({ version: 5, trainedUntil: 13 * DAY })
    return model!
  }

  it.each(['beta', 'gaussian', 'linear'] as const)('%s: day by day gives what all at once gives', kind => {
    const learner = learnerOf(kind, { halfLife: 5 })
    const rows = world('step', 2000, kind, 10)
    const whole = train(learner, undefined, rows, 13 * DAY).model
    const model = byAndBy(learner, rows)
    for (const [i, arm] of whole.arms.entries()) {
      const numbers = (of: object) => Object.values(of).flat().slice(1) as number[]
      for (const [j, x] of numbers(arm).entries()) {
        expect(Math.abs(x - numbers(model.arms[i]!)[j]!)).toBeLessThan(1e-9 * Math.max(1, Math.abs(x)))
      }
    }
  })

  it.each<Partial<Learner>>([
    {},
    { halfLife: 5 },
  ])('logistic: day by day gives nearly what all at once gives, since a normal stands for the rows before: %j', more => {
    const learner = learnerOf('logistic', more)
    const rows = world('step', 2000, 'logistic', 10)
    const whole = train(learner, undefined, rows, 13 * DAY).model as ContextualModel
    const model = byAndBy(learner, rows) as ContextualModel
    for (const [i, arm] of whole.arms.entries()) {
      const sds = deviations(whole, i)
      for (const [j, sd] of deviations(model, i).entries()) {
        expect(Math.abs(sd / sds[j]! - 1)).toBeLessThan(0.05)
        expect(Math.abs(arm.mean[j]! - model.arms[i]!.mean[j]!)).toBeLessThan(0.2 * sd)
      }
    }
  })

  it('R11 logistic: rows are held a chunk at a time, which changes next to nothing', () => {
    const rows = world('chunks', 2500, 'logistic', 1)
    const span = { after: Number.NEGATIVE_INFINITY, until: 9 * DAY }
    const [whole, chunked] = [100_000, 400].map(chunk => {
      const trainer = startLogistic(learnerOf('logistic'), undefined, span, chunk)
      for (const row of rows) trainer.add(row)
      return trainer.finish().model as ContextualModel
    })
    const sds = deviations(whole!, 1)
    for (const [j, mean] of whole!.arms[1]!.mean.entries()) {
      expect(Math.abs(mean - chunked!.arms[1]!.mean[j]!)).toBeLessThan(0.3 * sds[j]!)
    }
    expect(chunked!.arms[1]!.people).toBe(whole!.arms[1]!.people)
  })

  it.each(['linear', 'logistic'] as const)('%s: finds the planted coefficients, within what it says it knows', kind => {
    const { model } = train(learnerOf(kind), undefined, world('coefficients', 20_000, kind, 1), 5 * DAY)
    for (const [i, arm] of (model as ContextualModel).arms.entries()) {
      const sds = deviations(model as ContextualModel, i)
      // The ridge shares out what constant and levels have in common: only differences can be told.
      const [constant, age, mobile, free, pro] = arm.mean
      const [, ageTruth, mobileTruth] = TRUTH[arm.variant]!
      expect(Math.abs(age! - ageTruth!)).toBeLessThan(4 * sds[1]!)
      expect(Math.abs(mobile! - mobileTruth!)).toBeLessThan(4 * sds[2]!)
      expect(sds[1]).toBeLessThan(0.06)
      for (const [j, level] of [free, pro].entries()) {
        const truth = TRUTH[arm.variant]!
        expect(Math.abs(constant! + level! - truth[0]! - truth[3 + j]!)).toBeLessThan(0.15)
      }
    }
  })

  it('a posterior is as wide as estimates scatter', () => {
    for (const kind of ['linear', 'logistic'] as const) {
      const found = Array.from({ length: 60 }, (_, i) => {
        const { model } = train(learnerOf(kind), undefined, world(`scatter/${i}`, 700, kind, 1), 5 * DAY)
        return {
          age: model.kind === kind ? model.arms[1]!.mean[1]! : Number.NaN,
          sd: deviations(model as ContextualModel, 1)[1]!,
        }
      })
      const scatter = Math.sqrt(found.reduce((sum, { age }) => sum + (age + 0.4) ** 2, 0) / found.length)
      const said = found.reduce((sum, { sd }) => sum + sd, 0) / found.length
      expect(Math.abs(scatter / said - 1)).toBeLessThan(0.3)
    }
  })

  it('decay follows a world that drifts', () => {
    const rows = world('drift', 6000, 'linear', 60, 0.05)
    const scoreOfA = (halfLife?: number) => {
      const { model } = train(
        learnerOf('linear', halfLife === undefined ? {} : { halfLife }),
        undefined,
        rows,
        62 * DAY,
      )
      return (model as ContextualModel).arms[0]!.mean[0]!
    }
    // At the end a's constant is -1 + 3 = 2, on average it was 0.5.
    expect(scoreOfA()).toBeLessThan(1)
    expect(scoreOfA(4)).toBeGreaterThan(1.4)
  })

  it.each(KINDS)('%s: decay makes an arm that is shown no more less and less certain', kind => {
    const spreadOf = (model: Model): number => {
      if (model.kind === 'beta') return 1 / Math.sqrt(model.arms[0]!.a + model.arms[0]!.b)
      return model.kind === 'gaussian' ? model.arms[0]!.sd : deviations(model, 0)[1]!
    }
    const rows = world('abandoned', 6000, kind, 60)
    // From the thirtieth day on nobody sees a.
    const shown = rows.filter(row => row.variant === 'b' || row.decidedAt < 30 * DAY)
    for (const [halfLife, least, most] of [
      [5, 4, 9],
      [undefined, 0.97, 1.03],
    ]) {
      const learner = learnerOf(kind, halfLife === undefined ? {} : { halfLife })
      const before = train(learner, undefined, shown, 32 * DAY).model
      const after = train(learner, before, shown, 62 * DAY).model
      // Thirty days are six half-lives: a 64th of the rows, an eighth of the certainty, and what a prior is worth.
      const wider = spreadOf(after) / spreadOf(before)
      expect(wider).toBeGreaterThan(least!)
      expect(wider).toBeLessThan(most!)
    }
  })

  it('balanced, a season that comes with a change of weights deceives nobody', () => {
    // a is the better arm by 2 points at any time. In the low season it has 90 %, in the high season 10 %.
    const rng = random('season')
    const rows: TrainingRow[] = Array.from({ length: 60_000 }, (_, i) => {
      const high = i >= 30_000
      const share = high ? 0.1 : 0.9
      const variant = rng.chance(share) ? 'a' : 'b'
      const rate = (high ? 0.2 : 0.1) + (variant === 'a' ? 0.02 : 0)
      const decidedAt = (high ? 1 : 0) * DAY
      const reward = Number(rng.chance(rate))
      return {
        variant,
        propensity: variant === 'a' ? share : 1 - share,
        reward,
        decidedAt,
        closesAt: decidedAt + WINDOW,
      }
    })
    const differenceBy = (more: Partial<Learner>) => {
      const { model } = train(learnerOf('beta', more), undefined, rows, 9 * DAY)
      if (model.kind !== 'beta') throw new Error(model.kind)
      const [a, b] = model.arms.map(arm => arm.a / (arm.a + arm.b))
      return a! - b!
    }
    expect(differenceBy({})).toBeLessThan(-0.05)
    expect(Math.abs(differenceBy({ balance: 10 }) - 0.02)).toBeLessThan(0.012)
  })

  it('from sums that SQL took it is the same', () => {
    const rows = world('sql', 500, 'linear', 5)
    const learner = learnerOf('linear')
    const fold = startFold(learner, { after: Number.NEGATIVE_INFINITY, until: 9 * DAY })
    for (const row of rows) fold.add(row)
    const model = nextModel(learner, undefined, { closed: fold.closed() }, 9 * DAY)
    expect(model).toEqual(train(learner, undefined, rows, 9 * DAY).model)
  })

  it('what cannot be gone on from is refused', () => {
    const rows = world('refuse', 50, 'beta', 1)
    const { model } = train(learnerOf('beta'), undefined, rows, 5 * DAY)
    expect(() => train(learnerOf('gaussian'), model, rows, 6 * DAY)).toThrow(/train from the log/)
    expect(() => train(learnerOf('beta'), model, rows, 4 * DAY)).toThrow(/a clock went back/)
    // Of the same instant nothing is new, and nothing went back.
    expect(train(learnerOf('beta'), model, rows, 5 * DAY).model).toEqual({ ...model, version: 2 })
    expect(() =>
      train({ ...learnerOf('linear'), encoding: undefined } as unknown as Learner, undefined, rows, 0),
    ).toThrow(/needs its encoding/)
  })
})

describe('a model as JSON', () => {
  it.each(KINDS)('R6 %s: is stable, and reads back as it was', kind => {
    const rows = world('json', 300, kind, 3)
    const { model } = train(learnerOf(kind), undefined, rows, 6 * DAY)
    const text = writeModel(model)
    expect(readModel(text)).toEqual(model)
    expect(writeModel(readModel(text))).toBe(text)
    expect(writeModel(train(learnerOf(kind), undefined, rows, 6 * DAY).model)).toBe(text)
    // Going on from what was read is going on from what was written.
    const more = world('more', 300, kind, 3).map(row => ({
      ...row,
      decidedAt: row.decidedAt + 6 * DAY,
      closesAt: 9 * DAY,
    }))
    expect(train(learnerOf(kind), readModel(text), more, 9 * DAY)).toEqual(train(learnerOf(kind), model, more, 9 * DAY))
  })

  it('that is broken says where', () => {
    const { model } = train(learnerOf('linear'), undefined, world('broken', 100, 'linear', 1), 6 * DAY)
    const broken = (change: (text: string) => string) => () => readModel(change(writeModel(model)))
    const changed = (path: readonly (string | number)[], value: unknown) =>
      broken(text => {
        const copy = JSON.parse(text) as object
        let at = copy as Record<string | number, never>
        for (const step of path.slice(0, -1)) at = at[step]!
        Object.assign(at, { [path.at(-1)!]: value })
        return JSON.stringify(copy)
      })
    expect(broken(() => '{')).toThrow(/no JSON/)
    expect(broken(() => '[]')).toThrow(/it is no object/)
    expect(changed(['format'], 2)).toThrow(/format 1/)
    expect(changed(['kind'], 'deep')).toThrow(/no kind "deep"/)
    expect(changed(['version'], 1.5)).toThrow(/version is no whole number/)
    expect(changed(['arms', 0, 'mean'], [1, 2, 3, 4])).toThrow(/mean has 4 numbers instead of 5/)
    expect(changed(['arms', 0, 'precision', 0], -1)).toThrow(/not positive definite/)
    expect(changed(['arms', 0, 'people'], null)).toThrow(/people is no number/)
    expect(changed(['encoding', 'inputs', 0, 'sd'], 0)).toThrow(/sd is not above 0/)
    expect(changed(['arms'], new Array(21).fill({}))).toThrow(/at most 20/)
    expect(changed(['sums', 'arms', 0, 'weight'], -1)).toThrow(/weight is negative/)
  })
})
