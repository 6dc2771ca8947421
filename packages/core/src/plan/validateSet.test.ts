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
      'experience x touchpoints[0]: there is no touchpoint "hero" -> did you mean "heros"?; or publish it together with this',
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
      'experience welcome touchpoints[0]: there is no touchpoint "heor" -> did you mean "hero"?; or publish it together with this',
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
