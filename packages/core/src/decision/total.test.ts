import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Json, JsonObject } from '../json.ts'
import { type Bound, type Grant, UNBOUND, withBinding } from '../profile/bound.ts'
import type { CompiledSet } from './compiled.ts'
import { type DecideInput, type Decision, decide } from './decide.ts'
import { bucketKeys, catalogOf, compiledOf, personOf } from './testing.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 10, 22)
const TOUCHPOINTS = ['hero', 'mail', 'panel']
const items = catalogOf({ hat: { id: 'hat', price: 20, cost: 12 }, sock: { id: 'sock', stock: 0 } })

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const content: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  'plain',
  null,
  { $item: 'hat' },
  { $item: 'gone' },
  'Hi {{ person.name }} {{ person.n | divided_by: 0 }}',
  'Hi {{ person.name }}{% for i in (1..person.n) %}.{% endfor %}',
  { $list: { items: ['hat', 'sock'], atLeast: 2, else: 'few' } },
  { $recent: { atLeast: 1 } },
  {
    $blocks: [
      { key: 'a', when: { trait: 'name', is: 'Ada' } },
      { key: 'b', rank: { trait: 'n' } },
    ],
  },
  { price: { $price: 'hat' }, offer: { $offer: true } },
  { $price: 'sock' },
)
const condition = fc.constantFrom<JsonObject>(
  { trait: 'name', is: 'Ada' },
  { trait: 'n', gt: 3 },
  { context: 'visit.device', is: 'mobile' },
  { not: { trait: 'name', exists: true } },
)
const caps = fc.array(fc.record({ times: fc.integer({ min: 1, max: 3 }), per: fc.constantFrom('1h', '1d') }), {
  minLength: 1,
  maxLength: 2,
})
const offer = fc.record(
  {
    stock: fc.constant(5),
    lasts: fc.constantFrom('1h', '1d'),
    again: fc.constantFrom('2h', '3d'),
    eligibility: condition,
    codes: fc.constant({ length: 8 }),
  },
  { requiredKeys: ['lasts'] },
)
const experience = (i: number) =>
  fc
    .record(
      {
        touchpoints: fc.subarray(TOUCHPOINTS, { minLength: 1 }),
        control: fc.constantFrom(0, 0.3, 1),
        priority: fc.integer({ min: 0, max: 2 }),
        variants: fc.array(content, { minLength: 1, maxLength: 2 }),
        audience: condition,
        caps,
        offer,
        priced: fc.constantFrom(-50, -10, 10),
        hours: fc.constantFrom([{ from: '08:00', to: '20:00' }], [{ from: '20:00', to: '02:00' }]),
        layer: fc.constant({ key: 'l', from: i / 4, to: (i + 1) / 4 }),
        requires: fc.constantFrom([{ experience: 'e0', not: true }], [{ experience: 'e0', state: 'seen' }]),
        fallback: content,
      },
      { requiredKeys: ['touchpoints', 'control', 'priority', 'variants'] },
    )
    .map(({ variants, priced, hours, requires, fallback, ...rest }) => {
      const everywhere = (one: Json) => Object.fromEntries(rest.touchpoints.map(key => [key, one]))
      return {
        tactic: 'other',
        ...rest,
        variants: variants.map((one, n) => ({
          key: `v${n}`,
          content: everywhere(one),
          ...(priced !== undefined && { price: { percent: priced } }),
        })),
        ...(priced !== undefined && { price: { floor: { ofCost: 1.1 } } }),
        ...(hours && { schedule: { hours, zone: 'person' } }),
        ...(requires && i > 0 && { requires }),
        ...(fallback !== undefined && { fallbacks: [everywhere(fallback)] }),
      }
    })

const world = fc.record({
  experiences: fc.tuple(experience(0), experience(1), experience(2), experience(3)),
  hero: some(caps),
  slots: fc.integer({ min: 1, max: 3 }),
  fallback: content,
  holdout: fc.constantFrom(0, 0.3),
  person: fc.record({
    bucketKey: fc.constantFrom(...bucketKeys(20)),
    traits: fc.record({ name: fc.constantFrom('Ada', 'Bo'), n: fc.constantFrom(0, 5, 20_000) }, { requiredKeys: [] }),
  }),
  context: fc.constantFrom<JsonObject>(
    {},
    { timezone: 'Asia/Tokyo', device: { type: 'mobile' } },
    { timezone: 7, location: 'x' },
  ),
  asked: fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.subarray(TOUCHPOINTS, { minLength: 1 })), {
    minLength: 1,
    maxLength: 6,
  }),
  seen: fc.boolean(),
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

function setOf({ experiences, hero, slots, fallback, holdout }: World): CompiledSet {
  return compiledOf({
    settings: { workspace: { holdout, timezone: 'Europe/Berlin' } },
    touchpoint: {
      hero: { channel: 'web', default: fallback, ...(hero && { caps: hero }) },
      mail: { channel: 'email' },
      panel: { channel: 'support', slots },
    },
    experience: Object.fromEntries(experiences.map((body, i) => [`e${i}`, body])),
  })
}

/** As a server does: what is wanted is reserved and asked for again; what binds is committed. */
function settled(input: DecideInput): Decision {
  const granted = new Map<string, Grant>()
  for (let round = 0; ; round++) {
    expect(round).toBeLessThan(6)
    const decision = decide({ ...input, granted })
    if (decision.wants.length === 0) return decision
    for (const { experience, variant, key, expires } of decision.wants) {
      granted.set(experience, { at: input.now, variant, key, code: 'CODE', ...(expires !== undefined && { expires }) })
    }
  }
}

it('R6 is total: whatever is defined, asked and bound, there is an answer that JSON can hold, the same each time', () => {
  fc.assert(
    fc.property(world, world => {
      const set = setOf(world)
      const { person, context, asked, seen } = world
      let bound: Bound = { ...UNBOUND, seen: seen ? { e0: { at: 0, variant: 'v0' } } : {} }
      let now = START
      for (const [hours, touchpoints] of asked) {
        now += hours * HOUR
        const profile = { ...personOf(person), id: 'p', bound, recent: [] }
        const input: DecideInput = { set, profile, context, now, touchpoints, items }
        const decision = settled(input)
        expect(settled(input)).toEqual(decision)
        expect(JSON.parse(JSON.stringify(decision.answers))).toEqual(decision.answers)
        expect(JSON.parse(JSON.stringify(decision.inputs))).toEqual(decision.inputs)
        for (const { touchpoint, content, propensity, control, holdout, variant } of decision.answers) {
          expect(touchpoints).toContain(touchpoint)
          expect(content).not.toBeUndefined()
          expect(propensity).toBeGreaterThan(0)
          expect(propensity).toBeLessThanOrEqual(1)
          if (control || holdout) expect(variant).toBeUndefined()
        }
        for (const { price, list } of Object.values(decision.binding?.quotes ?? {})) {
          // The floor is 1.1 times the cost of the one item with a price.
          expect(price).toBeGreaterThanOrEqual(13.2)
          expect(list).toBe(20)
        }
        const preview = decide({ ...input, preview: { variants: new Map([['e1', 'v0']]) }, explain: true })
        expect(preview).toMatchObject({ wants: [], binding: undefined })
        const unbound = decide({ ...input, binds: false })
        expect(unbound).toMatchObject({ wants: [], binding: undefined })
        if (decision.binding !== undefined) bound = withBinding(bound, decision.binding, now)
      }
    }),
    { numRuns: 60 },
  )
})
