import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { targetingOf } from './targeting.ts'
import { cellOf, type Person } from './testing.ts'

/**
 * A third like a, the others b, each by 1. The policy knows, and gives with chance `sure` what somebody likes; a tenth is in the
 * control group.
 */
function served(seed: string, people: number, sure: number) {
  const rng = random(seed)
  const arms: Record<string, Person[]> = { '': [], a: [], b: [] }
  for (let i = 0; i < people; i++) {
    const likes = rng.chance(1 / 3) ? 'a' : 'b'
    const base = rng.poisson(2)
    if (rng.chance(0.1)) {
      arms['']!.push({ kpi: base })
      continue
    }
    const shown = rng.chance(sure) ? likes : likes === 'a' ? 'b' : 'a'
    arms[shown]!.push({ kpi: base + (shown === likes ? 1 : 0), chance: 0.9 * (shown === likes ? sure : 1 - sure) })
  }
  return Object.entries(arms).map(([variant, some]) => cellOf(some, { variant, control: variant === '' }))
}

describe('what targeting added over the best single variant', () => {
  it('95 of 100 intervals hold it: the others would have been given what a third likes', () => {
    const experiments = 100
    const [people, sure] = [2000, 0.8]
    let held = 0
    for (let i = 0; i < experiments; i++) {
      const cells = served(`targeting ${i}`, people, sure)
      const { total, bestSingle, known } = targetingOf(cells, 'person', 0.95)
      expect([known, bestSingle]).toEqual([true, 'b'])
      const n = cells.filter(({ control }) => !control).reduce((sum, { sums }) => sum + sums.people, 0)
      const truth = n * (sure - 2 / 3)
      if (total!.interval![0] <= truth && truth <= total!.interval![1]) held++
    }
    expect(held / experiments).toBeGreaterThan(0.9)
  })

  it('nothing was added where variants are alike, though of the few who count most hardly anybody happened to do it', () => {
    const rng = random('alike')
    const experiments = 200
    let told = 0
    for (let i = 0; i < experiments; i++) {
      const arms: Record<string, Person[]> = { '': [], a: [], b: [] }
      for (let k = 0; k < 2000; k++) {
        // Half are given a with a chance of 2 % unless they are left out, the others b.
        const isRare = k % 2 === 0
        const chance = 0.9 * (isRare ? 0.02 : 0.98)
        const kpi = rng.chance(isRare ? 0.03 : 0.08) ? Math.exp(3 + 0.8 * rng.normal()) : 0
        const point = rng.uniform()
        if (point < 0.1) arms['']!.push({ kpi })
        else if (point < 0.1 + chance) arms.a!.push({ kpi, chance })
        else arms.b!.push({ kpi, chance: 0.9 - chance })
      }
      const cells = Object.entries(arms).map(([variant, some]) => cellOf(some, { variant, control: variant === '' }))
      const interval = targetingOf(cells, 'person', 0.95).total?.interval
      if (interval && (interval[0] > 0 || interval[1] < 0)) told++
    }
    expect(told / experiments).toBeLessThanOrEqual(0.05)
  })

  it('the log cannot tell where a rule leaves no chance, or a variant was hardly shown', () => {
    expect(targetingOf(served('rule', 3000, 1), 'person', 0.95)).toMatchObject({
      known: false,
      total: null,
      sentence: expect.stringContaining('had no chance of being shown'),
    })
    expect(targetingOf(served('few', 120, 0.99), 'person', 0.95)).toMatchObject({
      known: false,
      sentence: expect.stringContaining('too few people'),
    })
  })

  it('of a KPI of which less is better the best single variant is the one with the least', () => {
    const cells = served('down', 3000, 0.8)
    expect(targetingOf(cells, 'person', 0.95, 'up').bestSingle).toBe('b')
    expect(targetingOf(cells, 'person', 0.95, 'down').bestSingle).toBe('a')
  })

  it('choosing nothing for some is a choice too', () => {
    const cells = served('nothing', 3000, 0.8).map(cell => (cell.variant === 'a' ? { ...cell, variant: '' } : cell))
    expect(targetingOf(cells, 'person', 0.95)).toMatchObject({ known: true, bestSingle: 'b' })
    const rule = served('rule', 3000, 1).map(cell => (cell.variant === 'a' ? { ...cell, variant: '' } : cell))
    expect(targetingOf(rule, 'person', 0.95).sentence).toContain('being shown the default content')
  })

  it('there is none where chance chooses, or where there is nothing to choose from', () => {
    const cells = served('split', 1000, 0.5)
    expect(targetingOf(cells, 'chance', 0.95).sentence).toContain('chosen by chance')
    expect(
      targetingOf(
        cells.filter(({ variant }) => variant !== 'b'),
        'person',
        0.95,
      ).sentence,
    ).toContain('one variant only')
    expect(targetingOf([], 'person', 0.95).sentence).toContain('Nobody')
  })
})
