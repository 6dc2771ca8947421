import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { givenAnyway } from './anyway.ts'
import { pairsOf } from './cell.ts'
import { cellOf, type Person, sumsOfPeople } from './testing.ts'

const buyer = (discount: number): Person => ({ paid: 100 - discount, discount })
const buyers = (n: number, of: number, discount: number) =>
  Array.from({ length: of }, (_, i): Person => (i < n ? buyer(discount) : {}))
const pairOf = (personalized: Person[], control: Person[]) => ({
  personalized: sumsOfPeople(personalized),
  control: sumsOfPeople(control),
})

describe('discounts that went to people who would have bought anyway', () => {
  it('are those of as many buyers as the control group has: 30 of 40 buyers in a hundred', () => {
    const { total, share } = givenAnyway([pairOf(buyers(400, 1000, 10), buyers(30, 100, 0))])
    expect(total.value).toBeCloseTo(300 * 10, 9)
    expect(share).toBeCloseTo(0.75, 12)
    expect(total.interval![0]).toBeLessThan(3000)
    expect(total.interval![1]).toBeGreaterThan(3000)
  })

  it('count only what was given beyond the control group’s own discounts', () => {
    const { total, share } = givenAnyway([pairOf(buyers(40, 100, 10), buyers(30, 100, 4))])
    expect(total.value).toBeCloseTo(30 * 10 - 30 * 4, 9)
    expect(share).toBeCloseTo(180 / 280, 9)
  })

  it('are all of them where no more bought than without', () => {
    expect(givenAnyway([pairOf(buyers(20, 100, 10), buyers(30, 100, 0))]).share).toBe(1)
  })

  it('are none where none were given, nobody bought, or the control group was given as much', () => {
    expect(givenAnyway([pairOf(buyers(20, 100, 0), buyers(10, 100, 0))])).toMatchObject({
      share: null,
      total: { value: 0 },
    })
    expect(givenAnyway([pairOf(buyers(0, 100, 0), buyers(0, 100, 0))])).toMatchObject({
      share: null,
      total: { value: 0 },
    })
    expect(givenAnyway([pairOf(buyers(20, 100, 5), buyers(20, 100, 5))])).toMatchObject({
      share: null,
      total: { value: 0 },
    })
  })

  it('cannot be told without a control group', () => {
    const { total, share } = givenAnyway([pairOf(buyers(20, 100, 5), [])])
    expect([share, total.value, total.reason]).toEqual([null, null, 'no-control'])
  })

  it('95 of 100 intervals hold the truth', () => {
    const rng = random('anyway')
    const experiments = 150
    let held = 0
    for (let i = 0; i < experiments; i++) {
      // A tenth would buy anyway, a twentieth is won over; whoever buys more is given more.
      const person = (isPersonalized: boolean): Person => {
        const u = rng.uniform()
        if (u >= (isPersonalized ? 0.15 : 0.1)) return {}
        return buyer(isPersonalized ? 5 + 10 * rng.uniform() : 0)
      }
      const group = (n: number, isPersonalized: boolean) => Array.from({ length: n }, () => person(isPersonalized))
      const { total } = givenAnyway([pairOf(group(800, true), group(600, false))])
      const truth = 800 * 0.1 * 10
      if (total.interval![0] <= truth && truth <= total.interval![1]) held++
    }
    expect(held / experiments).toBeGreaterThan(0.9)
    expect(held).toBeLessThan(experiments)
  })

  it('also of a small control group, of which nobody happened to buy, or as many as of the others', () => {
    const rng = random('anyway of few')
    const experiments = 250
    let held = 0
    for (let i = 0; i < experiments; i++) {
      const group = (n: number, share: number, discount: number) =>
        Array.from({ length: n }, (): Person => (rng.chance(share) ? buyer(discount) : {}))
      const { total } = givenAnyway([pairOf(group(950, 0.15, 10), group(50, 0.1, 0))])
      const truth = 950 * 0.1 * 10
      if (total.interval![0] <= truth && truth <= total.interval![1]) held++
    }
    // At least 95 - 4.1 points in 250 experiments; with the control group's own variance, and none where it bought as much, 74.
    expect(held / experiments).toBeGreaterThan(0.909)
  })

  it('also where the control group had several chances, and counts by them', () => {
    const rng = random('anyway by chance')
    const experiments = 250
    let held = 0
    for (let i = 0; i < experiments; i++) {
      // Half of the people buy four times as often, and few of them are left out.
      const people = Array.from({ length: 1500 }, () => {
        const isRegular = rng.chance(0.5)
        const isControl = rng.chance(isRegular ? 0.1 : 0.5)
        const u = rng.uniform()
        const anyway = u < (isRegular ? 0.4 : 0.1)
        const person: Person = isControl ? (anyway ? buyer(0) : {}) : anyway || u < 0.5 ? buyer(10) : {}
        return { isRegular, isControl, anyway, person }
      })
      const group = (isControl: boolean, isRegular?: boolean) =>
        people
          .filter(one => one.isControl === isControl && (isRegular ?? one.isRegular) === one.isRegular)
          .map(({ person }) => person)
      const [pair] = pairsOf([
        cellOf(group(false)),
        cellOf(group(true, true), { control: true, propensity: 0.1 }),
        cellOf(group(true, false), { control: true, propensity: 0.5 }),
      ])
      const truth = 10 * people.filter(one => one.anyway && !one.isControl).length
      const { total } = givenAnyway([pair!])
      if (total.interval![0] <= truth && truth <= total.interval![1]) held++
    }
    expect(held / experiments).toBeGreaterThan(0.89)
  })
})
