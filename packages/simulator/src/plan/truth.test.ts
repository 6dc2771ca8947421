import { random } from '@espalier/core/random'
import { describe, expect, it } from 'vitest'
import { SEGMENTS } from '../people/segments.ts'
import { visit } from '../visit/visit.ts'
import { createWorld } from '../world.ts'
import { EXPERIENCES } from './definitions.ts'
import { PLANTED, type Shown, TOUCHPOINT_OF } from './effects.ts'
import { expectedKpi, type Kpi, plantedLift, type Shop } from './truth.ts'

const world = createWorld({ seed: 'truth', people: 0 })
const shop: Shop = { catalog: world.catalog, effects: PLANTED, atCart: [{ probability: 1, shown: undefined }] }

/** What a person's visit comes to when all that can be shown is given, and whether they saw the recommendations. */
function outcome(index: number, shown: ReadonlyMap<string, Shown>): { did: Record<Kpi, number>; sawPicks: boolean } {
  const person = world.person(index)
  const rng = random(`outcome ${index} ${[...shown.values()].map(s => s.variant).join()}`)
  const plan = {
    person,
    device: person.devices[0]!,
    catalog: world.catalog,
    effects: PLANTED,
    start: 0,
    rng,
    logsIn: true,
  }
  let sawPicks = false
  const did = { 'product-views': 0, adds: 0, orders: 0, revenue: 0 }
  const steps = visit(plan)
  for (let next = steps.next(); !next.done; next = steps.next(shown)) {
    if (next.value.kind === 'seen' && next.value.touchpoint === TOUCHPOINT_OF.add) sawPicks = true
    if (next.value.kind !== 'event') continue
    const { event, properties } = next.value.item
    if (event === 'Product Viewed') did['product-views'] = 1
    if (event === 'Product Added') did.adds = 1
    if (event === 'Order Completed') {
      did.orders = 1
      did.revenue += properties!.total as number
    }
    if (event === 'Order Refunded') did.revenue -= properties!.total as number
  }
  return { did, sawPicks }
}

describe('the planted truth is what shoppers do', () => {
  const arms = Object.entries(PLANTED).flatMap(([experience, variants]) =>
    Object.keys(variants).map(variant => ({ experience, variant })),
  )
  it.each([{ experience: 'none', variant: '' }, ...arms])('$experience $variant', ({ experience, variant }) => {
    const stages = PLANTED[experience]?.[variant]?.map(effect => effect.stage) ?? []
    const own = { experience, variant }
    const shown = new Map(stages.map(stage => [TOUCHPOINT_OF[stage], own]))
    const atHome = { ...(stages.includes('view') && { view: own }), ...(stages.includes('add') && { add: own }) }
    const atCart = stages.includes('checkout') ? own : undefined
    const kpis: Kpi[] = ['product-views', 'adds', 'orders', 'revenue']
    const sums = new Map(kpis.map(kpi => [kpi, { simulated: 0, squares: 0, expected: 0 }]))
    const people = 6000
    for (let i = 0; i < people; i++) {
      const person = world.person(i)
      const viewer = {
        segment: person.segment,
        account: person.account !== undefined,
        from: 'home',
        shown: atHome,
      } as const
      const { did, sawPicks } = outcome(i, shown)
      // Not everybody scrolls down to the recommendations: the truth is of those who see them.
      if (stages.includes('add') && !sawPicks) continue
      for (const [kpi, sum] of sums) {
        const expected = expectedKpi(viewer, kpi, { ...shop, atCart: [{ probability: 1, shown: atCart }] })
        sum.simulated += did[kpi]
        sum.squares += (did[kpi] - expected) ** 2
        sum.expected += expected
      }
    }
    for (const [kpi, { simulated, squares, expected }] of sums) {
      const standardErrors = (simulated - expected) / Math.sqrt(squares)
      expect(Math.abs(standardErrors), `${kpi}: ${simulated} simulated, ${expected} expected`).toBeLessThan(3.5)
    }
  })
})

describe('planted lift', () => {
  const viewers = SEGMENTS.map(segment => ({ segment, account: true, from: 'home', shown: {} }) as const)

  it('of no effect is 0, and of the same effect for all is that effect', () => {
    const flat = { bargain: 1.2, loyal: 1.2, newcomer: 1.2, mobile: 1.2 }
    const effects = { x: { a: [{ stage: 'view', factor: flat }], b: [] } } as const
    const experience = {
      key: 'x',
      arms: [
        { variant: 'a', weight: 0.25 },
        { variant: 'b', weight: 0.75 },
      ],
      kpi: 'product-views',
    } as const
    const lift = plantedLift(viewers, experience, { ...shop, effects })
    expect(lift.variants.a).toBeCloseTo(0.2, 12)
    expect(lift.variants.b).toBe(0)
    expect(lift.personalized).toBeCloseTo(0.05, 12)
  })

  it('cannot make a step likelier than certain', () => {
    const effects = { x: { a: [{ stage: 'view', factor: { bargain: 9, loyal: 9, newcomer: 9, mobile: 9 } }] } } as const
    for (const viewer of viewers) {
      const shown = { view: { experience: 'x', variant: 'a' } }
      expect(expectedKpi({ ...viewer, shown }, 'product-views', { ...shop, effects })).toBe(1)
    }
  })

  it('has an entry for every experience and variant of the definitions', () => {
    for (const [key, { variants, touchpoints }] of Object.entries(EXPERIENCES)) {
      for (const variant of variants) {
        const effects = PLANTED[key]?.[variant.key]
        expect(effects, `${key} ${variant.key}`).toBeDefined()
        expect(new Set(effects!.map(effect => TOUCHPOINT_OF[effect.stage]))).toEqual(new Set(touchpoints))
      }
    }
  })
})
