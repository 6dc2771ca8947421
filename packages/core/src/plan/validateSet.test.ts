import { describe, expect, it } from 'vitest'
import type { Definition, DefinitionChange, Kind, PublishedSet } from '../definition/definition.ts'
import type { JsonObject } from '../json.ts'
import { MAX_DEFINITIONS, validateSet } from './validateSet.ts'

const hero: JsonObject = { channel: 'web', schema: { type: 'object', properties: { title: { type: 'string' } } } }
const orders: JsonObject = { type: 'conversion', event: 'Order Completed' }
const welcome: JsonObject = {
  tactic: 'content',
  touchpoints: ['hero'],
  goal: 'orders',
  variants: [{ key: 'a', content: { hero: { title: 'Hello' } } }],
}

function published(...definitions: [Kind, string, JsonObject, archived?: boolean][]): PublishedSet {
  return {
    version: 3,
    definitions: definitions.map(
      ([kind, key, body, archived = false]) =>
        ({ kind, key, body, archived, version: 1, published: 0, author: '' }) as unknown as Definition,
    ),
  }
}

function change(kind: string, key: string, body?: JsonObject): DefinitionChange {
  return { kind: kind as Kind, key, body }
}

/** Problems as lines, to be read at a glance. */
function check(changes: DefinitionChange[], current: PublishedSet): string[] {
  return validateSet(changes, current).map(
    ({ kind, key, path, message, mend }) => `${kind} ${key} ${path}: ${message} -> ${mend}`,
  )
}

const all = published(['touchpoint', 'hero', hero], ['metric', 'orders', orders], ['experience', 'welcome', welcome])

describe('a publication', () => {
  it('R9 may define at once what refers to each other, in any order', () => {
    const changes = [
      change('experience', 'welcome', welcome),
      change('metric', 'orders', orders),
      change('touchpoint', 'hero', hero),
    ]
    expect(check(changes, published())).toEqual([])
    expect(check([], all)).toEqual([])
  })

  it('may refer to what is live', () => {
    expect(check([change('experience', 'second', welcome)], all)).toEqual([])
  })

  it('may not refer to what is not there, not live, or just being archived', () => {
    expect(
      check(
        [change('experience', 'x', welcome)],
        published(['touchpoint', 'heros', hero], ['metric', 'orders', orders, true]),
      ),
    ).toEqual([
      'experience x touchpoints[0]: there is no touchpoint "hero" -> did you mean "heros"? Or publish it together with this',
      'experience x goal: there is no metric "orders" -> there are no metrics yet; or publish it together with this',
    ])
    expect(
      check([change('experience', 'x', welcome), change('touchpoint', 'hero'), change('experience', 'welcome')], all),
    ).toEqual([
      'experience x touchpoints[0]: there is no touchpoint "hero" -> there are no touchpoints yet; or publish it together with this',
      'touchpoint hero : experience "x" still uses it -> archive experience "x" too, or let it use another touchpoint',
    ])
  })

  it('a misspelt touchpoint is named, beside what its content then lacks', () => {
    const body = { ...welcome, touchpoints: ['heor'], variants: [{ key: 'a', content: { hero: { title: 'A' } } }] }
    expect(check([change('experience', 'welcome', body)], all)).toContain(
      'experience welcome touchpoints[0]: there is no touchpoint "heor" -> did you mean "hero"? Or publish it together with this',
    )
  })

  it('content must fit the touchpoint it is published with', () => {
    const body = { ...welcome, variants: [{ key: 'a', content: { hero: { title: 3 } } }] }
    expect(check([change('experience', 'welcome', body)], all)).toEqual([
      'experience welcome variants[0].content.hero.title: it must be text, but is a number -> write text',
    ])
  })

  it('a schema must fit the content that is live, unless that changes too', () => {
    const strict = { ...hero, schema: { type: 'object', required: ['image'] } }
    expect(check([change('touchpoint', 'hero', strict)], all)).toEqual([
      'touchpoint hero schema: experience "welcome" no longer fits it: variants[0].content.hero.image: "image" is missing -> change that experience in the same publication, or let the schema allow it',
    ])
    const fitting = { ...welcome, variants: [{ key: 'a', content: { hero: { image: 'x' } } }] }
    expect(check([change('touchpoint', 'hero', strict), change('experience', 'welcome', fitting)], all)).toEqual([])
    expect(check([change('touchpoint', 'hero', strict), change('experience', 'welcome')], all)).toEqual([])
  })

  it('what is still in use may not be archived, what is not may', () => {
    expect(check([change('touchpoint', 'hero'), change('metric', 'orders')], all)).toEqual([
      'touchpoint hero : experience "welcome" still uses it -> archive experience "welcome" too, or let it use another touchpoint',
      'metric orders : experience "welcome" still uses it -> archive experience "welcome" too, or let it use another metric',
    ])
    expect(
      check([change('touchpoint', 'hero'), change('metric', 'orders'), change('experience', 'welcome')], all),
    ).toEqual([])
  })

  it('what an experience learns from, depends on or is compared with must go on being fit for it', () => {
    const two = ['a', 'b'].map(key => ({ key, content: { hero: { title: key } } }))
    const part = (from: number, to: number, more: object = {}) => ({
      ...welcome,
      layer: { key: 'l', from, to },
      ...more,
    })
    const live = published(
      ['touchpoint', 'hero', hero],
      ['metric', 'orders', { ...orders, window: '7d' }],
      ['experience', 'learner', { ...welcome, variants: two, policy: { kind: 'bandit' } }],
      ['experience', 'first', part(0, 0.5)],
      ['experience', 'after', { ...welcome, goal: 'orders', requires: [{ experience: 'first' }] }],
      ['experience', 'waits', part(0.5, 1, { plan: { atOnce: 'first' } })],
      ['settings', 'workspace', { impact: { metric: 'orders' } }],
    )
    expect(check([change('metric', 'orders', orders)], live)).toEqual([
      'metric orders : experience "learner" no longer fits it: goal: without a window its results are never final, so nothing can be learned from it -> give it one, such as 7d, or change that experience in the same publication',
    ])
    const value = { type: 'mean', event: 'Order Completed', property: 'total', window: '7d' }
    expect(check([change('metric', 'orders', value)], live)).toEqual([
      expect.stringContaining('experience "learner" no longer fits it: goal: one decision brings no mean'),
      expect.stringContaining(
        'the settings no longer fit it: impact.metric: metric "orders" does not add up over people',
      ),
    ])
    const rules = { kind: 'rules', rules: [{ when: { trait: 'plan', is: 'pro' }, variant: 'a' }] }
    expect(check([change('experience', 'first', part(0, 0.5, { policy: rules }))], live)).toEqual([
      expect.stringContaining(
        'experience "after" no longer fits it: requires[0].state: what the policy of experience "first"',
      ),
    ])
    expect(check([change('experience', 'first', part(0, 0.5, { control: 0 }))], live)).toEqual([
      expect.stringContaining(
        'experience "waits" no longer fits it: plan.atOnce: it or experience "first" has no control',
      ),
    ])
    // What is between the two is said once.
    expect(check([change('experience', 'first', part(0, 0.6))], live)).toHaveLength(1)
    expect(check([change('experience', 'first', part(0, 0.4))], live)).toEqual([])

    const without = (...keys: string[]) =>
      check(
        keys.map(key => change('experience', key)),
        live,
      )
    expect(without('first', 'after')).toEqual([expect.stringContaining('experience "waits" still uses it')])
    expect(without('first', 'after', 'waits')).toEqual([])
    const all = ['learner', 'first', 'after', 'waits'].map(key => change('experience', key))
    expect(check([change('metric', 'orders'), ...all], live)).toEqual([
      'metric orders : the settings still reckon the impact by it -> let settings.impact.metric name another',
    ])
    expect(check([change('metric', 'orders'), ...all, change('settings', 'workspace', {})], live)).toEqual([])
  })

  it('what is not there cannot be archived', () => {
    expect(check([change('metric', 'order')], all)).toEqual([
      'metric order : there is no metric "order" to archive -> leave it out',
    ])
  })

  it('one definition is in it once', () => {
    expect(check([change('metric', 'orders', orders), change('metric', 'orders', orders)], all)).toEqual([
      'metric orders : it is in this publication twice -> leave one of the two out',
    ])
  })

  it('a broken definition is told of once, not by all who refer to it', () => {
    const changes = [
      change('touchpoint', 'hero', { channel: 'web', schema: { type: 'objekt' } }),
      change('metric', 'orders', { type: 'sum' }),
      change('experience', 'welcome', welcome),
      change('experience', 'broken', { touchpoints: 3 } as JsonObject),
      change('metric', 'unused'),
    ]
    const problems = validateSet(changes, published(['metric', 'unused', orders]))
    expect(problems.map(({ kind, key, path }) => `${kind} ${key} ${path}`)).toEqual([
      'touchpoint hero schema.type',
      'metric orders event',
      'experience broken tactic',
      'experience broken variants',
      'experience broken touchpoints',
    ])
  })

  it('R11 a workspace has a bound', () => {
    const many = published(
      ...Array.from({ length: MAX_DEFINITIONS }, (_, i): [Kind, string, JsonObject] => ['metric', `m${i}`, orders]),
    )
    expect(check([change('metric', 'm0', orders)], many)).toEqual([])
    expect(check([change('metric', 'one-more', orders)], many)).toEqual([
      'metric one-more : there would be 5001 definitions and 5000 is the limit -> archive what is no longer used',
    ])
  })

  it('R11 audiences ask for no more events than a profile keeps', () => {
    const asking = (from: number, to: number): JsonObject => ({
      ...welcome,
      audience: { any: Array.from({ length: to - from }, (_, i) => ({ did: `Event ${from + i}` })) },
    })
    const ten = Array.from({ length: 10 }, (_, i) => change('experience', `x${i}`, asking(100 * i, 100 * i + 100)))
    expect(check(ten, all)).toEqual([])
    expect(check([...ten, change('experience', 'z', asking(1000, 1001))], all)).toEqual([
      'experience x0 : the definitions would ask for 1001 different signals and a profile keeps 1000 -> end experiences that are over, or ask for fewer events',
    ])
  })
})

describe('conditions on computed traits', () => {
  const trait = (value: JsonObject): JsonObject => ({ value })
  const spent = trait({ sum: 'total', of: 'Order Completed' })
  const liked = trait({ list: 'category', of: 'Product Viewed' })
  const last = trait({ last: 'category', of: 'Product Viewed' })
  const asks = (condition: JsonObject): JsonObject => ({ condition })
  const live = published(
    ['computedTrait', 'spent', spent],
    ['computedTrait', 'liked', liked],
    ['computedTrait', 'last', last],
    ['computedTrait', 'viewed', trait({ distinct: 'category', of: 'Product Viewed' })],
    ['touchpoint', 'hero', hero],
    ['metric', 'orders', orders],
  )

  it('that never hold, since the trait is never such a value, are named with the mend', () => {
    const any = [
      { computed: 'spent', startsWith: 'x' },
      { computed: 'spent', is: 'much' },
      { computed: 'liked', gte: 3 },
      { computed: 'viewed', gte: 100_000 },
    ]
    const inside = { not: { account: { anyone: { computed: 'liked', is: 'shoes' } } } }
    const mend = 'ask for an element by contains, or for how many there are by distinct'
    expect(check([change('segment', 's', asks({ any: [...any, inside] }))], live)).toEqual([
      'segment s condition.any[0].startsWith: it is a number, for which startsWith never holds -> compare it by is, in, gt, gte, lt or lte',
      'segment s condition.any[1].is: it is a number, and never "much" -> write a number',
      `segment s condition.any[2].gte: it is a list, for which gte never holds -> ${mend}`,
      'segment s condition.any[3].gte: it is counted up to 200, and 100000 is asked for -> ask for 200 or fewer',
      `segment s condition.any[4].not.account.anyone.is: it is a list, for which is never holds -> ${mend}`,
    ])
    const audience = { computed: 'liked', lt: 3 }
    expect(check([change('experience', 'x', { ...welcome, audience })], live)).toEqual([
      `experience x audience.lt: it is a list, for which lt never holds -> ${mend}`,
    ])
  })

  it('that may hold are taken: what a property was is any kind of value', () => {
    const any = [
      { computed: 'spent', gte: 3 },
      { computed: 'spent', isNot: 'x' },
      { computed: 'liked', contains: 'shoes' },
      { computed: 'liked', exists: true },
      { computed: 'last', gte: 3 },
      { computed: 'last', startsWith: 'x' },
    ]
    expect(check([change('segment', 's', asks({ any }))], live)).toEqual([])
  })

  it('R9 a trait stays what those who ask for it can compare, unless they change with it', () => {
    const rich = asks({
      all: [
        { trait: 'plan', is: 'pro' },
        { computed: 'spent', gte: 100 },
      ],
    })
    const blocks = { $blocks: [{ key: 'thanks', when: { computed: 'spent', gte: 1 }, content: 'Thanks' }] }
    const now = published(
      ['computedTrait', 'spent', spent],
      ['segment', 'rich', rich],
      ['touchpoint', 'hero', { channel: 'web', default: blocks }],
    )
    const misfit = 'it is a list, for which gte never holds'
    const mend = 'ask for an element by contains, or for how many there are by distinct'
    expect(check([change('computedTrait', 'spent', liked)], now)).toEqual([
      `computedTrait spent value: segment "rich" no longer fits it: condition.all[1].gte: ${misfit} -> ${mend}, or change that segment in the same publication`,
      `computedTrait spent value: touchpoint "hero" no longer fits it: default.$blocks[0].when.gte: ${misfit} -> ${mend}, or change that touchpoint in the same publication`,
    ])
    const contains = { computed: 'spent', contains: 'shoes' }
    const mended = [
      change('segment', 'rich', asks(contains)),
      change('computedTrait', 'spent', liked),
      change('touchpoint', 'hero', hero),
    ]
    expect(check(mended, now)).toEqual([])
    expect(check([change('computedTrait', 'spent', trait({ average: 'total', of: 'Refunded' }))], now)).toEqual([])
  })

  it('what was published before it was looked at does not stand in the way of other changes', () => {
    const old = published(['computedTrait', 'liked', liked], ['segment', 'odd', asks({ computed: 'liked', gte: 3 })])
    expect(check([change('computedTrait', 'liked', { ...liked, name: 'Likes' })], old)).toEqual([])
    const wider = trait({ list: 'brand', of: 'Product Viewed' })
    expect(check([change('computedTrait', 'liked', wider)], old)).toEqual([])
  })
})

describe('what conditions name', () => {
  const loyal: JsonObject = { condition: { trait: 'plan', is: 'pro' } }
  const blocks = { $blocks: [{ key: 'hi', when: { segment: 'loyal' }, content: 'Hi' }] }

  it('stays while a default content asks for it', () => {
    const now = published(['segment', 'loyal', loyal], ['touchpoint', 'hero', { channel: 'web', default: blocks }])
    expect(check([change('segment', 'loyal')], now)).toEqual([
      'segment loyal : touchpoint "hero" still uses it -> archive touchpoint "hero" too, or let it use another',
    ])
  })

  it('an entry of the calendar stays while a segment asks for it', () => {
    const sale = { key: 'sale', kind: 'sale', from: '2026-11-20', to: '2026-11-28' }
    const now = published(
      ['settings', 'workspace', { calendar: [sale] }],
      ['segment', 'now', { condition: { calendar: 'sale' } }],
    )
    expect(check([change('settings', 'workspace', { holdout: 0 })], now)).toEqual([
      'settings workspace calendar: segment "now" no longer fits it: condition.calendar: the calendar has no entry "sale" -> there are no entries of the calendar in settings yet, or change that segment in the same publication',
    ])
    expect(check([change('settings', 'workspace', { holdout: 0, calendar: [sale] })], now)).toEqual([])
  })
})

describe('R11 segments in segments', () => {
  const chain = (n: number, condition = (before: string): JsonObject => ({ segment: before })) =>
    Array.from({ length: n }, (_, i) =>
      change('segment', `s${i}`, { condition: i === 0 ? { trait: 'plan', is: 'pro' } : condition(`s${i - 1}`) }),
    )
  const twice = (before: string): JsonObject => ({ any: [{ segment: before }, { not: { segment: before } }] })

  it('may be 20 deep', () => {
    expect(check(chain(20), published())).toEqual([])
    expect(check(chain(21), published())).toEqual([
      'segment s20 condition: it would be of segments in segments 21 deep, and 20 is the limit -> let it name fewer segments, or name each of them once',
    ])
  })

  it('may have 5,000 parts written out, which a few segments that name each other twice pass', () => {
    expect(check(chain(11, twice), published())).toEqual([
      'segment s10 condition: it would have 5116 parts with those of the segments in it, and 5000 is the limit -> let it name fewer segments, or name each of them once',
    ])
    expect(check(chain(10, twice), published())).toEqual([])
  })

  it('stay so when one inside changes; what was larger before does not stand in the way', () => {
    const whole = chain(20).map(({ key, body }): [Kind, string, JsonObject] => ['segment', key, body!])
    const deeper = [change('segment', 'new', { condition: { trait: 'a', is: 1 } })]
    const under = change('segment', 's0', { condition: { segment: 'new' } })
    expect(check([...deeper, under], published(...whole))).toEqual([
      'segment new condition: segment "s19" would be of segments in segments 21 deep, and 20 is the limit -> let it name fewer segments, or name each of them once',
    ])
    const old = chain(30).map(({ key, body }): [Kind, string, JsonObject] => ['segment', key, body!])
    expect(check([change('segment', 's0', { condition: { trait: 'b', is: 1 } })], published(...old))).toEqual([])
  })

  it('are looked at in no time however many, and however they hang together', () => {
    const started = performance.now()
    expect(check(chain(MAX_DEFINITIONS), published()).length).toBe(10)
    const circle = chain(MAX_DEFINITIONS)
    circle[0] = change('segment', 's0', { condition: { segment: `s${MAX_DEFINITIONS - 1}` } })
    const found = check(circle, published())
    expect(found.length).toBe(10)
    expect(found[0]).toContain('segment s0 condition: it is in itself: s0, which is in s4999, which is in s4998')
    expect(found[0]!.length).toBeLessThan(500)
    // Seconds on a busy machine; by way of every pair of segments it would be minutes.
    expect(performance.now() - started).toBeLessThan(60_000)
  })
})
