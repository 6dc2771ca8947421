import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ArmStatistics, addArms, addArmsByStratum } from './arm.ts'
import { armOfPeople, type Person } from './testing.ts'

fc.configureGlobal({ seed: 4 })

const whole = fc.integer({ min: -50, max: 50 })
const person: fc.Arbitrary<Person> = fc.record({
  value: whole,
  count: fc.nat(5),
  before: whole,
  countBefore: fc.nat(5),
  // Powers of two: their inverses add without rounding.
  chance: fc.constantFrom(0.125, 0.25, 0.5, 1),
})
const people = fc.array(person, { minLength: 1, maxLength: 20 })

describe('statistics add over disjoint sets of people', () => {
  it('all sums of the parts are those of the whole', () => {
    fc.assert(
      fc.property(people, people, people, (a, b, c) => {
        const parts = [a, b, c].map(part => armOfPeople('x', part))
        expect(addArms(parts)).toEqual([armOfPeople('x', [...a, ...b, ...c])])
      }),
    )
  })

  it('what one part lacks is nothing there: capped, crossed, known before', () => {
    const plain = armOfPeople('x', [{ value: 3 }])
    const rich: ArmStatistics = { ...plain, capped: { people: 1, excess: 7 }, crossed: 1, matured: 0 }
    expect(addArms([plain, rich])[0]).toMatchObject({ capped: { people: 1, excess: 7 }, crossed: 1, matured: 1 })
    const known = armOfPeople('x', [{ value: 3, before: 2 }])
    expect(addArms([plain, known])[0]?.covariate).toEqual({ sum: 2, sumSquares: 4, crossSum: 6 })
  })

  it('people without weights leave the whole without', () => {
    const plain = armOfPeople('x', [{ value: 3 }])
    const weighted = armOfPeople('x', [{ value: 3, chance: 0.5 }])
    expect(addArms([plain, weighted])[0]).not.toHaveProperty('weights')
    expect(addArms([armOfPeople('x', []), weighted])[0]?.weights).toEqual(weighted.weights)
  })

  it('strata are kept apart where asked', () => {
    const of = (variant: string, stratum: string) => ({ ...armOfPeople(variant, [{ value: 1 }]), stratum })
    const arms = [of('', 'v1'), of('x', 'v1'), of('', 'v2'), of('x', 'v2'), of('x', 'v1')]
    expect(addArmsByStratum(arms).map(arm => [arm.variant, arm.stratum, arm.people])).toEqual([
      ['', 'v1', 1],
      ['x', 'v1', 2],
      ['', 'v2', 1],
      ['x', 'v2', 1],
    ])
    expect(addArms(arms).map(arm => [arm.variant, arm.stratum, arm.people])).toEqual([
      ['', undefined, 2],
      ['x', undefined, 3],
    ])
  })
})
