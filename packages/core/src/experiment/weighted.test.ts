import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { relativeLift } from './lift.ts'
import { armSample } from './sample.ts'
import { armOfPeople, type Person } from './testing.ts'
import { effectivePeople, weightedSample } from './weighted.ts'

fc.configureGlobal({ seed: 4 })

describe('weights', () => {
  const values = fc.array(
    fc.record({ value: fc.integer({ min: 0, max: 90 }), count: fc.integer({ min: 1, max: 4 }) }),
    {
      minLength: 2,
      maxLength: 30,
    },
  )

  it('that are equal change nothing, whatever they are', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (people, chance) => {
        const plain = armOfPeople('a', people)
        const weighted = armOfPeople(
          'a',
          people.map(person => ({ ...person, chance })),
        )
        for (const type of ['sum', 'mean'] as const) {
          const [one, two] = [armSample(plain, type), armSample(weighted, type)]
          expect(two.mean).toBeCloseTo(one.mean, 9)
          expect(Math.abs(two.variance - one.variance)).toBeLessThanOrEqual(1e-8 * (1 + one.variance))
        }
        expect(effectivePeople(weighted.weights!)).toBeCloseTo(people.length, 6)
      }),
    )
  })

  it('somebody with half the chance counts for two', () => {
    const arm = armOfPeople('a', [
      { value: 1, chance: 0.25 },
      { value: 4, chance: 0.5 },
    ])
    expect(armSample(arm, 'sum').mean).toBe((4 * 1 + 2 * 4) / 6)
    expect(effectivePeople(arm.weights!)).toBeCloseTo(36 / 20, 12)
  })

  it('of nobody, of one person, and of equal values', () => {
    expect(armSample(armOfPeople('a', [{ value: 3, chance: 0.1 }]), 'sum')).toEqual({
      n: 1,
      mean: 3,
      variance: 0,
      units: 1,
    })
    const nothing = { sum: 0, sumSquares: 0, valueSum: 0, valueSumSquares: 0, valueCrossSum: 0 }
    expect(weightedSample(0, nothing)).toEqual({ n: 0, mean: Number.NaN, variance: 0 })
    expect(effectivePeople(nothing)).toBe(0)
    const same = [0.1, 0.3, 0.7].map(chance => ({ value: 3, chance }))
    const { mean, variance } = armSample(armOfPeople('a', same), 'sum')
    expect(mean).toBeCloseTo(3, 12)
    expect(variance).toBe(0)
  })
})

/**
 * A contextual bandit gives the offer to good customers and not to others, while better customers come in over time and the
 * split changes with the version. The offer adds nothing.
 */
function confounded(seed: string) {
  const rng = random(seed)
  const people: { arm: string; stratum: string; person: Person }[] = []
  for (const [version, share, goodShare] of [
    ['v1', 0.2, 0.3],
    ['v2', 0.8, 0.6],
  ] as const) {
    for (let i = 0; i < 1000; i++) {
      const isGood = rng.chance(goodShare)
      const chance = isGood ? share + 0.1 : share - 0.1
      const isTreated = rng.chance(chance)
      people.push({
        arm: isTreated ? 'offer' : '',
        stratum: version,
        person: { value: rng.poisson(isGood ? 3 : 1), chance: isTreated ? chance : 1 - chance },
      })
    }
  }
  return people
}

function armsOf(people: ReturnType<typeof confounded>, weighted: boolean) {
  const groups = [...new Set(people.map(({ arm, stratum }) => `${arm}/${stratum}`))].sort()
  return groups.map(group => {
    const members = people.filter(({ arm, stratum }) => `${arm}/${stratum}` === group)
    const persons = members.map(({ person: { chance, ...rest } }) => (weighted ? { ...rest, chance: chance! } : rest))
    return { ...armOfPeople(members[0]!.arm, persons), stratum: members[0]!.stratum }
  })
}

it('where a bandit chose, plain means find an effect that is not there; weights do not', () => {
  const experiments = 60
  const found = { plain: 0, weighted: 0 }
  for (let i = 0; i < experiments; i++) {
    const people = confounded(`bandit ${i}`)
    for (const kind of ['plain', 'weighted'] as const) {
      const arms = armsOf(people, kind === 'weighted').filter(arm => arm.stratum === 'v1')
      const sample = (control: boolean) => armSample(arms.find(arm => arm.control === control)!, 'sum')
      if (relativeLift(sample(true), sample(false)).p! < 0.05) found[kind]++
    }
  }
  expect(found.plain / experiments).toBeGreaterThan(0.9)
  expect(found.weighted / experiments).toBeLessThan(0.15)
})
