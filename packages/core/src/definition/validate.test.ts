import fc from 'fast-check'
import { Check, Errors, Meta } from 'typebox/schema'
import { describe, expect, it } from 'vitest'
import { compile } from '../decision/compile.ts'
import type { Json } from '../json.ts'
import { MAX_BYTES } from '../problem/plain.ts'
import type { Problem } from '../problem/problem.ts'
import { normalise, SCHEMAS } from './normalise.ts'
import { experience, metric, touchpoint, VALID } from './testing.ts'
import { validate } from './validate.ts'

/** Problems as lines, to be read at a glance. */
function lines(problems: readonly Problem[]): string[] {
  return problems.map(({ path, message, mend }) => `${path}: ${message} -> ${mend}`)
}

describe('schemas', () => {
  it.each(
    Object.entries(SCHEMAS),
  )('%s is a JSON Schema by its plain JSON alone, as OpenAPI needs it', (kind, schema) => {
    const plain = JSON.parse(JSON.stringify(schema)) as object
    expect(Errors(Meta['https://json-schema.org/draft/2020-12/schema'], plain)).toEqual([true, []])
    const [, , body] = VALID.find(valid => valid[0] === kind)!
    expect(Check(plain, body)).toBe(true)
    expect(Check(plain, { ...body, unknown: 1 })).toBe(false)
  })
})

const ONE_AGGREGATE =
  'Name one of count, sum, average, min, max, distinct, mostFrequent, list, first, last, daysSince or sessions, such as {"count": "Product Viewed", "within": "30d"} or {"sum": "total", "of": "Order Completed"}'

describe('validate', () => {
  it.each(VALID)('finds nothing wrong with a valid %s', (kind, key, body) => {
    expect(validate(kind, key, body)).toEqual([])
    expect(validate(kind, key, normalise(kind, body as never))).toEqual([])
  })

  it.each<[name: string, kind: string, key: string, body: unknown, lines: string[]]>([
    ['an unknown kind', 'experiense', 'x', {}, [': there is no kind "experiense" -> did you mean "experience"?']],
    [
      'a key that is none',
      'metric',
      'My Metric',
      metric,
      ['key: "My Metric" is no key -> Lower case letters, digits, dot, dash and underscore; up to 100 characters.'],
    ],
    [
      'settings under another key',
      'settings',
      'x',
      {},
      ['key: settings have the one key "workspace" -> use workspace'],
    ],
    ['no object', 'metric', 'm', 'sum', [': it must be an object, but is text -> write an object: A KPI per person']],
    ['nothing', 'metric', 'm', null, [': it must be an object, but is null -> write an object: A KPI per person']],
    [
      'a slip in a name',
      'touchpoint',
      't',
      { chanel: 'web' },
      [
        'channel: "channel" is missing -> add it: Where the interaction takes place',
        'chanel: "chanel" is not known here -> did you mean "channel"?',
      ],
    ],
    [
      'a slip in a choice',
      'touchpoint',
      't',
      { channel: 'emial' },
      ['channel: "emial" is none of the choices -> did you mean "email"?'],
    ],
    [
      'weights that do not sum to 1',
      'experience',
      'x',
      { ...experience, variants: experience.variants.map(v => ({ ...v, weight: 0.3 })) },
      ['variants: the weights sum to 0.6 and must sum to 1 -> change them, or leave all out for equal shares'],
    ],
    [
      'some weights left out',
      'experience',
      'x',
      { ...experience, variants: [experience.variants[0], { ...experience.variants[1], weight: undefined }] },
      [
        'variants[1].weight: it is missing while other variants have one -> give every variant a weight, or none for equal shares',
      ],
    ],
    [
      'a weight below nothing',
      'experience',
      'x',
      { ...experience, variants: [{ ...experience.variants[0], weight: -1 }] },
      [
        'variants[0].weight: -1 is too little -> write 0 or more: Share of the people who are not in the control group; equal shares where no variant names any',
      ],
    ],
    [
      'two variants of one key',
      'experience',
      'x',
      { ...experience, variants: [experience.variants[0], { ...experience.variants[1], key: 'a' }] },
      ['variants[1].key: variants[0] is called "a" already -> give each variant its own key'],
    ],
    [
      'content missing, and content too much',
      'experience',
      'x',
      { ...experience, variants: [{ key: 'a', content: { 'home.hero': 1, cartt: 2 } }] },
      [
        'variants[0].content.cart: it has no content for touchpoint "cart" -> add it; null leaves the place as it is',
        'variants[0].content.cartt: "cartt" is none of the experience\'s touchpoints -> add it to touchpoints, or remove it; did you mean "cart"?',
      ],
    ],
    [
      'a schedule that ends before it starts',
      'experience',
      'x',
      { ...experience, schedule: { start: '2026-12-01', end: '2026-12-01T00:30:00+01:00' } },
      ['schedule.end: it ends at 2026-12-01T00:30:00+01:00, not after its start at 2026-12-01 -> let it end later'],
    ],
    [
      'a day that does not exist',
      'experience',
      'x',
      { ...experience, schedule: { start: '2026-02-30' } },
      ['schedule.start: 2026-02-30 is a day or hour that does not exist -> correct the date'],
    ],
    [
      'a seed with a colon, which could meet another draw',
      'experience',
      'x',
      { ...experience, seed: 'a:control' },
      [
        'seed: "a:control" does not fit -> Bucketing seed, without colon; the key unless set. A new seed draws everybody anew',
      ],
    ],
    [
      'conditions that are none',
      'experience',
      'x',
      {
        ...experience,
        audience: {
          any: [
            { trate: 'plan', is: 'free' },
            { trait: 'plan', equals: 'free' },
            { trait: 'plan' },
            { trait: 'plan', did: 'Order' },
            { did: 'Order', within: '7 days' },
            { did: 'Order', atLeast: 101 },
            { all: [] },
            { not: [] },
            {},
            'plan is free',
            { and: [{ trait: 'plan', is: 'free' }] },
            { or: [{ trait: 'plan', is: 'free' }] },
            { event: 'Order' },
          ],
        },
      },
      [
        'audience.any[0].trate: "trate" is no condition -> did you mean "trait"?',
        'audience.any[1].equals: "equals" is not known here -> known properties: trait, is, isNot, in, notIn, gt, gte, lt, lte, contains, startsWith, endsWith and 4 more',
        'audience.any[2]: {"trait":"plan"} says too little -> Name at least one comparison: is, isNot, in, notIn, gt, gte, lt, lte, contains, startsWith, endsWith, matches, before, after or exists',
        'audience.any[3]: one condition says one thing, but here are trait and did -> make each its own condition and join them by {"all": [...]} or {"any": [...]}',
        'audience.any[4].within: "7 days" does not fit -> Such as 30m, 24h, 7d or 2w',
        'audience.any[5].atLeast: 101 is too much -> write 100 or less',
        'audience.any[6].all: [] is too short -> write at least 1',
        'audience.any[7].not: a condition must be an object, but is a list -> write an object such as {"trait": "plan", "is": "pro"}; join several by all, any and not',
        'audience.any[8]: the condition is empty -> name one of all, any, not, trait, context, did, value, computed, sequence, session, struggling, segment, account, consent, subscription, preference, feedback, score, person, calendar, time',
        'audience.any[9]: a condition must be an object, but is text -> write an object such as {"trait": "plan", "is": "pro"}; join several by all, any and not',
        'audience.any[10].and: "and" is no condition -> did you mean "all"?',
        'audience.any[11].or: "or" is no condition -> did you mean "any"?',
        'audience.any[12].event: "event" is no condition -> did you mean "did"?',
      ],
    ],
    [
      'a sum of nothing',
      'metric',
      'm',
      { type: 'sum', event: 'Order Completed' },
      ['property: a sum needs a property -> name the property to add up, such as total; or make the type conversion'],
    ],
    [
      'a conversion in euros',
      'metric',
      'm',
      { type: 'conversion', event: 'Order Completed', currency: 'EUR' },
      ['currency: a conversion counts people and has no currency -> remove it, or make the type sum or mean'],
    ],
    [
      'conditions with alternatives, each by the one it looks like',
      'segment',
      's',
      {
        condition: {
          all: [
            { value: { daysSince: 'last', of: 'Order Completed', within: '7d' }, gte: 3 },
            { sequence: [{ did: 'Signed Up' }, { not: 'Project Created' }] },
            { session: 'clicks', gte: 3 },
            { subscription: 'news', is: 'maybe' },
            { struggling: {} },
          ],
        },
      },
      [
        'condition.all[0].value.within: "within" is not known here -> known properties: daysSince, of, where',
        'condition.all[1].sequence[1].within: "within" is missing -> add it: Such as 30m, 24h, 7d or 2w',
        'condition.all[2].session: "clicks" fits none of the alternatives -> write "events" or "minutes"',
        'condition.all[3].is: "maybe" fits none of the alternatives -> write "subscribed" or "unsubscribed"',
        'condition.all[4].struggling: {} fits none of the alternatives -> write true or an object of repeats, errors, back',
      ],
    ],
    [
      'comparisons of a kind that the value never is',
      'segment',
      's',
      {
        condition: {
          any: [
            { value: { sum: 'total', of: 'Order Completed' }, is: '5' },
            { value: { count: 'Order Completed' }, in: ['a', 'b'] },
            { value: { daysSince: 'last', of: 'Order Completed' }, before: 'now-7d' },
            { value: { list: 'category', of: 'Order Completed' }, gte: 3 },
            { session: 'events', contains: 'x' },
            { value: { average: 'total', of: 'Order Completed' }, isNot: 'x', in: [1, 'x'] },
            { value: { last: 'total', of: 'Order Completed' }, startsWith: 'x' },
            { score: 'churn', is: 'high' },
            { person: 'events', startsWith: '3' },
            { person: 'locale', startsWith: 'de' },
          ],
        },
      },
      [
        'condition.any[0].is: it is a number, and never "5" -> write a number',
        'condition.any[1].in: it is a number, and never ["a","b"] -> write a number',
        'condition.any[2].before: it is a number, for which before never holds -> compare it by is, in, gt, gte, lt or lte',
        'condition.any[3].gte: it is a list, for which gte never holds -> ask for an element by contains, or for how many there are by distinct',
        'condition.any[4].contains: it is a number, for which contains never holds -> compare it by is, in, gt, gte, lt or lte',
        'condition.any[7].is: it is a number, and never "high" -> write a number',
        'condition.any[8].startsWith: it is a number, for which startsWith never holds -> compare it by is, in, gt, gte, lt or lte',
      ],
    ],
    [
      'alternatives for an object that looks like none of them, in one problem',
      'segment',
      's',
      {
        condition: {
          all: [
            { value: {}, gte: 3 },
            { value: { of: 'x', within: '7d' }, gte: 3 },
            { sequence: [{}] },
            { calendar: {} },
          ],
        },
      },
      [
        `condition.all[0].value: {} fits none of the alternatives -> ${ONE_AGGREGATE}`,
        `condition.all[1].value: {"of":"x","within":"7d"} fits none of the alternatives -> ${ONE_AGGREGATE}`,
        'condition.all[2].sequence[0]: {} fits none of the alternatives -> write an object of did, where, within or an object of not, where, within',
        'condition.all[2].sequence: [{}] is too short -> write at least 2',
        'condition.all[3].calendar.kind: "kind" is missing -> add it',
      ],
    ],
    [
      'a computed trait that is made of nothing',
      'computedTrait',
      'c',
      { value: {} },
      [`value: {} fits none of the alternatives -> ${ONE_AGGREGATE}`],
    ],
    [
      'facts of a person that nobody has',
      'segment',
      's',
      {
        condition: {
          any: [
            { person: 'device.shoe', is: 'left' },
            { person: 'device.typ', is: 'mobile' },
            { person: 'device', is: 'mobile' },
            { person: 'locale.language', is: 'de' },
            { person: 'acquisition.last', contains: 'news' },
            { person: 'acquisition.first.timestamp', gt: 1 },
            { person: 'acquisition.middle.source', is: 'x' },
            { person: 'shoe', is: 'x' },
            { person: 'device.', exists: true },
            { person: 'device.model', exists: true },
            { person: 'acquisition.first', exists: false },
            { person: 'acquisition.last.referrer', startsWith: 'https' },
          ],
        },
      },
      [
        'condition.any[0].person: device has no "shoe" -> known parts of device: type, os, model',
        'condition.any[1].person: device has no "typ" -> did you mean "type"?',
        'condition.any[2].person: "device" is made of parts, which is cannot compare -> ask for one of device.type, device.os, device.model, or by exists',
        'condition.any[3].person: "locale" is a value and has no parts -> write "locale"',
        'condition.any[4].person: "acquisition.last" is made of parts, which contains cannot compare -> ask for one of acquisition.last.source, acquisition.last.medium, acquisition.last.campaign, acquisition.last.term, acquisition.last.content, acquisition.last.referrer, or by exists',
        'condition.any[5].person: acquisition.first has no "timestamp" -> known parts of acquisition.first: source, medium, campaign, term, content, referrer',
        'condition.any[6].person: acquisition has no "middle" -> known parts of acquisition: first, last',
        'condition.any[7].person: "shoe" is no fact of a person -> known facts: device, locale, timezone, acquisition, firstSeen, lastSeen, events',
        'condition.any[8].person: device has no "" -> known parts of device: type, os, model',
      ],
    ],
    [
      'a zone nobody lives in',
      'settings',
      'workspace',
      { timezone: 'Europe/Atlantis' },
      ['timezone: "Europe/Atlantis" is no known time zone -> write an IANA name such as Europe/Berlin or UTC'],
    ],
    [
      'a margin made of nothing',
      'settings',
      'workspace',
      { impact: { margin: {} } },
      [
        'impact.margin: {} says too little -> Name one of rate, property and cost at least. Without a margin revenue is known and nothing is called profit',
      ],
    ],
    [
      'a calendar of days that never are',
      'settings',
      'workspace',
      {
        calendar: [
          { key: 'sale', kind: 'sale', from: '2026-02-01', to: '2026-01-01' },
          { key: 'sale', kind: 'sale', from: '2026-03-01', to: '2026-03-03' },
          { key: 'leap', kind: 'event', from: '2026-02-30', to: '2026-03-01' },
          { key: 'none', kind: 'event', from: '2026-03-01', to: '2026-03-01T00:00:00Z' },
        ],
      },
      [
        'calendar[0].to: it ends at 2026-01-01, which is not after 2026-02-01 -> swap the two; `to` is the first instant that is no longer in it',
        'calendar[2].from: "2026-02-30" is in no calendar -> write a date that exists, such as 2026-11-01',
        'calendar[3].to: it ends at 2026-03-01T00:00:00Z, which is not after 2026-03-01 -> swap the two; `to` is the first instant that is no longer in it',
      ],
    ],
    [
      'a prototype key',
      'experience',
      'x',
      JSON.parse('{"variants":[{"content":{"__proto__":{"x":1}}}]}'),
      ['variants[0].content.__proto__: "__proto__" may not be used as a name -> choose another name'],
    ],
    [
      'a date from YAML',
      'experience',
      'x',
      { ...experience, schedule: { start: new Date(0) } },
      ['schedule.start: Date is nothing that JSON can hold -> put the date in quotes'],
    ],
    [
      'numbers that JSON cannot hold',
      'settings',
      'workspace',
      { holdout: Number.NaN },
      ['holdout: NaN is no number that JSON can hold -> write a finite number'],
    ],
    [
      'a body too large',
      'touchpoint',
      't',
      { ...touchpoint, default: 'é'.repeat(MAX_BYTES / 2) },
      [
        ': the body is 257 KB and 256 KB is the limit -> keep long texts and pictures elsewhere and refer to them by URL',
      ],
    ],
    [
      'a body too deep',
      'touchpoint',
      't',
      { ...touchpoint, default: nested(32) },
      ['default[0][0][0][0][0]: it is nested deeper than 32 levels -> make it flatter'],
    ],
  ])('%s', (_name, kind, key, body, expected) => {
    expect(lines(validate(kind, key, body))).toEqual(expected)
  })

  it('takes a body of just the size and depth', () => {
    expect(validate('touchpoint', 't', { ...touchpoint, default: 'x'.repeat(MAX_BYTES - 100) })).toEqual([])
    expect(validate('touchpoint', 't', { ...touchpoint, default: nested(31) })).toEqual([])
  })

  it('takes weights that sum to 1 but for rounding', () => {
    const three = ['a', 'b', 'c'].map(key => ({ key, weight: 0.3333333, content: { t: null } }))
    expect(validate('experience', 'x', { tactic: 'offer', touchpoints: ['t'], variants: three })).toEqual([])
  })

  it('names every slip of a body, not only the first few', () => {
    const body = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`wrong${i}`, i]))
    expect(validate('settings', 'workspace', body)).toHaveLength(30)
  })

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(SCHEMAS)), fc.anything(), (kind, body) => {
        validate(kind, 'workspace', body)
      }),
      { numRuns: 500 },
    )
  })

  it('what it finds nothing wrong with fits the schema and can be decided with', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VALID), fc.nat(), fc.jsonValue({ maxDepth: 2 }), (valid, place, value) => {
        const [kind, key, body] = valid
        const changed = withChange(body, place, value as Json)
        const problems = validate(kind, key, changed)
        if (problems.length > 0) return
        expect(Check(SCHEMAS[kind], changed)).toBe(true)
        const definition = { kind, key, version: 1, published: 0, author: '', archived: false, body: changed as never }
        expect(() => compile({ version: 1, definitions: [definition] })).not.toThrow()
      }),
      { numRuns: 2000 },
    )
  })

  it('finds something wrong with all that does not fit the schema', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VALID), fc.nat(), fc.jsonValue({ maxDepth: 2 }), (valid, place, value) => {
        const [kind, key, body] = valid
        const changed = withChange(body, place, value as Json)
        fc.pre(!Check(SCHEMAS[kind], changed))
        expect(validate(kind, key, changed)).not.toEqual([])
      }),
      { numRuns: 1000 },
    )
  })
})

function nested(levels: number): Json {
  return levels === 0 ? 1 : [nested(levels - 1)]
}

/** The body with one of its places, counted through, replaced or, where the value is null, taken away. */
function withChange(body: object, place: number, value: Json): unknown {
  const copy = structuredClone(body)
  const places: [holder: Record<string, unknown>, name: string][] = []
  const visit = (holder: unknown): void => {
    if (typeof holder !== 'object' || holder === null) return
    for (const name of Object.keys(holder)) {
      places.push([holder as Record<string, unknown>, name])
      visit((holder as Record<string, unknown>)[name])
    }
  }
  visit(copy)
  const [holder, name] = places[place % places.length]!
  if (value === null && !Array.isArray(holder)) delete holder[name]
  else holder[name] = value
  return copy
}
