import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { beforeAfter, type Series } from './before-after.ts'
import { unspeakable } from './testing.ts'

/** Two series that share the season, each with noise that lasts a few days; the touched one steps by the effect. */
function shop(seed: string, effect: number, { drift = 0, days = 56, persistence = 0.3 } = {}) {
  const rng = random(seed)
  const noise = () => {
    let level = 0
    return () => {
      level = persistence * level + rng.normal()
      return level
    }
  }
  const [own, other] = [noise(), noise()]
  const values = Array.from({ length: 2 * days }, (_, day) => {
    const season = 1 + 0.2 * Math.sin(day / 20)
    const isAfter = day >= days
    return {
      touched: 200 * season * (1 + 0.03 * own()) * (1 + (isAfter ? effect : 0)) * (1 + drift * day),
      comparison: 50 * season * (1 + 0.03 * other()),
    }
  })
  const series = (of: 'touched' | 'comparison'): Series => ({
    before: values.slice(0, days).map(value => value[of]),
    after: values.slice(days).map(value => value[of]),
  })
  return { touched: series('touched'), comparison: series('comparison') }
}

describe('before and after, with a comparison', () => {
  it('takes the season away, and says that it is an indication', () => {
    const { touched, comparison } = shop('season', 0.1)
    const answer = beforeAfter(touched, comparison)
    expect(answer.certainty).toBe('an indication, not proof')
    expect(answer.effect.value).toBeCloseTo(0.1, 1)
    expect(answer.effect.interval![0]).toBeGreaterThan(0.05)
    // By itself it fell: the season did.
    expect(answer.touchedChange).toBeLessThan(0.05)
    expect(answer.touchedChange! - answer.comparisonChange!).toBeCloseTo(answer.effect.value!, 9)
    expect(answer.driftBefore.isClear).toBe(false)
    expect(answer.sentence).toMatch(/^It changed by \+\d+\.\d % beyond the comparison .*: an indication, not proof\.$/)
  })

  it('warns where the two went apart before already', () => {
    const { touched, comparison } = shop('drift', 0, { drift: 0.004 })
    const answer = beforeAfter(touched, comparison)
    expect(answer.effect.p).toBeLessThan(0.05)
    expect(answer.driftBefore.isClear).toBe(true)
    expect(answer.sentence).toContain('went apart before already')
  })

  it('worked out by hand: independent periods', () => {
    const flat = { before: [10, 10, 10, 10], after: [10, 10, 10, 10] }
    const { effect } = beforeAfter({ before: [9, 11, 9, 11], after: [11, 13, 11, 13] }, flat, { lag: 0 })
    expect(effect.value).toBeCloseTo(0.2, 12)
    // Each period is .1 away from its mean: 8 scores of .1 / 4, squared, times 8 / 6.
    expect(effect.standardError! ** 2).toBeCloseTo((8 * 0.025 ** 2 * 8) / 6, 12)
    expect(effect.dof).toBe(6)
  })
})

it('where nothing changed, a change is found about one time in 20, though days go together', () => {
  const experiments = 400
  let found = 0
  let foundPlain = 0
  for (let i = 0; i < experiments; i++) {
    const { touched, comparison } = shop(`nothing ${i}`, 0)
    if (beforeAfter(touched, comparison).effect.p! < 0.05) found++
    if (beforeAfter(touched, comparison, { lag: 0 }).effect.p! < 0.05) foundPlain++
  }
  expect(found / experiments).toBeLessThan(0.11)
  expect(foundPlain / experiments).toBeGreaterThan(found / experiments)
})

describe('where it cannot be told', () => {
  const some = { before: [1, 2, 3, 4], after: [2, 3, 4, 5] }

  it('too few periods, nothing before, no variance, endless values', () => {
    const few = beforeAfter({ before: [1, 2], after: [3] }, { before: [1, 2], after: [3] })
    expect(few.effect.reason).toBe('no-events')
    expect(few.sentence).toContain('cannot be told from chance yet (an indication, not proof)')
    const nothing = beforeAfter({ ...some, before: [0, 0, 0, 0] }, some)
    expect(nothing).toMatchObject({ effect: { reason: 'zero-control-mean' }, touchedChange: null })
    const same = beforeAfter(some, some)
    expect(same.effect).toMatchObject({ value: 0, reason: 'no-variance' })
    const endless = beforeAfter({ ...some, after: [1, 2, 3, Number.POSITIVE_INFINITY] }, some)
    expect(endless.effect.reason).toBe('overflow')
    expect(
      unspeakable([few, nothing, same, endless, beforeAfter({ before: [], after: [] }, { before: [], after: [] })]),
    ).toEqual([])
  })

  it('series of different lengths are refused', () => {
    expect(() => beforeAfter(some, { ...some, after: [1] })).toThrow(RangeError)
  })

  it('a KPI below 0 keeps the sign of its change', () => {
    const loss = { before: [-10, -11, -9, -10], after: [-8, -9, -7, -8] }
    const flat = { before: [10, 11, 9, 10], after: [10, 11, 9, 10] }
    expect(beforeAfter(loss, flat).touchedChange).toBeCloseTo(0.2, 12)
    expect(beforeAfter(loss, flat).effect.value).toBeCloseTo(0.2, 12)
  })
})
