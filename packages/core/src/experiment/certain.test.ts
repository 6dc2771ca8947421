import { expect, it } from 'vitest'
import { type Random, random } from '../random/random.ts'
import type { ArmStatistics } from './arm.ts'
import { drilldown } from './drilldown.ts'
import { impact } from './impact.ts'
import { armOfPeople, unspeakable } from './testing.ts'

const metric = { type: 'sum', event: 'Order Completed' } as const
const CONTROL = 0.3

/**
 * Rules: those who buy much get one variant, of the others some get another and for some nothing is chosen; but a share of them all is left
 * out. What they see changes nothing.
 */
function ruled(rng: Random, people: number): ArmStatistics[] {
  const byArm = new Map<string, number[]>()
  for (let i = 0; i < people; i++) {
    const isGood = rng.chance(0.3)
    const arm = rng.chance(CONTROL) ? 'control' : isGood ? 'a' : i % 2 === 0 ? 'b' : ''
    byArm.set(arm, [...(byArm.get(arm) ?? []), rng.poisson(isGood ? 4 : 1)])
  }
  const shown = people - byArm.get('control')!.length
  return [...byArm].map(([arm, values]) => {
    const isControl = arm === 'control'
    const share = isControl ? CONTROL : ((1 - CONTROL) * values.length) / shown
    return {
      ...armOfPeople(
        isControl ? '' : arm,
        values.map(value => ({ value })),
        people * share,
      ),
      control: isControl,
      ...(!isControl && { certain: true as const }),
    }
  })
}

it('rules are judged as a whole: a variant for good customers is no effect, and nobody was lost', () => {
  const experiments = 100
  const found = { held: 0, mismatch: 0 }
  for (let i = 0; i < experiments; i++) {
    const report = impact(ruled(random(`rules ${i}`), 800), { metric, days: 10 })
    expect(unspeakable(report)).toEqual([])
    const [low, high] = report.personalized!.lift.interval!
    if (low <= 0 && 0 <= high) found.held++
    if (report.sampleRatio.verdict !== 'ok') found.mismatch++
    expect(report.sampleRatio.dof).toBe(1)
    for (const arm of report.variants) {
      expect(arm.mean).not.toBeNull()
      expect(arm.lift).toMatchObject({ value: null, reason: 'not-by-chance' })
      expect(arm.verdict).toMatchObject({ verdict: 'too-early', because: 'not-by-chance', moreDays: null })
    }
    const told = report.warnings.filter(({ code }) => code === 'not-by-chance').map(({ variant }) => variant)
    expect(told.sort()).toEqual(['', 'a', 'b'])
    expect(report.unreached).toBe(report.variants.find(({ variant }) => variant === '')!.people)
    expect(report.sentence).toMatch(
      / people saw this experience, for \d+ people its policy chose nothing, and \d+ people were /,
    )
  }
  // 95 ± 7 points in 100 experiments.
  expect(found.held / experiments).toBeGreaterThan(0.88)
  expect(found.mismatch).toBeLessThan(3)
})

it('people who are lost are found all the same', () => {
  const arms = ruled(random('lost'), 3000)
  const lost = arms.map(arm => (arm.variant === 'a' ? { ...arm, people: arm.people - 300 } : arm))
  expect(impact(arms, { metric }).sampleRatio.verdict).toBe('ok')
  expect(impact(lost, { metric }).sampleRatio.verdict).toBe('mismatch')
})

it('what was left to chance before there were rules is compared, also in a segment', () => {
  const rng = random('before')
  const people = (arm: string, mean: number) => {
    return armOfPeople(
      arm,
      Array.from({ length: 2000 }, () => ({ value: rng.poisson(mean) })),
    )
  }
  const split = [people('', 1), people('a', 1.3), people('b', 1)].map(arm => ({ ...arm, stratum: '0' }))
  const rules = ruled(rng, 4000).map(arm => ({ ...arm, stratum: '1' }))
  const report = impact([...split, ...rules], { metric })
  const variant = (key: string) => report.variants.find(one => one.variant === key)!
  expect(variant('a').verdict.verdict).toBe('works')
  expect(Math.abs(variant('b').lift.value!)).toBeLessThan(0.1)
  expect(variant('').lift.reason).toBe('not-by-chance')
  const segments = [{ dimension: 'all', value: 'people', arms: [...split, ...rules] }]
  const of = (key?: string) =>
    drilldown(segments, { type: 'sum', ...(key && { variant: key }) }).dimensions[0]!.segments[0]!
  expect(of('a').people).toEqual({ control: 2000, treatment: 2000 })
  expect(of().people.control).toBeGreaterThan(3000)
})

it('of a rollout those it has not reached are no people who saw it', () => {
  const chance = (value: number, n: number, own: number) => Array.from({ length: n }, () => ({ value, chance: own }))
  const arms = [
    armOfPeople('', [...chance(1, 150, 0.2), ...chance(0, 50, 0.2)]),
    { ...armOfPeople('', [...chance(1, 570, 0.76), ...chance(0, 190, 0.76)]), control: false },
    armOfPeople('a', [...chance(1, 40, 0.04), ...chance(0, 2, 0.04)]),
  ]
  const report = impact(arms, { metric: { type: 'conversion', event: 'Bought' }, isRollout: true })
  expect(report.personalized).toMatchObject({ people: 42, mean: 40 / 42 })
  expect(report.sentence).toContain('42 people saw this experience and 200 people were left out')
  expect(report.unreached).toBeUndefined()
  expect(report.sampleRatio.verdict).toBe('ok')
  expect(report.personalized!.verdict.confidence).toBe(
    report.variants.find(one => one.variant === 'a')!.verdict.confidence,
  )
})
