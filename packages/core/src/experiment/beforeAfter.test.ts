import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { beforeAfter, type Series } from './beforeAfter.ts'
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
    expect((1 + answer.touchedChange!) / (1 + answer.comparisonChange!) - 1).toBeCloseTo(answer.effect.value!, 9)
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

  it('worked out by hand', () => {
    const flat = { before: [10, 10, 10, 10], after: [10, 10, 10, 10] }
    const { effect } = beforeAfter({ before: [9, 11, 9, 11], after: [11, 13, 11, 13] }, flat)
    expect(effect.value).toBeCloseTo(0.2, 12)
    // One wave a side, cos(pi / 8 ...), in what each day adds: -.12 .12 -.12 .12 before (1.2 times a tenth), -.1 .1 -.1 .1 after.
    const part =
      -Math.cos(Math.PI / 8) + Math.cos((3 * Math.PI) / 8) - Math.cos((5 * Math.PI) / 8) + Math.cos((7 * Math.PI) / 8)
    const waves = [0.12, 0.1].map(size => (2 / 4) * (size * part) ** 2)
    expect(effect.standardError! ** 2).toBeCloseTo(((waves[0]! + waves[1]!) / 2) * (1 / 4 + 1 / 4), 12)
    expect(effect.dof).toBe(2)
  })

  it('where the comparison doubled, the effect is beyond twice as much', () => {
    const { effect } = beforeAfter(
      { before: [100, 102, 98, 100], after: [220, 222, 218, 220] },
      { before: [50, 51, 49, 50], after: [100, 99, 101, 100] },
    )
    expect(effect.value).toBeCloseTo(0.1, 12)
  })

  it('a rhythm of the week costs nothing in whole weeks', () => {
    const day = (i: number) => 100 + (i % 7 < 5 ? 0 : 40)
    const season = Array.from({ length: 56 }, (_, i) => 50 + (i % 3))
    const weekly = season.map((_, i) => day(i) * (1 + 0.01 * Math.sin(i)))
    const flat = season.map((_, i) => 100 * (1 + 0.01 * Math.sin(i)))
    const of = (values: readonly number[]) => ({ before: values.slice(0, 28), after: values.slice(28) })
    const rhythm = beforeAfter(of(weekly), of(season), { rhythm: 7 }).effect
    const none = beforeAfter(of(flat), of(season), { rhythm: 7 }).effect
    expect(rhythm.standardError!).toBeCloseTo(none.standardError!, 3)
    expect(beforeAfter(of(weekly), of(season)).effect.standardError!).toBeGreaterThan(5 * rhythm.standardError!)
  })
})

describe('its interval holds what was planted about as often as it says, though days go together', () => {
  it.each([
    { persistence: 0, days: 28, effect: 0, atLeast: 0.93 },
    { persistence: 0.3, days: 28, effect: 0, atLeast: 0.93 },
    { persistence: 0.3, days: 56, effect: 0.1, atLeast: 0.93 },
    { persistence: 0.6, days: 56, effect: 0, atLeast: 0.9 },
    { persistence: 0.3, days: 7, effect: 0, atLeast: 0.9 },
    { persistence: 0.3, days: 28, effect: 0, rhythm: 7, atLeast: 0.93 },
  ])('%o', ({ persistence, days, effect, rhythm = 1, atLeast }) => {
    const experiments = 1000
    let held = 0
    for (let i = 0; i < experiments; i++) {
      const { touched, comparison } = shop(`planted ${i}`, effect, { persistence, days })
      const [low, high] = beforeAfter(touched, comparison, { rhythm }).effect.interval!
      if (low <= effect && effect <= high) held++
    }
    expect(held / experiments).toBeGreaterThan(atLeast)
    expect(held / experiments).toBeLessThan(0.98)
  })

  it('a drift that is none is found about one time in 20', () => {
    let found = 0
    for (let i = 0; i < 1000; i++) {
      const { touched, comparison } = shop(`no drift ${i}`, 0, { persistence: 0.3 })
      if (beforeAfter(touched, comparison).driftBefore.isClear) found++
    }
    expect(found / 1000).toBeLessThan(0.08)
  })
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
