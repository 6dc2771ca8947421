import { type ArmStatistics, impact } from '@espalier/core/experiment'
import { describe, expect, it } from 'vitest'
import type { Item } from '../item.ts'
import { EXPERIENCES } from '../plan/definitions.ts'
import { PLANTED } from '../plan/effects.ts'
import { plantedLift, type Shop } from '../plan/truth.ts'
import { FakeEngine } from '../testing.ts'
import { createWorld } from '../world.ts'
import { crowd } from './crowd.ts'
import { type Shopped, shop } from './shopper.ts'

/** Lets people shop at a fake engine; answers what they did, by person. */
async function run(seed: string, people: number): Promise<{ shopped: Shopped[]; items: Item[]; shop: Shop }> {
  const world = createWorld({ seed, people })
  const engine = new FakeEngine(world.rng.fork('engine'))
  const shopped: Shopped[] = []
  let clock = 1_000_000
  const send = async (items: readonly Item[]) => void engine.items.push(...items)
  await crowd(people, 1, async index => {
    shopped.push(
      await shop(world.person(index), {
        world,
        client: engine,
        send,
        effects: PLANTED,
        now: () => clock++,
        run: 'test',
      }),
    )
  })
  const { control, variants } = EXPERIENCES['cart-rescue']!
  const atCart = [
    { probability: control, shown: undefined },
    ...variants.map(({ key, weight }) => ({
      probability: (1 - control) * weight,
      shown: { experience: 'cart-rescue', variant: key },
    })),
  ]
  return { shopped, items: engine.items, shop: { catalog: world.catalog, effects: PLANTED, atCart } }
}

/** The arms of an experience, counted from the events as the warehouse would: from each person's first exposure on. */
function armsOf(items: readonly Item[], key: string): ArmStatistics[] {
  const { goal, control, variants } = EXPERIENCES[key]!
  const goalEvent = {
    'product-views': 'Product Viewed',
    adds: 'Product Added',
    orders: 'Order Completed',
    revenue: 'Order Completed',
  }[goal]
  const people = new Map<string, { arm: string; since: number; value: number }>()
  const byTime = items
    .filter(item => item.type === 'track')
    .sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp))
  for (const item of byTime) {
    const person = item.userId ?? item.anonymousId
    if (item.event === 'Exposure') {
      const [experience, arm] = JSON.parse(item.properties!.decisionId as string) as [string, string]
      if (experience === key && !people.has(person))
        people.set(person, { arm, since: Date.parse(item.timestamp), value: 0 })
    }
    const seen = people.get(person)
    if (seen === undefined) continue
    const total = Number(item.properties?.total)
    if (item.event === goalEvent) seen.value = goal === 'revenue' ? seen.value + total : 1
    if (goal === 'revenue' && item.event === 'Order Refunded') seen.value -= total
  }
  const share = (arm: string) =>
    arm === '' ? control : (1 - control) * variants.find(variant => variant.key === arm)!.weight
  return ['', ...variants.map(variant => variant.key)].map(arm => {
    const values = [...people.values()].filter(one => one.arm === arm).map(one => one.value)
    return {
      variant: arm,
      control: arm === '',
      people: values.length,
      exposures: values.length,
      conversions: values.filter(value => value !== 0).length,
      sum: values.reduce((sum, value) => sum + value, 0),
      sumSquares: values.reduce((sum, value) => sum + value * value, 0),
      expected: share(arm) * people.size,
    }
  })
}

describe('planted effects are recovered from what shoppers do', () => {
  it('95 of 100 intervals hold the planted lift, over seeds and experiences', { timeout: 300_000 }, async () => {
    const misses: string[] = []
    let intervals = 0
    let improved = 0
    for (let seed = 0; seed < 25; seed++) {
      const { shopped, items, shop } = await run(`recovered ${seed}`, 1200)
      for (const [key, { goal, variants }] of Object.entries(EXPERIENCES)) {
        const viewers = shopped.flatMap(one => one.viewers.get(key) ?? [])
        const arms = armsOf(items, key)
        expect(viewers.length).toBe(arms.reduce((sum, arm) => sum + arm.people, 0))
        const planted = plantedLift(
          viewers,
          { key, arms: variants.map(v => ({ variant: v.key, weight: v.weight })), kpi: goal },
          shop,
        )
        const type = goal === 'revenue' ? 'sum' : 'conversion'
        const report = impact(arms, { metric: { type, event: goal } })
        expect(report.sampleRatio.verdict).toBe('ok')
        for (const { lift, truth } of [
          { lift: report.personalized!.lift, truth: planted.personalized },
          ...report.variants.map(one => ({ lift: one.lift, truth: planted.variants[one.variant]! })),
        ]) {
          intervals++
          const [low, high] = lift.interval!
          if (truth < low || truth > high) misses.push(`${key} ${seed}`)
          if (low > 0) improved++
        }
      }
    }
    // 10 intervals a seed, of which those of one experience depend on each other.
    expect(intervals).toBe(250)
    expect(misses.length / intervals, misses.join(', ')).toBeLessThan(0.1)
    // The test has power: effects are found, not just enclosed by wide intervals.
    expect(improved / intervals).toBeGreaterThan(0.15)
  })
})

describe('a live shopper', () => {
  it('reports each thing they see, default content of the control group included', async () => {
    const { shopped, items } = await run('exposures', 300)
    const exposures = items.filter(item => item.event === 'Exposure')
    expect(exposures.length).toBe(shopped.reduce((sum, one) => sum + one.exposures, 0))
    expect(exposures.some(item => JSON.parse(item.properties!.decisionId as string)[1] === '')).toBe(true)
    expect(exposures.some(item => JSON.parse(item.properties!.decisionId as string)[1] !== '')).toBe(true)
  })

  it('with two devices looks in on the other first, and gets the same', async () => {
    const { shopped } = await run('devices', 300)
    const two = shopped.filter(one => one.person.devices.length === 2)
    expect(two.length).toBeGreaterThan(50)
    expect(two.every(one => one.consistent === true)).toBe(true)
    expect(shopped.every(one => (one.consistent === undefined) === (one.person.devices.length === 1))).toBe(true)
  })

  it('has events at real times, each later than the one before, and all of them once', async () => {
    const { items } = await run('times', 200)
    const byPerson = new Map<string, Item[]>()
    for (const item of items) byPerson.set(item.anonymousId, [...(byPerson.get(item.anonymousId) ?? []), item])
    for (const own of byPerson.values()) {
      const times = own.map(item => Date.parse(item.timestamp))
      for (let i = 1; i < times.length; i++) expect(times[i]!).toBeGreaterThan(times[i - 1]!)
    }
    expect(new Set(items.map(item => item.messageId)).size).toBe(items.length)
  })
})

it('crowd stops at the first error', async () => {
  let done = 0
  const work = async (index: number) => {
    if (index === 5) throw new Error('closed')
    done++
  }
  await expect(crowd(1000, 3, work)).rejects.toThrow('closed')
  expect(done).toBeLessThan(20)
})
