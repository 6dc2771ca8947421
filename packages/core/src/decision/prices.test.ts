import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Experience } from '../definition/experience.ts'
import type { Price, PriceLimit, VariantPrice } from '../definition/price.ts'
import { protectedProblems } from '../definition/protectedProblems.ts'
import { validate } from '../definition/validate.ts'
import type { JsonObject } from '../json.ts'
import { validateSet } from '../plan/validateSet.ts'
import { type Bound, UNBOUND, withBinding } from '../profile/bound.ts'
import { type DecideInput, decide } from './decide.ts'
import { compilePrice } from './price.ts'
import { bucketKeys, catalogOf, compiledOf, personOf } from './testing.ts'

const DAY = 86_400_000
const experience = (more: object = {}) => ({
  tactic: 'price',
  touchpoints: ['tag', 'cart'],
  control: 0.3,
  price: { floor: { ofCost: 1.2 }, ceiling: { ofPrice: 1 }, lasts: '14d' },
  variants: [
    {
      key: 'less',
      price: { percent: -10 },
      content: { tag: { $price: 'hat' }, cart: '{{ prices["hat"].price | money: "EUR" }}' },
    },
  ],
  ...more,
})
const NOBODY_ELSE = { find: () => undefined, keys: () => [] }
const touchpoint = { tag: { channel: 'web', default: { $price: 'hat' } }, cart: { channel: 'web' } }
const set = compiledOf({ settings: { workspace: { holdout: 0 } }, touchpoint, experience: { sale: experience() } })
const items = catalogOf({ hat: { id: 'hat', price: 20, cost: 10, currency: 'EUR' } })
const keys = bucketKeys(40)
const isControl = (key: string) => set.experiences.get('sale')!.draws.control.point(key) < 0.3
const treated = keys.find(key => !isControl(key))!
const control = keys.find(isControl)!

function ask(bucketKey: string, more: Partial<DecideInput> & { bound?: Bound } = {}) {
  const { bound = UNBOUND, ...input } = more
  const profile = { ...personOf({ bucketKey }), bound }
  return decide({ set, profile, context: {}, now: 0, touchpoints: ['tag'], items, ...input })
}

const limit: fc.Arbitrary<PriceLimit> = fc
  .record(
    {
      price: fc.double({ min: 0, max: 200, noNaN: true }),
      ofPrice: fc.double({ min: 0, max: 3, noNaN: true }),
      ofCost: fc.double({ min: 0, max: 3, noNaN: true }),
    },
    { requiredKeys: [] },
  )
  .filter(one => Object.keys(one).length > 0)
const rule: fc.Arbitrary<VariantPrice> = fc.oneof(
  fc.record({ percent: fc.double({ min: -100, max: 1000, noNaN: true }) }),
  fc.record({ change: fc.double({ min: -500, max: 500, noNaN: true }) }),
  fc.record({ set: fc.double({ min: 0, max: 500, noNaN: true }) }),
)
const terms: fc.Arbitrary<Price> = fc.record(
  { floor: limit, ceiling: limit, step: fc.constantFrom(0.01, 0.05, 0.5, 1, 10) },
  { requiredKeys: ['floor'] },
)

describe('a price', () => {
  it('is never below its floor, nor above its ceiling, and a multiple of its step', () => {
    const item = fc.record({
      price: fc.double({ min: 0, max: 300, noNaN: true }),
      cost: fc.double({ min: 0, max: 300, noNaN: true }),
    })
    fc.assert(
      fc.property(terms, rule, item, (price, rule, item) => {
        const made = compilePrice(price, 'EUR').price({ id: 'x', ...item }, rule)
        const bound = ({ price: money, ofPrice, ofCost }: PriceLimit) =>
          [money, ofPrice && ofPrice * item.price, ofCost && ofCost * item.cost].filter(one => one !== undefined)
        const low = Math.max(...bound(price.floor))
        const high = Math.min(...(price.ceiling ? bound(price.ceiling) : [Infinity]))
        const { step = 0.01 } = price
        // Far more exact than money, and as exact as floating point is.
        const slack = 1e-9 * Math.max(1, low)
        if (made === undefined) {
          const steps = Math.ceil((low - slack) / step) * step
          expect(steps).toBeGreaterThan(high - step)
          return
        }
        expect(Number.isFinite(made.price)).toBe(true)
        expect(made.price).toBeGreaterThanOrEqual(low - slack)
        expect(made.price).toBeLessThanOrEqual(high + slack)
        expect(Math.abs(made.price / step - Math.round(made.price / step))).toBeLessThan(1e-6)
        expect(made.list).toBe(item.price)
      }),
      { numRuns: 2000 },
    )
  })

  it.each<[rule: VariantPrice, price: Price, expected: object | undefined]>([
    [{ percent: -10 }, { floor: { ofCost: 1.2 } }, { price: 18 }],
    [{ percent: -50 }, { floor: { ofCost: 1.2 } }, { price: 12, limited: 'floor' }],
    [{ percent: 50 }, { floor: { price: 1 }, ceiling: { ofPrice: 1.2, price: 30 } }, { price: 24, limited: 'ceiling' }],
    [{ change: -3.333 }, { floor: { price: 1 } }, { price: 16.67 }],
    [{ set: 17.3 }, { floor: { price: 1 }, step: 0.5 }, { price: 17.5 }],
    [{ set: 1 }, { floor: { price: 9.99 }, step: 0.5 }, { price: 10, limited: 'floor' }],
    [{ change: -1 }, { floor: { price: 30 }, ceiling: { ofPrice: 1 } }, undefined],
  ])('%j with %j', (rule, price, expected) => {
    const made = compilePrice(price, 'EUR').price({ id: 'hat', price: 20, cost: 10 }, rule)
    expect(made).toEqual(expected === undefined ? undefined : { list: 20, ...expected })
  })

  it('is what can be paid in the currency of the item, or else of the workspace, where no step is set', () => {
    const priced = (item: JsonObject, rule: VariantPrice, more: Partial<Price> = {}) =>
      compilePrice({ floor: { ofPrice: 0.5 }, ...more }, 'JPY').price({ id: 'x', ...item }, rule)?.price
    expect(priced({ price: 999, currency: 'JPY' }, { percent: -7 })).toBe(929)
    expect(priced({ price: 999 }, { percent: -7 })).toBe(929)
    expect(priced({ price: 999, currency: 'EUR' }, { percent: -7 })).toBe(929.07)
    expect(priced({ price: 1.255, currency: 'KWD' }, { percent: -7 })).toBe(1.167)
    expect(priced({ price: 999, currency: 'JPY' }, { percent: -7 }, { step: 100 })).toBe(900)
    expect(priced({ price: 999, currency: 'none' }, { percent: -7 })).toBe(929.07)
    // The floor is not undercut by rounding: half of 999 yen is 500.
    expect(priced({ price: 999, currency: 'JPY' }, { percent: -90 })).toBe(500)
  })

  it('is none for an item without price, or without the cost that a guardrail is held against', () => {
    const { price } = compilePrice({ floor: { ofCost: 1.2 } }, 'EUR')
    expect(price({ id: 'x' }, { set: 5 })).toBeUndefined()
    expect(price({ id: 'x', price: 5 }, { set: 5 })).toBeUndefined()
    expect(price({ id: 'x', price: Infinity, cost: 1 }, { set: 5 })).toBeUndefined()
  })
})

describe('a quote', () => {
  it('is bound before it is told, with everything an audit asks for', () => {
    const { answers, binding, inputs } = ask(treated)
    expect(answers[0]!.content).toEqual({ id: 'hat', price: 18, list: 20, currency: 'EUR', until: 14 * DAY })
    const quote = {
      at: 0,
      until: 14 * DAY,
      price: 18,
      list: 20,
      currency: 'EUR',
      experience: 'sale',
      version: 1,
      variant: 'less',
    }
    expect(binding!.quotes).toEqual({ hat: quote })
    expect(inputs.quotes).toEqual({ hat: quote })
  })

  it('stays while it lasts, at every touchpoint, whatever catalog and definition become', () => {
    const bound = withBinding(UNBOUND, ask(treated).binding!, 0)
    const dearer = catalogOf({ hat: { id: 'hat', price: 40, cost: 30 } })
    const other = compiledOf({
      settings: { workspace: { holdout: 0 } },
      touchpoint,
      experience: { sale: experience({ variants: [{ ...experience().variants[0], price: { percent: -1 } }] }) },
    })
    const later = { bound, now: 14 * DAY - 1, items: dearer, set: other }
    expect(ask(treated, later)).toMatchObject({ answers: [{ content: { price: 18, list: 20 } }], binding: undefined })
    expect(ask(treated, { ...later, touchpoints: ['cart'] }).answers[0]!.content).toBe('€18.00')
    expect(ask(treated, { ...later, now: 14 * DAY }).answers[0]!.content).toMatchObject({ price: 39.6, list: 40 })
  })

  it('holds for the default content too; who is left out pays what the catalog says', () => {
    const bound = withBinding(UNBOUND, ask(treated).binding!, 0)
    const ended = compiledOf({
      settings: { workspace: { holdout: 0 } },
      touchpoint,
      experience: { sale: experience({ status: 'ended' }) },
    })
    expect(ask(treated, { bound, set: ended }).answers[0]).toMatchObject({
      reason: 'no-experience',
      content: { price: 18 },
    })
    expect(ask(control)).toMatchObject({
      answers: [{ reason: 'control', content: { id: 'hat', price: 20, list: 20, currency: 'EUR' } }],
      binding: undefined,
    })
  })

  it('that the guardrails do not allow is not told: the default, and nothing bound', () => {
    const { answers, binding } = ask(treated, { items: catalogOf({ hat: { id: 'hat', price: 20 } }) })
    expect(answers[0]).toMatchObject({
      fault: { message: 'item "hat" has no price that the guardrails allow' },
      reason: 'no-price',
      experience: 'sale',
      variant: 'less',
      content: { price: 20 },
    })
    expect(binding).toBeUndefined()
  })

  it('is of what was shown: not of a content that could not be made, nor of a branch that a text did not take', () => {
    const shop = catalogOf({ hat: { id: 'hat', price: 20, cost: 10 }, cap: { id: 'cap', price: 30, cost: 10 } })
    const quoted = (tag: unknown, more: object = {}) => {
      const variants = [{ key: 'a', price: { percent: -10 }, content: { tag, cart: null } }]
      const only = experience({ variants, control: 0, ...more })
      const sale = compiledOf({ settings: { workspace: { holdout: 0 } }, touchpoint, experience: { sale: only } })
      const { answers, binding } = ask(treated, { set: sale, items: shop })
      return [answers[0]!.content, Object.keys(binding?.quotes ?? {})]
    }
    const broken = [{ $price: 'hat' }, { $item: 'gone' }]
    expect(quoted(broken, { fallbacks: [{ tag: '{{ prices["cap"].price }}' }] })).toEqual(['27', ['cap']])
    expect(quoted(broken, { fallbacks: [{ tag: 'sale' }] })).toEqual(['sale', []])
    const either = '{% if person.vip %}{{ prices["hat"].price }}{% else %}{{ prices["cap"].price }}{% endif %}'
    expect(quoted(either)).toEqual(['27', ['cap']])
  })

  it('is what every touchpoint of the request shows, also one that is asked for first and has a default of it', () => {
    const touchpoints = ['tag', 'cart']
    const variants = [{ key: 'a', price: { percent: -10 }, content: { cart: { $price: 'hat' } } }]
    const set = compiledOf({
      settings: { workspace: { holdout: 0 } },
      touchpoint: { ...touchpoint, tag: { channel: 'web', default: { $price: 'hat' } }, cart: { channel: 'web' } },
      experience: { sale: experience({ touchpoints: ['cart'], control: 0, variants }) },
    })
    const { answers, binding, inputs } = ask(treated, { set, touchpoints, explain: true })
    expect(answers.map(({ content }) => (content as { price: number }).price)).toEqual([18, 18])
    expect(Object.keys(binding!.quotes)).toEqual(['hat'])
    expect(inputs.quotes).toEqual(binding!.quotes)
    expect(ask(treated, { set, touchpoints: ['tag'] })).toMatchObject({
      answers: [{ content: { price: 20 } }],
      binding: undefined,
    })
  })

  it('is one for an item in one request, and none in a preview', () => {
    expect(Object.keys(ask(treated, { touchpoints: ['tag', 'cart'] }).binding!.quotes)).toEqual(['hat'])
    expect(ask(treated, { preview: { variants: new Map([['sale', 'less']]) } })).toMatchObject({
      answers: [{ content: { price: 18 } }],
      binding: undefined,
    })
  })
})

describe('what is refused', () => {
  const variant = (price: object) => ({ variants: [{ ...experience().variants[0], price }] })
  it.each<[more: object, line: string]>([
    [
      { price: { floor: { price: 10 } }, ...variant({ set: 9 }) },
      'variants[0].price.set: the price 9 is below its floor 10',
    ],
    [
      { price: { floor: { price: 10 }, ceiling: { price: 12 } }, ...variant({ set: 13 }) },
      'variants[0].price.set: the price 13 is above its ceiling 12',
    ],
    [
      { price: { floor: { ofPrice: 0.8 } }, ...variant({ percent: -30 }) },
      'variants[0].price.percent: -30 % is 0.7 of the catalog’s price, below its floor 0.8',
    ],
    [
      { price: { floor: { ofPrice: 0.8 }, ceiling: { ofPrice: 1.1 } }, ...variant({ percent: 20 }) },
      'variants[0].price.percent: 20 % is 1.2 of the catalog’s price, above its ceiling 1.1',
    ],
    [
      { price: { floor: { price: 10 }, ceiling: { price: 9 } }, ...variant({ change: 1 }) },
      'price.ceiling.price: the ceiling 9 is below the floor 10',
    ],
    [{ price: {} }, 'price.floor: "floor" is missing'],
    [{ price: { floor: {} } }, 'price.floor: {} says too little'],
    [{ price: undefined }, 'variants[0].price: the experience has no guardrails for prices'],
    [variant({ percent: 1, set: 2 }), 'variants[0].price: {"percent":1,"set":2} must not have more than 1 properties'],
  ])('%j', (more, line) => {
    const body = JSON.parse(JSON.stringify(experience(more)))
    expect(validate('experience', 'x', body).map(({ path, message }) => `${path}: ${message}`)).toEqual([line])
  })

  it('a price by a protected trait: in the audience, the content, what has to be seen first, and by a later setting', () => {
    const check = (
      bodies: Record<string, object>,
      settings: object = {},
      current = { version: 0, definitions: [] as never[] },
    ) => {
      const changes = [
        { kind: 'settings' as const, key: 'workspace', body: settings as JsonObject },
        ...Object.entries(touchpoint).map(([key, body]) => ({
          kind: 'touchpoint' as const,
          key,
          body: body as JsonObject,
        })),
        ...Object.entries(bodies).map(([key, body]) => ({
          kind: 'experience' as const,
          key,
          body: body as JsonObject,
        })),
      ]
      return validateSet(changes, current).map(({ key, path, message }) => `${key} ${path}: ${message}`)
    }
    const by = (trait: string) => ({ audience: { any: [{ trait: 'plan', is: 'pro' }, { not: { trait, is: 'x' } }] } })
    expect(check({ sale: experience(by('city')) })).toEqual([])
    expect(check({ sale: experience(by('gender')) })).toEqual([
      'sale audience.any[1].not.trait: a price must not depend on the protected trait "gender"',
    ])
    expect(check({ sale: experience(by('age.years')) })).toHaveLength(1)
    expect(check({ sale: experience({ audience: { context: 'traits.religion', exists: true } }) })).toHaveLength(1)
    expect(check({ sale: experience(by('city')) }, { protectedTraits: ['city'] })).toHaveLength(1)
    expect(check({ sale: experience(by('gender')) }, { protectedTraits: [] })).toEqual([])
    const { price: _, ...message } = experience({
      tactic: 'content',
      variants: [{ key: 'a', content: { tag: 1, cart: 2 } }],
    })
    expect(check({ sale: { ...message, ...by('gender') } })).toEqual([])
    const blocks = { $blocks: [{ key: 'a', when: { trait: 'sex', is: 'x' }, content: { $price: 'hat' } }] }
    expect(
      check({ sale: experience({ variants: [{ key: 'a', content: { tag: blocks, cart: null } }] }) }),
    ).toHaveLength(1)
    const seen = { requires: [{ experience: 'first', state: 'seen' }] }
    expect(check({ sale: experience(seen), first: { ...message, ...by('race') } })).toEqual([
      'sale requires[0]: a price must not depend on the protected trait "race"',
    ])
    const afterFirst = { ...message, requires: [{ experience: 'first', state: 'seen' }] }
    const seenSecond = { requires: [{ experience: 'second', state: 'seen' }] }
    expect(check({ sale: experience(seenSecond), second: afterFirst, first: { ...message, ...by('race') } })).toEqual([
      'sale requires[0]: a price must not depend on the protected trait "race"',
    ])
    const byRule = { kind: 'rules', rules: [{ when: { trait: 'race', is: 'x' }, variant: 'a' }], otherwise: 'b' }
    const two = { variants: ['a', 'b'].map(key => ({ key, content: { tag: 1, cart: 2 } })) }
    expect(check({ sale: experience(seen), first: { ...message, ...two, policy: byRule } })).toEqual([
      'sale requires[0]: a price must not depend on the protected trait "race"',
    ])
    const byOffer = { offer: { terms: { trait: 'city' }, eligibility: { trait: 'race', is: 'x' } } }
    expect(check({ sale: experience(seen), first: { ...message, ...byOffer } })).toEqual([
      'sale requires[0]: a price must not depend on the protected trait "race"',
    ])
    const { gender, survey } = {
      gender: { last: 'gender', of: 'Survey Answered' },
      survey: { did: 'Survey Answered', where: [{ property: 'gender', is: 'f' }] },
    }
    for (const audience of [
      survey,
      { value: gender, is: 'f' },
      { preference: 'gender', is: 'f' },
      { feedback: 'age', gte: 60 },
      { subscription: 'gender', is: 'subscribed' },
      { consent: 'religion', is: true },
      { context: 'gender', is: 'f' },
    ]) {
      expect(check({ sale: experience({ audience }) }), JSON.stringify(audience)).toHaveLength(1)
    }
    // Who is drawn is a hash, whoever is shown it.
    const assigned = { requires: [{ experience: 'first', variant: 'a' }] }
    expect(check({ sale: experience(assigned), first: { ...message, ...by('race') } })).toEqual([])
  })

  it('a price by a protected trait in a text that shows it, but not a salutation, nor a list of what is made for somebody', () => {
    const byText = (...texts: unknown[]) => {
      const variants = [{ key: 'a', price: { percent: -10 }, content: { tag: texts, cart: null } }]
      return protectedProblems(experience({ variants }) as Experience, ['gender'], NOBODY_ELSE).map(({ path }) => path)
    }
    const price = '{{ prices["hat"].price }}'
    expect(byText(`{% if person.gender == 'f' %}${price}{% endif %}{{ person.gender }}`)).toEqual([
      'variants[0].content.tag[0]',
    ])
    expect(byText(`{{ context.traits.gender }}${price}`, `{{ person['gender'] }}${price}`)).toHaveLength(2)
    expect(byText({ $text: '{% if person.gender %}{{ p }}{% endif %}', with: { p: { $price: 'hat' } } })).toEqual([
      'variants[0].content.tag[0].$text',
    ])
    expect(byText('{% if person.gender == "f" %}Ms{% endif %} {{ person.lastName }}', price)).toEqual([])
    const made = { items: ['hat'], where: [{ property: 'gender', is: 'f' }] }
    expect(byText({ $list: made }, { trait: 'gender' }, { last: 'gender' })).toEqual([])
    const preferred = { items: ['hat'], prefer: [{ attribute: 'for', trait: 'gender' }] }
    expect(byText({ $list: preferred })).toHaveLength(1)
  })

  it('a price by a protected trait however it is written, within something else, or looked up in all that the caller tells', () => {
    const protectedTraits = ['gender', 'birthDate', 'home.region']
    const places = (more: object) =>
      protectedProblems(experience(more) as Experience, protectedTraits, NOBODY_ELSE).map(({ message }) => message)
    const said = (name: string) => [`a price must not depend on the protected trait "${name}"`]
    expect(places({ audience: { trait: 'Gender', is: 'f' } })).toEqual(said('gender'))
    expect(places({ audience: { trait: 'birth_date', exists: true } })).toEqual(said('birthDate'))
    expect(places({ audience: { context: 'user.gender', is: 'f' } })).toEqual(said('gender'))
    expect(places({ audience: { trait: 'home.region', is: 'x' } })).toEqual(said('home.region'))
    expect(
      places({ audience: { any: ['home.city', 'region', 'engender'].map(trait => ({ trait, is: 'x' })) } }),
    ).toEqual([])

    const byText = (text: unknown) => places({ variants: [{ key: 'a', content: { tag: text, cart: null } }] })
    const price = '{{ prices["hat"].price }}'
    expect(byText(`{% if person.customer.gender == "f" %}${price}{% endif %}`)).toEqual(said('gender'))
    expect(byText('{% if person.gender == "f" %}{{ items["hat"].price | times: 0.5 }}{% endif %}')).toEqual(
      said('gender'),
    )
    const given = { who: '{{ person.gender }}', hat: { $price: 'hat' }, cap: { $price: 'cap' } }
    const chosen = '{% if who == "f" %}{{ hat.price }}{% else %}{{ cap.price }}{% endif %}'
    expect(byText({ $text: chosen, with: given })).toEqual(said('gender'))
    expect(byText({ $text: 'Dear {{ who }}', with: { who: given.who } })).toEqual([])

    const open = ['a price must not depend on what is not named']
    const traits = `{% assign t = context.traits %}{% if t.gender %}${price}{% endif %}`
    expect(byText(traits)).toEqual([...open, ...said('gender')])
    expect(byText(`{% assign k = "gender" %}{% if context.user[k] %}${price}{% endif %}`)).toEqual(open)
    expect(byText(`{{ context.traits.plan }}${price}`)).toEqual([])
    const within = `{% for p in person.customer %}{% if p[1] == "f" %}${price}{% endif %}{% endfor %}`
    expect(byText(within)).toEqual(open)
    expect(byText(`{% assign all = person.customer %}${within.replace('person.customer', 'all')}`)).toEqual(open)
    expect(byText(`{% assign f = person.customers | where: "gender", "f" %}{% if f[0] %}${price}{% endif %}`)).toEqual(
      open,
    )
    const written = `{% assign all = person.customer | json %}{% if all contains "gender" %}${price}{% endif %}`
    expect(byText(written)).toEqual(open)
    const named = `{% assign c = person.customer | default: context.user %}{% if c.gender == "f" %}${price}{% endif %}`
    expect(byText(named)).toEqual(said('gender'))
    expect(byText(named.replace('gender', 'plan'))).toEqual([])
    expect(byText(`{% assign h = person %}{% assign h = h.home %}{{ h["region"] }}${price}`)).toEqual(
      said('home.region'),
    )
    expect(byText(`{% for n in (1..person.count) %}${price}{% endfor %}`)).toEqual([])
    expect(byText(`{% for hat in recent limit: person.count %}{{ hat.gender }}${price}{% endfor %}`)).toEqual([])
    expect(byText('{% assign t = context.traits %}{{ t.gender }}')).toEqual([])
    const text = `{% assign t = context.traits %}{{ t.plan }}${price}`
    const shown = experience({ variants: [{ key: 'a', content: { tag: text, cart: null } }] }) as Experience
    expect(protectedProblems(shown, ['gender'], NOBODY_ELSE)).toHaveLength(1)
    expect(protectedProblems(shown, [], NOBODY_ELSE)).toEqual([])
  })

  it('a price by a protected trait that is hidden in a computed trait, and in a segment of it', () => {
    const found: Record<string, object> = {
      'computedTrait/said': { value: { last: 'gender', of: 'Survey Answered' } },
      'computedTrait/women': { value: { count: 'Survey Answered', where: [{ property: 'gender', is: 'f' }] } },
      'computedTrait/orders': { value: { count: 'Order Completed' } },
      'segment/said-f': { condition: { not: { computed: 'said', is: 'm' } } },
    }
    const surroundings = { ...NOBODY_ELSE, find: (kind: string, key: string) => found[`${kind}/${key}`] as JsonObject }
    const places = (more: object) =>
      protectedProblems(experience(more) as Experience, ['gender'], surroundings).map(({ path }) => path)
    expect(places({ audience: { computed: 'said', is: 'f' } })).toEqual(['audience.computed'])
    expect(places({ audience: { computed: 'women', gte: 1 } })).toEqual(['audience.computed'])
    expect(places({ audience: { any: [{ segment: 'said-f' }] } })).toEqual(['audience.any[0].segment'])
    expect(places({ audience: { computed: 'orders', gte: 1 } })).toEqual([])
    const inputs = [{ key: 'g', kind: 'categorical', levels: ['f'], from: { computed: 'said' } }]
    expect(places({ policy: { kind: 'contextual', inputs } })).toEqual(['policy.inputs[0].from.computed'])
  })

  const liveOf = (bodies: Record<string, object>) => ({
    version: 1,
    definitions: Object.entries({ ...touchpoint, ...bodies }).map(([key, body]) => {
      const kind = key in touchpoint ? 'touchpoint' : 'value' in body ? 'computedTrait' : 'experience'
      return { kind, key, version: 1, published: 0, author: '', archived: false, body }
    }),
  })

  it('protecting a trait by which a live price differs', () => {
    const live = liveOf({ sale: experience({ audience: { trait: 'city', is: 'x' } }) })
    const changes = [{ kind: 'settings' as const, key: 'workspace', body: { protectedTraits: ['city'] } }]
    expect(validateSet(changes, live as never)).toMatchObject([
      {
        kind: 'settings',
        message:
          'experience "sale" no longer fits it: audience.trait: a price must not depend on the protected trait "city"',
      },
    ])
  })

  it('a computed trait that a live price looks at becoming a protected one; what was wrong before stands in no other’s way', () => {
    const live = liveOf({
      answer: { value: { last: 'size', of: 'Survey Answered' } },
      sale: experience({
        audience: {
          any: [
            { computed: 'answer', is: 'x' },
            { trait: 'gender', is: 'f' },
          ],
        },
      }),
    })
    const become = (of: string) => [
      { kind: 'computedTrait' as const, key: 'answer', body: { value: { last: of, of: 'Survey Answered' } } },
    ]
    expect(validateSet(become('colour'), live as never)).toEqual([])
    expect(validateSet(become('age'), live as never)).toMatchObject([
      {
        kind: 'computedTrait',
        message:
          'experience "sale" no longer fits it: audience.any[0].computed: a price must not depend on the protected trait "age"',
      },
    ])
  })
})
