import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../../random/random.ts'
import { type DelayModel, delayShare, delayTable } from './delay.ts'
import { evidenceOf } from './evidence.ts'
import { startFold } from './fold.ts'
import type { Learner } from './learner.ts'
import type { TrainingRow } from './row.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const WINDOW = 7 * DAY
const NOW = 100 * DAY
const MEAN = 30 * HOUR

const exponential: DelayModel = { kind: 'exponential', mean: MEAN }

describe('the share of a reward that has come by an age', () => {
  it('goes from 0 to 1 within the window and never back', () => {
    const models = fc.oneof(
      fc.double({ min: HOUR, max: 30 * DAY, noNaN: true }).map((mean): DelayModel => ({ kind: 'exponential', mean })),
      fc
        .array(fc.double({ min: 0, max: 10 * DAY, noNaN: true }), { minLength: 100, maxLength: 300 })
        .map(delays => delayTable(delays)!),
    )
    const age = fc.double({ min: 0, max: 8 * DAY, noNaN: true })
    fc.assert(
      fc.property(models, age, age, (model, a, b) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)].map(at => delayShare(model, at, WINDOW))
        expect(early! >= 0 && early! <= late! && late! <= 1).toBe(true)
        expect(delayShare(model, 0, WINDOW)).toBe(0)
        expect(delayShare(model, WINDOW, WINDOW)).toBe(1)
        expect(delayShare(model, -HOUR, WINDOW)).toBe(0)
      }),
    )
  })

  it('learned is a table that ascends, so that a reward that came does not go away again', () => {
    const delays = fc.array(fc.double({ min: 0, max: 10 * DAY, noNaN: true }), { minLength: 100, maxLength: 300 })
    fc.assert(
      fc.property(delays, all => {
        const model = delayTable(all)
        if (model?.kind !== 'table') throw new Error('no table was learned')
        const { at, share } = model
        expect(at).toHaveLength(share.length)
        expect(at).toEqual([...new Set(at)].sort((a, b) => a - b))
        expect(share).toEqual([...share].sort((a, b) => a - b))
        expect(share.at(-1)).toBeGreaterThan(0)
      }),
    )
  })

  it('is of what comes within the window, not of all that ever comes', () => {
    // Of a reward that takes as long as the window 63 % come within it, and 39 % within its half.
    const slow: DelayModel = { kind: 'exponential', mean: WINDOW }
    expect(delayShare(slow, WINDOW / 2, WINDOW)).toBeCloseTo((1 - Math.exp(-0.5)) / (1 - Math.exp(-1)), 10)
    const table: DelayModel = { kind: 'table', at: [WINDOW / 2, 2 * WINDOW], share: [0.4, 1] }
    expect(delayShare(table, WINDOW / 4, WINDOW)).toBeCloseTo(0.2 / 0.6, 10)
  })

  it('learned from closed windows is what the rewards did; below 100 of them nothing is', () => {
    const rng = random('delays')
    const table = delayTable(Array.from({ length: 20_000 }, () => MEAN * rng.exponential()))!
    for (const age of [2 * HOUR, DAY, 3 * DAY]) {
      expect(delayShare(table, age, WINDOW)).toBeCloseTo(delayShare(exponential, age, WINDOW), 1)
    }
    expect(delayTable(new Array(99).fill(HOUR))).toBeUndefined()
  })
})

describe('R7 learning before windows close', () => {
  /** 12 % within the window for everybody; arm b was launched two days ago, arm a runs since long. */
  const TRUTH = 0.12
  const RUNS = 120

  function simulate(seed: string): (TrainingRow & { done: boolean })[] {
    const rng = random(seed)
    return Array.from({ length: 2000 }, (_, i) => {
      const variant = i % 2 === 0 ? 'a' : 'b'
      const age = rng.uniform() * (variant === 'a' ? 20 * DAY : 2 * DAY)
      // The delays of those who convert within the window: the exponential, cut off at its end.
      let delay = Number.POSITIVE_INFINITY
      if (rng.chance(TRUTH))
        do delay = MEAN * rng.exponential()
        while (delay > WINDOW)
      const decidedAt = NOW - age
      return {
        variant,
        propensity: 0.5,
        reward: delay <= age ? 1 : 0,
        decidedAt,
        closesAt: decidedAt + WINDOW,
        done: age >= WINDOW,
      }
    })
  }

  const learner: Learner = { kind: 'beta', variants: ['a', 'b'], period: DAY, delay: exponential }

  const simulations = Array.from({ length: RUNS }, (_, i) => simulate(`delay/${i}`))

  /** Means of arm b over the runs, with the standard error of that mean. */
  function over(estimate: (rows: readonly (TrainingRow & { done: boolean })[]) => number) {
    const means = simulations.map(estimate)
    const mean = means.reduce((a, b) => a + b) / RUNS
    const variance = means.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (RUNS - 1)
    return { mean, error: Math.sqrt(variance / RUNS), variance }
  }

  const ofB = <T extends TrainingRow>(rows: readonly T[]) => rows.filter(row => row.variant === 'b')
  const shareOf = (rows: readonly TrainingRow[]) => rows.reduce((sum, row) => sum + row.reward, 0) / rows.length
  const evidence = (rows: readonly TrainingRow[]) => {
    const fold = startFold(learner, { after: Number.NEGATIVE_INFINITY, until: NOW })
    for (const row of rows) fold.add(row)
    expect(fold.closed().arms[1]!.people).toBe(0)
    return evidenceOf(fold.open().arms[1]!)
  }

  it('pending counted as failure is too low, early success counted as mature too high, the estimator right', () => {
    const failing = over(rows => shareOf(ofB(rows)))
    expect(failing.mean).toBeLessThan(TRUTH - 10 * failing.error)

    // "Mature" by outcome: those who converted or whose window closed. All of b's are successes.
    const early = over(rows => shareOf(ofB(rows).filter(row => row.done || row.reward === 1)))
    expect(early.mean).toBeGreaterThan(TRUTH + 10 * early.error)

    const right = over(rows => evidence(rows).mean)
    expect(Math.abs(right.mean - TRUTH)).toBeLessThan(3.5 * right.error)
  })

  it('and it knows how little it knows', () => {
    const { variance } = over(rows => evidence(rows).mean)
    const { n, mean } = evidence(simulations[0]!)
    // The variance a posterior counts with is the one that is there.
    expect(Math.abs(Math.sqrt((mean * (1 - mean)) / n / variance) - 1)).toBeLessThan(0.15)
    expect(n).toBeLessThan(700)
  })

  it('closed and open rows together have no bias either', () => {
    const { mean, error } = over(rows => {
      const fold = startFold(learner, { after: Number.NEGATIVE_INFINITY, until: NOW })
      for (const row of rows) fold.add(row)
      const [closed, open] = [fold.closed().arms[0]!, fold.open().arms[0]!]
      return (closed.reward + open.reward) / (closed.weight + open.weight)
    })
    expect(Math.abs(mean - TRUTH)).toBeLessThan(3.5 * error)
  })
})
