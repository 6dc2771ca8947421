import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  absoluteDifference,
  type Estimate,
  MORE_WITHOUT_WAITING,
  meanSample,
  relativeLift,
  steady,
} from '../experiment/index.ts'
import { type Random, random } from '../random/random.ts'
import { pairsOf } from './cell.ts'
import { comparePairs, minus, scaled, squaredErrorOf } from './compare.ts'
import { addSums } from './sums.ts'
import { cellOf, type Person, sumsOfPeople } from './testing.ts'

const people = fc.array(
  fc.record({
    kpi: fc.integer({ min: 0, max: 20 }),
    paid: fc.option(fc.integer({ min: 0, max: 99 }), { nil: undefined }),
    discount: fc.integer({ min: 0, max: 9 }),
    margin: fc.integer({ min: -9, max: 50 }),
  }) as fc.Arbitrary<Person>,
  { maxLength: 30 },
)

describe('sums', () => {
  it('add over disjoint sets of people, however they are divided', () => {
    fc.assert(
      fc.property(fc.array(people, { maxLength: 5 }), shards => {
        expect(addSums(shards.map(sumsOfPeople))).toEqual(sumsOfPeople(shards.flat()))
      }),
      { seed: 1 },
    )
  })

  it('an experience in parts is the experience: cells of one share of control are one pair', () => {
    fc.assert(
      fc.property(people, people, people, people, (a, b, c, d) => {
        const cells = [
          cellOf(a),
          cellOf(b, { touchpoint: 'cart.email', version: 2, variant: 'b', propensity: 0.2 }),
          cellOf(c, { control: true }),
          cellOf(d, { control: true, touchpoint: 'cart.email', version: 2 }),
        ]
        expect(pairsOf(cells)).toEqual([
          { personalized: sumsOfPeople([...a, ...b]), control: sumsOfPeople([...c, ...d]) },
        ])
      }),
      { seed: 1 },
    )
  })

  it('versions with another share of control are compared each for itself, and one without control with the largest', () => {
    const one = Array.from({ length: 9 }, () => ({ kpi: 1 }))
    const cells = [
      cellOf(one),
      cellOf(one, { version: 2 }),
      cellOf(one.slice(3), { version: 3 }),
      cellOf(one, { control: true }),
      cellOf(one.slice(1), { control: true, version: 2, propensity: 0.5 }),
    ]
    expect(pairsOf(cells).map(pair => [pair.personalized.people, pair.control.people])).toEqual([
      [15, 9],
      [9, 8],
    ])
  })

  it('people of a version that left nobody out have nobody to be compared with: they came at another time', () => {
    const some = (n: number, kpi: number) => Array.from({ length: n }, () => ({ kpi }))
    const cells = [
      cellOf(some(90, 1)),
      cellOf(some(10, 1), { control: true }),
      // Ten in a hundred were left out, and of these nobody is: that is no chance. Of the few of version 3 it may be.
      cellOf(some(300, 5), { version: 2 }),
      cellOf(some(9, 1), { version: 3 }),
    ]
    const pairs = pairsOf(cells)
    expect(pairs.map(pair => [pair.personalized.people, pair.control.people])).toEqual([
      [99, 10],
      [300, 0],
    ])
    expect(comparePairs(pairs, 'kpi', 0.95)).toMatchObject({ personalized: 1, control: 1, total: { value: 0 } })
  })
})

describe('a control group that had several chances in one version', () => {
  const at = (touchpoint: string, propensity: number) => ({ touchpoint, propensity })
  const some = (n: number, kpi: number) => Array.from({ length: n }, (_, i) => ({ kpi: kpi + (i % 2), paid: kpi + 1 }))

  it('stands for those who were not left out: better customers who seldom were are no effect', () => {
    const cells = [
      cellOf(some(300, 10), at('home.hero', 0.5)),
      cellOf(some(300, 10), { control: true, ...at('home.hero', 0.5) }),
      cellOf(some(800, 100), at('cart.top', 0.8)),
      cellOf(some(200, 100), { control: true, ...at('cart.top', 0.2) }),
    ]
    const pairs = pairsOf(cells)
    expect(pairs.map(({ personalized, control }) => [personalized.people, control.people])).toEqual([[1100, 500]])
    const compared = comparePairs(pairs, 'kpi', 0.95)
    expect(compared.control).toBeCloseTo(compared.personalized!, 9)
    expect(compared.total.value).toBeCloseTo(0, 6)
    expect(pairs[0]!.control.orders).toBe(500)
    // Told for one touchpoint there is one chance.
    expect(pairsOf(cells.slice(0, 2))).toEqual([
      { personalized: sumsOfPeople(some(300, 10)), control: sumsOfPeople(some(300, 10)) },
    ])
  })

  it('nobody counts who could have got nothing else, and versions with one chance are compared as ever', () => {
    const cells = [
      cellOf(some(30, 1), { version: 2 }),
      cellOf(some(10, 5), { control: true, version: 2, propensity: 0.5 }),
      cellOf(some(10, 90), { control: true, version: 2, propensity: 1 }),
      cellOf(some(20, 3)),
      cellOf(some(20, 3), { control: true }),
    ]
    const [plain, byChance] = pairsOf(cells)
    expect(plain).toEqual({ personalized: sumsOfPeople(some(20, 3)), control: sumsOfPeople(some(20, 3)) })
    expect(comparePairs([byChance!], 'kpi', 0.95)).toMatchObject({ personalized: 1.5, control: 5.5 })
  })

  it('of decisions made elsewhere without their chances, people count alike, and none of the control group is lost', () => {
    const cells = [
      cellOf(some(40, 1), { version: 0, touchpoint: 'home.hero' }),
      cellOf(some(30, 2), { version: 0, touchpoint: 'cart.top' }),
      cellOf(some(10, 5), { control: true, version: 0, touchpoint: 'cart.top', propensity: 0.5 }),
      cellOf(some(20, 9), { control: true, version: 0, touchpoint: 'home.hero', propensity: 1 }),
    ]
    expect(pairsOf(cells)).toEqual([
      {
        personalized: sumsOfPeople([...some(40, 1), ...some(30, 2)]),
        control: sumsOfPeople([...some(10, 5), ...some(20, 9)]),
      },
    ])
  })

  it('has intervals that hold what was brought about as often as they say', () => {
    const rng = random('uneven control')
    const runs = 400
    let held = 0
    for (let run = 0; run < runs; run++) {
      const people = Array.from({ length: 800 }, () => {
        const isRegular = rng.chance(0.5)
        const chance = isRegular ? 0.1 : 0.4
        const isControl = rng.chance(chance)
        const kpi = rng.poisson(isRegular ? 4 : 1) + (isControl || !isRegular ? 0 : 1)
        return { isRegular, isControl, person: { kpi } }
      })
      const group = (control: boolean, regular?: boolean) =>
        people
          .filter(one => one.isControl === control && (regular === undefined || one.isRegular === regular))
          .map(({ person }) => person)
      const pairs = pairsOf([
        cellOf(group(false)),
        cellOf(group(true, true), { control: true, propensity: 0.1 }),
        cellOf(group(true, false), { control: true, propensity: 0.4 }),
      ])
      const brought = people.filter(one => one.isRegular && !one.isControl).length
      const [low, high] = comparePairs(pairs, 'kpi', 0.95).total.interval!
      if (low <= brought && brought <= high) held++
    }
    expect(held / runs).toBeGreaterThan(0.92)
  })

  it('nothing is not told as something where nobody of the few who count most happened to do it', () => {
    const rng = random('few who count most')
    const runs = 300
    let told = 0
    for (let run = 0; run < runs; run++) {
      // One in fifty is left out of those who buy twice as often, and half of the others.
      const people = Array.from({ length: 1000 }, (_, i) => {
        const chance = i % 2 === 0 ? 0.02 : 0.5
        return { chance, isControl: rng.chance(chance), person: { kpi: rng.chance(i % 2 === 0 ? 0.08 : 0.04) ? 1 : 0 } }
      })
      const group = (control: boolean, of?: number) =>
        people
          .filter(({ isControl, chance }) => isControl === control && (of === undefined || chance === of))
          .map(({ person }) => person)
      const pairs = pairsOf([
        cellOf(group(false)),
        cellOf(group(true, 0.02), { control: true, propensity: 0.02 }),
        cellOf(group(true, 0.5), { control: true, propensity: 0.5 }),
      ])
      const { interval } = comparePairs(pairs, 'kpi', 0.95).total
      if (interval !== null && (interval[0] > 0 || interval[1] < 0)) told++
    }
    // As if all of them told alike it was in 47 of 100.
    expect(told / runs).toBeLessThanOrEqual(0.05)
  })
})

describe('comparing pairs', () => {
  it.each([
    { of: 'a share of 5 %', controls: 20, draw: (rng: Random) => (rng.chance(0.05) ? 1 : 0) },
    { of: 'a share of 2 %', controls: 50, draw: (rng: Random) => (rng.chance(0.02) ? 1 : 0) },
    { of: 'spend', controls: 50, draw: (rng: Random) => (rng.chance(0.03) ? Math.exp(3 + rng.normal()) : 0) },
  ])('nothing is not told as something where few of a small control group did it: $of', ({ controls, draw }) => {
    const rng = random(`small control group ${controls}`)
    const group = (count: number) => sumsOfPeople(Array.from({ length: count }, () => ({ kpi: draw(rng) })))
    const runs = 200
    let [totals, lifts] = [0, 0]
    const excludes = ({ interval }: Estimate) => interval !== null && (interval[0] > 0 || interval[1] < 0)
    for (let run = 0; run < runs; run++) {
      const pair = { personalized: group(9 * controls), control: group(controls) }
      const { lift, total } = comparePairs([pair], 'kpi', 0.95)
      if (excludes(total)) totals++
      if (excludes(lift)) lifts++
    }
    // 5 ± 5 points in 200 experiments; without steadied variances 17 to 37.
    expect(totals / runs).toBeLessThanOrEqual(0.1)
    expect(lifts / runs).toBeLessThanOrEqual(0.1)
  })

  it('of one pair is the comparison of its means', () => {
    fc.assert(
      fc.property(people, people, (a, b) => {
        fc.pre(a.length > 1 && b.length > 1)
        const pair = { personalized: sumsOfPeople(a), control: sumsOfPeople(b) }
        const sample = ({ people: n, kpi, kpiSquares }: typeof pair.control) => meanSample(n, kpi, kpiSquares)
        const compared = comparePairs([pair], 'kpi', 0.95)
        const [control, personalized] = steady(sample(pair.control), sample(pair.personalized), MORE_WITHOUT_WAITING)
        const difference = absoluteDifference(control, personalized)
        expect(compared.total.value).toBeCloseTo(difference.value! * a.length, 9)
        expect(compared.total.p === null).toBe(difference.p === null)
        if (difference.p !== null) expect(compared.total.p).toBeCloseTo(difference.p, 9)
        expect(compared.lift.value ?? 0).toBeCloseTo(
          relativeLift(sample(pair.control), sample(pair.personalized)).value ?? 0,
          9,
        )
      }),
      { seed: 1 },
    )
  })

  it('totals of pairs add up, and so do the squares of their errors', () => {
    fc.assert(
      fc.property(people, people, people, people, (a, b, c, d) => {
        fc.pre([a, b, c, d].every(({ length }) => length > 1))
        const pairs = [
          { personalized: sumsOfPeople(a), control: sumsOfPeople(b) },
          { personalized: sumsOfPeople(c), control: sumsOfPeople(d) },
        ]
        const [one, two] = pairs.map(pair => comparePairs([pair], 'net', 0.95).total)
        const both = comparePairs(pairs, 'net', 0.95).total
        expect(both.value).toBeCloseTo(one!.value! + two!.value!, 8)
        expect((both.standardError ?? 0) ** 2).toBeCloseTo(
          (one!.standardError ?? 0) ** 2 + (two!.standardError ?? 0) ** 2,
          6,
        )
      }),
      { seed: 1 },
    )
  })

  it('of experiences of one seed errors add as they are, of each of them their squares', () => {
    const pair = { personalized: sumsOfPeople([]), control: sumsOfPeople([]) }
    const of = (experience: string, seed = 'one') => ({ ...pair, draw: { seed, experience } })
    expect(squaredErrorOf([of('a'), of('a'), of('b')], [9, 16, 4])).toBeCloseTo((5 + 2) ** 2, 9)
    expect(squaredErrorOf([of('a'), pair, of('b', 'two')], [9, 16, 4])).toBeCloseTo(29, 9)
    expect(squaredErrorOf([pair, pair], [9, 16])).toBe(25)
  })

  it('a pair with nobody to compare with is left out, and alone it says why', () => {
    const some = sumsOfPeople([{ kpi: 1 }, { kpi: 2 }, { kpi: 6 }])
    const none = sumsOfPeople([])
    const whole = { personalized: some, control: some }
    expect(comparePairs([whole, { personalized: some, control: none }], 'kpi', 0.95)).toEqual(
      comparePairs([whole], 'kpi', 0.95),
    )
    const reasonOf = (personalized: typeof some, control: typeof some) =>
      comparePairs([{ personalized, control }], 'kpi', 0.95).total.reason
    expect(reasonOf(some, none)).toBe('no-control')
    expect(reasonOf(none, some)).toBe('no-people')
    expect(reasonOf(some, sumsOfPeople([{ kpi: 1 }]))).toBe('one-person')
  })

  it('differences of estimates have errors that add, none where neither has one, and no value where one has none', () => {
    const estimate = (value: number, standardError: number | null) => ({
      value,
      standardError,
      interval: null,
      p: null,
      dof: standardError === null ? null : 20,
    })
    expect(minus(estimate(5, 3), estimate(1, 4), 0.95)).toMatchObject({ value: 4, standardError: 5 })
    expect(minus(estimate(5, null), estimate(1, null), 0.95)).toMatchObject({
      value: 4,
      interval: null,
      reason: 'no-variance',
    })
    expect(minus({ ...estimate(5, 1), value: null, reason: 'no-control' }, estimate(1, 1), 0.95).reason).toBe(
      'no-control',
    )
    expect(scaled(estimate(1e300, 1), 1e300).reason).toBe('overflow')
  })
})
