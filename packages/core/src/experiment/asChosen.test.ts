import { expect, it } from 'vitest'
import { type Random, random } from '../random/random.ts'
import { asChosen } from './asChosen.ts'
import { drilldown } from './drilldown.ts'
import { impact } from './impact.ts'
import { quantileWeights } from './quantileWeights.ts'
import type { VariantReport } from './report.ts'
import { armOfPeople, type Person } from './testing.ts'

const CONTROL = 0.25
/** Of the variant that is not best for somebody. */
const FLOOR = 0.1
const metric = { type: 'sum', event: 'Order Completed' } as const

interface Visitor {
  readonly arm: string
  readonly kind: string
  readonly stratum: string
  readonly person: Person
}

/** Each variant brings half as much again for people of its own kind, and half as much for others; nearly everybody gets their own. */
function visitors(rng: Random, people: number, control = CONTROL, stratum = 'v1', goodness = 1): Visitor[] {
  return Array.from({ length: people }, (_, i) => {
    const kind = i % 2 === 0 ? 'a' : 'b'
    const other = kind === 'a' ? 'b' : 'a'
    const arm = rng.chance(control) ? '' : rng.chance(FLOOR) ? other : kind
    const share = arm === other ? FLOOR : 1 - FLOOR
    const chance = arm === '' ? control : (1 - control) * share
    const mean = 2 * goodness * (arm === '' ? 1 : arm === kind ? 1.5 : 0.5)
    return { arm, kind, stratum, person: { value: rng.poisson(mean), chance } }
  })
}
/** What the policy brings: nine of ten get what brings half as much again, the others what brings half. */
const TRUTH = (1 - FLOOR) * 0.5 - FLOOR * 0.5

function armsOf(all: readonly Visitor[], strata = false) {
  const names = [...new Set(all.map(({ arm, stratum }) => `${stratum} ${arm}`))].sort()
  return names.map(name => {
    const own = all.filter(({ arm, stratum }) => `${stratum} ${arm}` === name)
    const { arm, stratum } = own[0]!
    return {
      ...armOfPeople(
        arm,
        own.map(({ person }) => person),
      ),
      ...(strata && { stratum }),
    }
  })
}

it('what a policy brings that gives everybody what is best for them is not the mean of its variants', () => {
  const experiments = 120
  const holds = ({ lift: { interval } }: VariantReport, lift: number) => interval![0] <= lift && lift <= interval![1]
  let [held, single] = [0, 0]
  for (let i = 0; i < experiments; i++) {
    const people = visitors(random(`chosen ${i}`), 500)
    const { personalized, variants, sampleRatio } = impact(armsOf(people), { metric })
    if (holds(personalized!, TRUTH)) held++
    const shown = people.filter(({ arm }) => arm !== '').map(({ person }) => person.value)
    expect(personalized!.mean).toBeCloseTo(shown.reduce((sum, value) => sum + value, 0) / shown.length, 9)
    // Each variant by itself is still what it would be for everybody: nothing more than the default.
    if (holds(variants[0]!, 0)) single++
    expect(sampleRatio.dof).toBe(2)
  }
  // 95 ± 6 points in 120 experiments.
  expect(held / experiments).toBeGreaterThan(0.89)
  expect(single / experiments).toBeGreaterThan(0.89)
})

it('nor is it in a segment, nor where better customers come under a version with another control group', () => {
  const people = [...visitors(random('small'), 6000, 0.1, 'v1', 1), ...visitors(random('large'), 6000, 0.6, 'v2', 3)]
  const { lift, verdict } = impact(armsOf(people, true), { metric }).personalized!
  expect(Math.abs(lift.value! - TRUTH)).toBeLessThan(3 * lift.standardError!)
  expect(verdict.verdict).toBe('works')
  const { dimensions } = drilldown(
    ['a', 'b'].map(value => ({
      dimension: 'kind',
      value,
      arms: armsOf(
        people.filter(({ kind }) => kind === value),
        true,
      ),
    })),
    { type: 'sum' },
  )
  for (const { lift: own } of dimensions[0]!.segments) {
    expect(Math.abs(own.value! - TRUTH)).toBeLessThan(3 * own.standardError!)
  }
})

it('people count by their chances where the control group had several in one stratum', () => {
  const mixed = armsOf([...visitors(random('one'), 100, 0.2), ...visitors(random('two'), 100, 0.5)])
  expect(asChosen(mixed)).toEqual(mixed)
  const plain = armsOf(visitors(random('one'), 100)).map(({ weights: _, ...arm }) => arm)
  expect(asChosen(plain)).toBe(plain)
})

it('a quantile of all variants counts people as they came, too', () => {
  const part = (variant: string, people: number, weight: number, stratum = 's') => {
    return { control: variant === '', variant, stratum, people, weight }
  }
  const arms = [part('b', 20, 2), part('b', 5, 4), part('c', 15, 4)]
  expect(quantileWeights([part('', 10, 5), ...arms])!.together).toEqual([0, 50 / 40, 50 / 40, 50 / 40])
  const several = quantileWeights([part('', 5, 5), part('', 5, 3), ...arms])!
  expect(several.together).toEqual([0, 0, 100 / 120, 200 / 120, 200 / 120])
})

it('of a rollout nothing is compared that not everybody could have got: who came meanwhile would pass for an effect', () => {
  const rng = random('stopped')
  /** A fifth are left out; of the others so many are reached. It changes nothing, and those who come later buy more. */
  const stage = (share: number, value: number) =>
    Array.from({ length: 1000 }, () => {
      const arm = rng.chance(0.2) ? '' : rng.chance(share) ? 'new' : 'unreached'
      const chance = arm === '' ? 0.2 : 0.8 * (arm === 'new' ? share : 1 - share)
      return { arm, person: { value: rng.poisson(value), chance } }
    })
  const report = (...people: ReturnType<typeof stage>[]) => {
    const arms = ['', 'new', 'unreached'].flatMap(arm => {
      const own = people.flat().filter(one => one.arm === arm)
      const sums = armOfPeople(
        arm,
        own.map(({ person }) => person),
      )
      return own.length === 0 ? [] : [arm === 'unreached' ? { ...sums, variant: '' } : sums]
    })
    return impact(arms, { metric, isRollout: true, redrawn: true })
  }
  const lifts = ({ personalized, variants }: ReturnType<typeof report>) => ({
    all: personalized!.lift,
    ...Object.fromEntries(variants.map(({ variant, lift }) => [variant || 'unreached', lift])),
  })
  const holds = (interval: readonly [number, number] | null) => interval![0] <= 0 && interval![1] >= 0
  // Everybody is reached in the end, so that the others are those who came before.
  const whole = report(stage(0.25, 1), stage(0.5, 2), stage(1, 4))
  expect(lifts(whole)).toMatchObject({ unreached: { value: null, reason: 'not-by-chance' } })
  expect(holds(whole.personalized!.lift.interval)).toBe(true)
  expect(whole.warnings.map(({ code }) => code)).not.toContain('not-by-chance')
  // It was stopped, and people went on being left out of it.
  const stopped = report(stage(0.5, 1), stage(0, 4))
  const none = { value: null, reason: 'not-by-chance' }
  expect(lifts(stopped)).toMatchObject({ all: none, new: none })
  expect(stopped.personalized!.verdict).toMatchObject({ verdict: 'too-early', because: 'not-by-chance' })
  // Until then everybody could get either.
  const until = report(stage(0.25, 1), stage(0.5, 4))
  for (const { interval } of Object.values(lifts(until))) expect(holds(interval)).toBe(true)
})
