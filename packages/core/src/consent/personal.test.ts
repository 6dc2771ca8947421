import { describe, expect, it } from 'vitest'
import { identityRules } from '../identity/rules.ts'
import type { Json, JsonObject } from '../json.ts'
import { UNBOUND } from '../profile/bound.ts'
import { newProfile } from '../profile/newProfile.ts'
import {
  HIDDEN,
  mask,
  maskEvent,
  maskExplanation,
  maskIdentifier,
  maskProfile,
  maskText,
  personalFields,
} from './personal.ts'
import { personalPlace } from './personalPlace.ts'

const usual = personalFields()
const stamp = { at: 1, lag: 0, index: 0, hash: 0 }

describe('personal fields', () => {
  it('R8 are hidden wherever they stand, whatever they hold; all else stays', () => {
    const given = { email: 'ada@example.com', Phone: 49, plan: 'pro', list: [{ first_name: 'Ada', n: 1 }], none: null }
    expect(mask(given, 'properties', usual)).toEqual({
      email: HIDDEN,
      Phone: HIDDEN,
      plan: 'pro',
      list: [{ first_name: HIDDEN, n: 1 }],
      none: null,
    })
    expect(given.email).toBe('ada@example.com')
  })

  it("a person's name is personal, a product's is not", () => {
    expect(mask({ name: 'Ada' }, 'traits', usual)).toEqual({ name: HIDDEN })
    expect(mask({ name: 'Mug' }, 'properties', usual)).toEqual({ name: 'Mug' })
    expect(mask({ traits: { name: 'Ada' }, ip: '203.0.113.0' }, 'context', usual)).toEqual({
      traits: { name: HIDDEN },
      ip: HIDDEN,
    })
    const device = { name: "Ada's phone", token: 't', advertisingId: 'a' }
    expect(mask({ device: { ...device, type: 'ios' }, app: { name: 'Shop' } }, 'context', usual)).toEqual({
      device: { name: HIDDEN, token: HIDDEN, advertisingId: HIDDEN, type: 'ios' },
      app: { name: 'Shop' },
    })
  })

  it('an identify tells traits, a track properties', () => {
    const told = { name: 'Ada', address: { city: 'London' } }
    const event = (type: string) => ({ type, properties: told, context: {} })
    expect(maskEvent(event('identify'), usual).properties).toEqual({ name: HIDDEN, address: HIDDEN })
    expect(maskEvent(event('track'), usual).properties).toEqual(told)
    const once = { type: 'identify', properties: { $set_once: { ...told, plan: 'pro' } }, context: {} }
    expect(maskEvent(once, usual).properties).toEqual({
      $set_once: { name: HIDDEN, address: HIDDEN, plan: 'pro' },
    })
  })

  it('a profile shows its traits without what is personal in them, and no identifier that is an address', () => {
    const seen = { ...stamp, value: 'ada@example.com' }
    const profile = {
      ...newProfile('p', ['userId:ada@example.com', 'anonymousId:a1'], 0),
      traits: { email: { value: 'ada@example.com', ...stamp }, plan: { value: 'pro', ...stamp } },
      preferences: { email: { value: 'ada@example.com', ...stamp } },
      signals: { 'email of Seen': { kind: 'edges' as const, first: seen, last: [seen] } },
    }
    const masked = maskProfile(profile, usual)
    expect(masked.traits).toEqual({ email: { value: HIDDEN, ...stamp }, plan: { value: 'pro', ...stamp } })
    expect(masked.identifiers).toEqual([`userId:${HIDDEN}`, 'anonymousId:a1'])
    expect(masked.userId).toBe(HIDDEN)
    expect(JSON.stringify(masked)).not.toContain('ada@')
    expect(maskIdentifier('email:x', usual)).toBe(`email:${HIDDEN}`)
  })

  it('nor do where their sources come from, external ids, and what was promised to them say it', () => {
    const origins = ['email:ada@example.com', 'phone:+491701234567', 'anonymousId:a1'].map(identifier => ({
      identifier,
      firstSeen: 0,
      since: 1,
    }))
    const given = { at: 0, variant: 'a', key: 'k', code: 'ADA-1' }
    const grants = {
      sale: { ...given, others: [{ ...given, key: 'l', code: 'ADA-2' }] },
      left: { ...given, variant: '' },
    }
    const profile = { ...newProfile('p', ['anonymousId:a1'], 0), origins, bound: { ...UNBOUND, grants } }
    const masked = maskProfile(profile, usual)
    expect(masked.origins.map(({ identifier }) => identifier)).toEqual([
      `email:${HIDDEN}`,
      `phone:${HIDDEN}`,
      'anonymousId:a1',
    ])
    expect(masked.bound.grants.sale).toMatchObject({ key: 'k', code: HIDDEN, others: [{ key: 'l', code: HIDDEN }] })
    expect(JSON.stringify(masked)).not.toMatch(/ada|1701234567/i)
    const externalIds = [
      { id: 'ada@example.com', type: 'email', collection: 'users' },
      { id: 4917012345, type: 'phone' },
      { id: 'ada@example.com', type: 'login' },
      { id: 'c1', type: 'card' },
      'odd',
      { type: 'email', id: null },
    ]
    const { context } = maskEvent({ type: 'track', properties: {}, context: { externalIds } }, usual)
    const [email, phone, login, ...others] = externalIds as [JsonObject, JsonObject, JsonObject, ...Json[]]
    expect(context.externalIds).toEqual([...[email, phone, login].map(one => ({ ...one, id: HIDDEN })), ...others])
  })

  it('nor does an identifier of a kind that is made of what is personal, whatever it is called', () => {
    const kinds = [
      { kind: 'mail', form: 'email', from: ['properties.contact'] },
      { kind: 'tel', from: ['traits.phone'] },
      { kind: 'login', from: ['context.traits.username'] },
      { kind: 'card', from: ['properties.card'] },
    ] as const
    const identifiers = ['mail:ada', 'tel:+491701234567', 'login:ada', 'card:c1', 'anonymousId:a1'] as const
    const profile = newProfile('p', identifiers, 0)
    const seen = (settings?: Parameters<typeof personalFields>[0]) =>
      maskProfile(profile, personalFields(settings, identityRules({ kinds }))).identifiers
    expect(seen()).toEqual([`mail:${HIDDEN}`, `tel:${HIDDEN}`, `login:${HIDDEN}`, 'card:c1', 'anonymousId:a1'])
    expect(seen(['properties.card'])).toEqual([...identifiers.slice(0, 3), `card:${HIDDEN}`, 'anonymousId:a1'])
  })

  it('an address is hidden in whatever text it stands', () => {
    const page = { url: 'https://x.example/?email=ada%40example.com&a=1', path: '/u/ada.l+x@mail.example.co.uk/orders' }
    const shown = { url: `https://x.example/?email=${HIDDEN}&a=1`, path: `/u/${HIDDEN}/orders` }
    const event = { type: 'page', properties: { ...page, at: 'a@b', price: '5 @ 3.50' }, context: { page } }
    expect(maskEvent({ ...event, name: 'Orders of ada@example.com' }, usual)).toEqual({
      type: 'page',
      name: `Orders of ${HIDDEN}`,
      properties: { ...shown, at: 'a@b', price: '5 @ 3.50' },
      context: { page: shown },
    })
    const profile = {
      ...newProfile('p', ['anonymousId:a1'], 0),
      feedback: { s: { value: 'write to ada@example.com, please', ...stamp } },
      recent: [{ ...stamp, name: 'P', items: [page.path] }],
      accounts: { 'of-ada@example.com': stamp, acme: stamp },
      session: { id: 's', started: 0, last: 1, events: 1, landing: page.path },
      acquisition: { first: { ...stamp, referrer: 'https://y.example/ada@example.com' } },
    }
    const masked = maskProfile(profile, usual)
    expect(masked).toMatchObject({
      feedback: { s: { value: `write to ${HIDDEN}, please` } },
      recent: [{ ...stamp, name: 'P', items: [shown.path] }],
      session: { id: 's', started: 0, last: 1, events: 1, landing: shown.path },
      accounts: { [HIDDEN]: stamp, acme: stamp },
      acquisition: { first: { ...stamp, referrer: `https://y.example/${HIDDEN}` } },
    })
    expect(maskEvent(event, personalFields(['salary']))).toEqual(event)
    expect(maskProfile(profile, personalFields(['name'])).recent).toEqual(profile.recent)
    // Not slow, whatever it is given.
    const long = `${'a.'.repeat(50_000)}@${'b.'.repeat(50_000)}`
    expect(mask(long, 'properties', usual).length).toBeGreaterThan(100_000)
  })

  it('are what the workspace says instead', () => {
    const own = personalFields(['salary', 'traits.notes', 'properties.address.street'])
    const given = { email: 'e', salary: 1, notes: 'n', address: { street: 's', city: 'c' } }
    expect(mask(given, 'traits', own)).toEqual({ ...given, salary: HIDDEN, notes: HIDDEN })
    expect(mask(given, 'properties', own)).toEqual({ ...given, salary: HIDDEN, address: { street: HIDDEN, city: 'c' } })
  })

  it('an explanation keeps its conditions and hides what they found', () => {
    const explained = {
      all: [
        { condition: { trait: 'email', exists: true }, value: true, actual: 'ada@example.com' },
        { condition: { trait: 'address.city', is: 'London' }, value: true, actual: 'London' },
        { condition: { trait: 'plan', is: 'pro' }, value: true, actual: 'pro' },
        { condition: { context: 'ip', exists: true }, value: true, actual: '203.0.113.9' },
        { condition: { trait: 'phone', exists: true }, value: false, actual: null },
      ],
    }
    const { all } = maskExplanation(explained, usual)
    expect(all.map(({ actual }) => actual)).toEqual([HIDDEN, HIDDEN, 'pro', HIDDEN, null])
    expect(all.map(({ condition }) => condition)).toEqual(explained.all.map(({ condition }) => condition))
  })

  it('nor what events, preferences and computed traits tell of it', () => {
    const computed = new Map([['their-mail', { last: 'email', of: 'Signed Up' }]])
    const actuals = (condition: JsonObject) =>
      maskExplanation({ condition, value: true, actual: 'ada@example.com' }, usual, computed).actual
    expect(actuals({ value: { last: 'email', of: 'Signed Up' }, exists: true })).toBe(HIDDEN)
    expect(actuals({ preference: 'phone', exists: true })).toBe(HIDDEN)
    expect(actuals({ computed: 'their-mail', exists: true })).toBe(HIDDEN)
    expect(actuals({ value: { last: 'plan', of: 'Signed Up' }, exists: true })).toBe('ada@example.com')
  })
})

describe('where a condition looks at what is personal', () => {
  it.each<[JsonObject, (string | number)[] | undefined]>([
    [{ trait: 'email', is: 'x' }, ['trait']],
    [{ all: [{ did: 'A' }, { not: { trait: 'address.city', is: 'x' } }] }, ['all', 1, 'not', 'trait']],
    [{ did: 'A', where: [{ property: 'order.email', is: 'x' }] }, ['where', 0, 'property']],
    [
      { sequence: [{ did: 'A' }, { not: 'B', where: [{ property: 'phone', is: 'x' }] }] },
      ['sequence', 1, 'where', 0, 'property'],
    ],
    [{ value: { mostFrequent: 'email', of: 'A' }, is: 'x' }, ['value', 'mostFrequent']],
    [{ value: { count: 'A', where: [{ property: 'email', is: 'x' }] }, gte: 1 }, ['value', 'where', 0, 'property']],
    [{ account: { anyone: { preference: 'phone', is: 'x' } } }, ['account', 'anyone', 'preference']],
    [{ computed: 'their-mail', is: 'x' }, ['computed']],
    [{ context: 'traits.name', is: 'x' }, ['context']],
    [{ trait: 'plan', in: ['email', 'phone'] }, undefined],
    [{ any: [{ segment: 'email' }, { did: 'email' }, { computed: 'orders', gte: 1 }] }, undefined],
    [{ value: { daysSince: 'first', of: 'phone' }, gte: 1 }, undefined],
    // An identify tells traits.
    [{ did: 'identify', where: [{ property: 'name', startsWith: 'A' }] }, ['where', 0, 'property']],
    [{ did: 'A', where: [{ property: 'name', is: 'Mug' }] }, undefined],
    [
      { sequence: [{ did: 'A' }, { not: 'identify', where: [{ property: '$set_once.address.city', is: 'x' }] }] },
      ['sequence', 1, 'where', 0, 'property'],
    ],
    [{ value: { last: 'username', of: 'identify' }, is: 'x' }, ['value', 'last']],
    [
      { value: { count: 'identify', where: [{ property: 'name', is: 'x' }] }, gte: 1 },
      ['value', 'where', 0, 'property'],
    ],
    [{ computed: 'their-name', is: 'x' }, ['computed']],
  ])('%j: %j', (condition, path) => {
    const computed = new Map([
      ['their-mail', { last: 'email', of: 'Signed Up' }],
      ['their-name', { first: 'name', of: 'identify' }],
      ['orders', { count: 'Order Completed' }],
    ])
    expect(personalPlace(condition, usual, computed)).toEqual(path)
  })
})

describe('text for a log', () => {
  it.each([
    ['Cannot parse "ada.l+x@example.co.uk" here', `Cannot parse "${HIDDEN}" here`],
    ['from 203.0.113.77 and 2001:db8:85a3:8d3:1319:8a2e:370:7348', `from ${HIDDEN} and ${HIDDEN}`],
    ['call +49 (30) 1234-5678 now', `call ${HIDDEN} now`],
    ['version 26.3.1, 12 rows in 0.5 s at 10:42:11', 'version 26.3.1, 12 rows in 0.5 s at 10:42:11'],
    ['profile 01900000-0000-7000-8000-000000000001', 'profile 01900000-0000-7000-8000-000000000001'],
  ])('%s', (text, logged) => {
    expect(maskText(text)).toBe(logged)
  })
})
