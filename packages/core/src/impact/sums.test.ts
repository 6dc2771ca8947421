import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sumsAsPersonalized, type WeightedValueSums } from './sums.ts'
import { type Person, sumsOfPeople } from './testing.ts'

const person = fc.record({ discount: fc.integer({ min: 0, max: 20 }), buys: fc.boolean() }).map(
  // Only who bought has a discount.
  ({ discount, buys }): Person => (buys ? { paid: 50, discount } : {}),
)
const group = fc.array(person, { minLength: 1, maxLength: 12 })
const chance = fc.constantFrom(0.1, 0.25, 0.5, 0.8)

it('a control group of several chances counts person by person, each for those of their chance who were not left out', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(group, chance), { minLength: 2, maxLength: 4 }), groups => {
      const sums = sumsAsPersonalized(
        groups.map(([people, propensity]) => ({ sums: sumsOfPeople(people), propensity })),
      ) as WeightedValueSums
      const all = groups.flatMap(([people, c]) =>
        people.map(({ paid, discount = 0 }) => ({ weight: (1 - c) / c, bought: paid === undefined ? 0 : 1, discount })),
      )
      const n = all.length
      const total = (of: (one: (typeof all)[number]) => number) => all.reduce((sum, one) => sum + of(one), 0)
      const whole = total(({ weight }) => weight)
      const share = total(({ weight, bought }) => weight * bought) / whole
      const mean = total(({ weight, discount }) => weight * discount) / whole
      const scale = (n * n) / (n - 1) / whole ** 2
      expect(sums.people).toBe(n)
      expect(sums.buyers).toBeCloseTo(n * share, 8)
      expect(sums.discounts).toBeCloseTo(n * mean, 8)
      expect(sums.spread.buyers).toBeCloseTo(scale * total(one => one.weight ** 2 * (one.bought - share) ** 2), 8)
      expect(sums.spread.buyersDiscounts).toBeCloseTo(
        scale * total(one => one.weight ** 2 * (one.bought - share) * (one.discount - mean)),
        8,
      )
    }),
  )
})
