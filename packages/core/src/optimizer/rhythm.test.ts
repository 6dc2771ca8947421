import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { dropOf } from './rhythm.ts'

/** Counts of a rhythm: people come half as often at weekends, and days differ by chance and by a tenth beyond that. */
function counts(seed: string, level: number, days = 35, overdispersion = 0.1): number[] {
  const rng = random(seed)
  return Array.from({ length: days }, (_, day) => {
    const mean = level * (day % 7 < 5 ? 1 : 0.5) * Math.exp(overdispersion * rng.normal())
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * rng.normal()))
  })
}

describe('a count that falls out of its rhythm', () => {
  it('is told when it goes to none, or sharply below', () => {
    for (const level of [300, 3000, 50_000]) {
      const usual = counts(`level ${level}`, level)
      expect(dropOf([...usual.slice(0, -1), 0])).toMatchObject({ count: 0 })
      expect(dropOf([...usual.slice(0, -1), Math.round(level * 0.05)])).toBeDefined()
    }
    // Of few a day only none at all is told.
    const few = counts('few a day', 60)
    expect(dropOf([...few.slice(0, -1), 3])).toBeUndefined()
    expect(dropOf([...few.slice(0, -1), 0])).toBeDefined()
  })

  it('is not told at weekends, nor when it falls by a third, nor of a handful', () => {
    const usual = counts('rhythm', 1000)
    // The last day is a Sunday of the rhythm: half of a weekday.
    expect(usual.at(-1)).toBeLessThan(700)
    expect(dropOf(usual)).toBeUndefined()
    expect(dropOf([...usual.slice(0, -1), usual.at(-1)! * 0.67])).toBeUndefined()
    expect(dropOf([...counts('few', 12).slice(0, -1), 0])).toBeUndefined()
  })

  it('is not told any more after a week', () => {
    const off = (days: number) => [...counts('off', 500), ...new Array<number>(days).fill(0)]
    expect(dropOf(off(6))).toBeDefined()
    expect(dropOf(off(7))).toBeUndefined()
  })

  it('says nothing before a week is known', () => {
    expect(dropOf([])).toBeUndefined()
    expect(dropOf([900, 950, 1000, 0])).toBeUndefined()
  })

  it('expects less where fewer came for a reason that is known', () => {
    const usual = counts('known', 1000)
    const low = [...usual.slice(0, -1), 30]
    expect(dropOf(low)).toBeDefined()
    expect(dropOf(low, 0.05)).toBeUndefined()
  })

  it('raises few false alarms: under one in a thousand days that are as ever', () => {
    let alarms = 0
    const looks = 4000
    for (let i = 0; i < looks; i++) {
      const days = 9 + (i % 27)
      if (dropOf(counts(`quiet ${i}`, 20 * 10 ** (i % 4), days, 0.05 + (i % 3) * 0.05)) !== undefined) alarms++
    }
    expect(alarms / looks).toBeLessThan(0.001)
  })
})
