import { describe, expect, it } from 'vitest'
import { type Random, random } from '../random/random.ts'
import type { ArmStatistics } from './arm.ts'
import { impact } from './impact.ts'

/**
 * Do 95 % intervals hold the truth 95 times in 100? Experiments are drawn from known worlds; the share of intervals that
 * hold the planted lift is counted. With 1,000 experiments chance moves that share by ±2 points (three standard errors).
 */
const EXPERIMENTS = 1000

interface World {
  readonly name: string
  readonly type: 'conversion' | 'sum' | 'mean'
  readonly control: number
  readonly people: number
  /** One person's orders. */
  draw(rng: Random, lift: number): number[]
}

const worlds: World[] = [
  {
    name: 'conversion of 10 %',
    type: 'conversion',
    control: 0.5,
    people: 800,
    draw: (rng, lift) => (rng.chance(0.1 * (1 + lift)) ? [1] : []),
  },
  {
    name: 'conversion, a small control group',
    type: 'conversion',
    control: 0.15,
    people: 3000,
    draw: (rng, lift) => (rng.chance(0.2 * (1 + lift)) ? [1] : []),
  },
  {
    name: 'skewed spend',
    type: 'sum',
    control: 0.5,
    people: 1500,
    draw: (rng, lift) => (rng.chance(0.3) ? [Math.exp(3 + 0.8 * rng.normal()) * (1 + lift)] : []),
  },
  {
    name: 'value an order',
    type: 'mean',
    control: 0.5,
    people: 600,
    draw: (rng, lift) => Array.from({ length: rng.poisson(1.2) }, () => 20 * rng.exponential() * (1 + lift)),
  },
]

function armOf(control: boolean): { add(orders: number[]): void; statistics(expected: number): ArmStatistics } {
  const s = {
    people: 0,
    conversions: 0,
    sum: 0,
    sumSquares: 0,
    denominatorSum: 0,
    denominatorSumSquares: 0,
    crossSum: 0,
  }
  return {
    add(orders) {
      const total = orders.reduce((t, x) => t + x, 0)
      s.people++
      if (orders.length > 0) s.conversions++
      s.sum += total
      s.sumSquares += total * total
      s.denominatorSum += orders.length
      s.denominatorSumSquares += orders.length ** 2
      s.crossSum += total * orders.length
    },
    statistics: expected => ({ ...s, variant: control ? '' : 'a', control, exposures: s.people, expected }),
  }
}

function measure(world: World, lift: number, rng: Random) {
  const [control, treatment] = [armOf(true), armOf(false)]
  for (let i = 0; i < world.people; i++) {
    if (rng.chance(world.control)) control.add(world.draw(rng, 0))
    else treatment.add(world.draw(rng, lift))
  }
  const arms = [control.statistics(world.control), treatment.statistics(1 - world.control)]
  return impact(arms, { metric: { type: world.type, event: 'Order Completed' } })
}

describe.each(worlds)('$name', world => {
  it.each([0, 0.25])('95 of 100 intervals hold a planted lift of %f', lift => {
    const rng = random(`coverage/${world.name}/${lift}`)
    let held = 0
    let significant = 0
    let mismatches = 0
    for (let i = 0; i < EXPERIMENTS; i++) {
      const report = measure(world, lift, rng)
      const [low, high] = report.personalized!.lift.interval!
      if (low <= lift && lift <= high) held++
      if (report.personalized!.lift.p! < 0.05) significant++
      if (report.sampleRatio.verdict === 'mismatch') mismatches++
    }
    expect(held / EXPERIMENTS).toBeGreaterThan(0.93)
    expect(held / EXPERIMENTS).toBeLessThan(0.97)
    if (lift === 0) expect(significant / EXPERIMENTS).toBeLessThan(0.07)
    // The sample-ratio check cries wolf one time in 1,000.
    expect(mismatches / EXPERIMENTS).toBeLessThan(0.005)
  })
})

it('intervals of a control mean near 0 promise too much, which is why the report warns', () => {
  const rng = random('small control mean')
  const world: World = {
    name: '',
    type: 'conversion',
    control: 0.1,
    people: 1000,
    draw: (r, lift) => (r.chance(0.03 * (1 + lift)) ? [1] : []),
  }
  let held = 0
  let warned = 0
  let given = 0
  for (let i = 0; i < EXPERIMENTS; i++) {
    const { personalized, warnings } = measure(world, 0, rng)
    if (personalized?.lift.interval == null) continue
    given++
    if (personalized.lift.interval[0] <= 0 && personalized.lift.interval[1] >= 0) held++
    if (warnings.some(w => w.code === 'small-control-mean')) warned++
  }
  expect(held / given).not.toBeCloseTo(0.95, 2)
  expect(warned / given).toBeGreaterThan(0.95)
})
