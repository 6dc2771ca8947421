import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Random, random } from '../random/random.ts'
import { covariateSample } from './covariate.ts'
import { impact } from './impact.ts'
import { armOfPeople, type Person } from './testing.ts'

fc.configureGlobal({ seed: 4 })

const metric = { type: 'sum', event: 'Order Completed' } as const

interface Draw {
  readonly arm: string
  readonly stratum: string
  readonly person: Person
}

/** What somebody of this goodness did before, and would do after: both have much to do with each other. */
function habits(rng: Random, goodness: number): { before: number; value: number } {
  const own = goodness * Math.exp(0.5 * rng.normal())
  return { before: rng.poisson(4 * own), value: rng.poisson(4 * own) }
}

/** Versions of a split: within each everybody has the same chance, and later people are better customers. */
function versions(rng: Random, lift: number): Draw[] {
  return [0.2, 0.5, 0.85].flatMap((chance, version) =>
    Array.from({ length: 150 }, () => {
      const { before, value } = habits(rng, 1 + version)
      const isTreated = rng.chance(chance)
      const own = isTreated ? value * (1 + lift) : value
      return { arm: isTreated ? 'offer' : '', stratum: `v${version}`, person: { value: own, before } }
    }),
  )
}

/** A contextual bandit: a person's chance goes with how good a customer they have been, and changes as it learns. */
function learning(rng: Random, lift: number): Draw[] {
  return Array.from({ length: 450 }, (_, i) => {
    const { before, value } = habits(rng, 1 + i / 450)
    const chance = Math.min(0.9, Math.max(0.1, 0.2 + 0.05 * before + i / 1500))
    const isTreated = rng.chance(chance)
    const own = isTreated ? value * (1 + lift) : value
    return {
      arm: isTreated ? 'offer' : '',
      stratum: '',
      person: { value: own, before, chance: isTreated ? chance : 1 - chance },
    }
  })
}

function armsOf(draws: readonly Draw[]) {
  const groups = new Map<string, Draw[]>()
  for (const draw of draws) {
    const key = `${draw.stratum} ${draw.arm}`
    groups.set(key, [...(groups.get(key) ?? []), draw])
  }
  return [...groups.values()].map(own => {
    const { arm, stratum } = own[0]!
    const people = own.map(({ person }) => person)
    return { ...armOfPeople(arm, people), ...(stratum !== '' && { stratum }) }
  })
}

describe('adjusting for before where chances changed', () => {
  it.each([
    { name: 'from version to version', draw: versions, lift: 0, less: 0.4 },
    { name: 'from version to version', draw: versions, lift: 0.2, less: 0.3 },
    { name: 'from person to person', draw: learning, lift: 0, less: 0.25 },
    { name: 'from person to person', draw: learning, lift: 0.2, less: 0.2 },
  ])('$name, a lift of $lift: 95 of 100 intervals hold it, and are narrower', ({ name, draw, lift, less }) => {
    const experiments = 120
    let held = 0
    let anytime = 0
    let reduction = 0
    for (let i = 0; i < experiments; i++) {
      const { personalized } = impact(armsOf(draw(random(`${name} ${lift} ${i}`), lift)), { metric })
      const { adjusted, anytime: always } = personalized!.evidence
      const holds = (interval: readonly [number, number] | null) => interval![0] <= lift && lift <= interval![1]
      if (holds(adjusted!.lift.interval)) held++
      if (holds(always.interval)) anytime++
      reduction += adjusted!.varianceReduction! / experiments
    }
    // 95 ± 6 points in 120 experiments.
    expect(held / experiments).toBeGreaterThan(0.89)
    expect(held / experiments).toBeLessThan(1)
    expect(anytime / experiments).toBeGreaterThan(0.95)
    expect(reduction).toBeGreaterThan(less)
  })

  const people = fc.array(
    fc.record({
      value: fc.integer({ min: 0, max: 90 }),
      count: fc.integer({ min: 1, max: 4 }),
      before: fc.integer({ min: 0, max: 90 }),
      countBefore: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 3, maxLength: 30 },
  )

  it('weights that are equal change nothing', () => {
    fc.assert(
      fc.property(people, fc.double({ min: 0.05, max: 1, noNaN: true }), (own, chance) => {
        for (const type of ['sum', 'mean'] as const) {
          const plain = covariateSample(armOfPeople('a', own), type)!
          const weighted = covariateSample(
            armOfPeople(
              'a',
              own.map(person => ({ ...person, chance })),
            ),
            type,
          )!
          const close = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-7 * (1 + Math.abs(b)))
          close(weighted.mean, plain.mean)
          close(weighted.before.mean, plain.before.mean)
          close(weighted.before.variance, plain.before.variance)
          close(weighted.covariance, plain.covariance)
        }
      }),
    )
  })

  it('two strata that are one another again are as one with twice the people', () => {
    const rng = random('twice')
    const own = versions(rng, 0.1).map(draw => ({ ...draw, stratum: 'a' }))
    const once = impact(armsOf(own), { metric }).personalized!.evidence.adjusted!
    const twice = impact(armsOf([...own, ...own.map(draw => ({ ...draw, stratum: 'b' }))]), { metric }).personalized!
      .evidence.adjusted!
    expect(twice.theta).toBeCloseTo(once.theta, 9)
    expect(twice.lift.value).toBeCloseTo(once.lift.value!, 9)
    expect(twice.lift.standardError! * Math.sqrt(2)).toBeCloseTo(once.lift.standardError!, 9)
  })
})
