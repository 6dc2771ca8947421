import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '../json.ts'
import { batchText } from './batchText.ts'
import type { Event } from './event.ts'
import { readItem } from './readItem.ts'

const base = { received: Date.UTC(2026, 10, 1, 9), newMessageId: () => 'new' }

/** What the route does with a body: its events, each as with its text and as without. */
function readBoth(body: string): { told: Event | undefined; plain: Event | undefined }[] {
  const { items } = batchText(body)
  const { batch } = JSON.parse(body) as { batch: unknown[] }
  return batch.map((item, index) => ({
    told: readItem(item, { ...base, index, text: items[index] }).event,
    plain: readItem(item, { ...base, index }).event,
  }))
}

function written(body: string): (readonly (string | undefined)[])[] {
  return readBoth(body).map(({ told }) => [told?.written?.propertiesText, told?.written?.contextText])
}

const track = (more: string) => `{"type":"track","event":"E","userId":"u",${more}}`

describe('the text of a batch', () => {
  it('is what the client wrote, escapes and numbers as they stand', () => {
    const properties = String.raw`{"a":1.0,"b":[1e3,-0.5,true,null],"c":"q\"\\\u00e9 é 😀","d":{}}`
    const body = `{ "batch" : [${track(`"properties":${properties},"context":{"page":{"path":"/"}}`)} , 7, ${track('"context":{}')}], "sentAt":null}`
    expect(written(body)).toEqual([
      [properties, '{"page":{"path":"/"}}'],
      [undefined, undefined],
      [undefined, '{}'],
    ])
  })

  it('is that of the traits for identify and group', () => {
    const item = '{"type":"identify","userId":"u","traits":{"plan":"pro"},"properties":{"x":1}}'
    expect(written(`{"batch":[${item}]}`)).toEqual([['{"plan":"pro"}', undefined]])
  })

  it.each([
    ['a key that stands twice', '{"a":1,"a":2}'],
    ['a key that stands twice in other letters', String.raw`{"a":1,"\u0061":2}`],
    ['a key that stands twice deep down', '{"a":[{"b":1,"b":1}]}'],
    ['spaces', '{"a": 1}'],
    ['lines', '{"a":1\n}'],
    ['a number that no double holds', '{"a":12345678901234567890}'],
    ['half a surrogate pair', String.raw`{"a":"\ud83d"}`],
  ])('is not used where there are %s', (_, properties) => {
    expect(written(`{"batch":[${track(`"properties":${properties}`)}]}`)[0]?.[0]).toBeUndefined()
  })

  it('is not used where the whole item is longer than its bound, or the event holds something else', () => {
    const long = track(`"properties":{"a":"${'\\u0041'.repeat(32 * 1024 - 200)}"}`)
    expect(readBoth(`{"batch":[${long}]}`)[0]?.plain).toBeDefined()
    expect(written(`{"batch":[${long}]}`)).toEqual([[undefined, undefined]])
    const page = '{"type":"page","userId":"u","category":"Docs","properties":{"path":"/"}}'
    expect(written(`{"batch":[${page}]}`)[0]?.[0]).toBeUndefined()
  })

  it.each([
    `{"batch":[${track('"properties":{"a":1}')}],"batch":[${track('"properties":{"a":2}')}]}`,
    String.raw`{"batch":[${track('"properties":{"a":1}')}],"b\u0061tch":[${track('"properties":{"a":2}')}]}`,
  ])('is not used where the batch stands twice', body => {
    expect(batchText(body).items).toEqual([])
  })

  it.each([
    ['null', 1],
    ['"{[[["', 1],
    ['{}', 1],
    ['{"batch":[]}', 2],
    ['{"batch":[{}]}', 3],
    ['{"batch":[{"a":[]},"[[[["]}', 4],
    [`{"batch":[{"a":${'['.repeat(50)}${']'.repeat(50)}}]}`, 53],
    [`{"a":${'{"b":'.repeat(70)}1${'}'.repeat(70)},"batch":[]}`, 71],
    [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, 50_000],
    [`{"batch":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 50_001],
  ])('knows its depth: %#', (body, depth) => {
    expect(batchText(body).depth).toBe(depth)
  })

  it('R6 says the same as the event, however the client writes its JSON', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 4 }), fc.infiniteStream(style), (items, styles) => {
        const body = `{"writeKey":${write('key "1"', styles)},"batch":[${items.map(one => write(one, styles)).join(',')}]}`
        for (const { told, plain } of readBoth(body)) {
          expect(told === undefined).toBe(plain === undefined)
          if (told === undefined) continue
          const { written: text, ...event } = told
          expect(event).toEqual(plain)
          for (const [json, value] of [
            [text?.propertiesText, told.properties],
            [text?.contextText, told.context],
          ] as const) {
            if (json === undefined) continue
            expect(JSON.parse(json)).toEqual(value)
            expect(json).not.toMatch(/[\n\r]/)
          }
        }
      }),
      { seed: 7, numRuns: 300 },
    )
  })
})

const json = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' })
const object = fc.dictionary(fc.string({ unit: 'binary', maxLength: 6 }), json, { maxKeys: 4 })
const item = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        type: fc.constantFrom('track', 'page', 'identify'),
        event: fc.constant('E'),
        userId: fc.constant('u"\\'),
        properties: object,
        traits: object,
        context: object,
      },
      { requiredKeys: ['type', 'userId'] },
    ),
  },
  { weight: 1, arbitrary: json },
)
const style = fc.constantFrom('', '', '', ' ', '\n')

/** JSON with spaces here and there, and some characters escaped that need not be. */
function write(value: unknown, styles: Iterator<string>): string {
  const space = () => styles.next().value as string
  const text = (given: string) => {
    const plain = JSON.stringify(given)
    return space() === '' ? plain : plain.replace(/[a-z]/, one => `\\u00${one.charCodeAt(0).toString(16)}`)
  }
  const given = value as Json
  if (typeof given === 'string') return given.length < 20 && !given.includes('\\') ? text(given) : JSON.stringify(given)
  if (given === null || typeof given !== 'object') return JSON.stringify(given)
  if (Array.isArray(given)) return `[${space()}${given.map(one => write(one, styles) + space()).join(',')}]`
  const members = Object.keys(given).map(
    key => `${JSON.stringify(key)}${space()}:${write((given as JsonObject)[key], styles)}`,
  )
  return `{${space()}${members.join(`,${space()}`)}}`
}
