import type { Profile } from '@espalier/core/profile'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Slice } from '../checkpoint/slice.ts'
import { decodeProfile, encodeProfile } from './codec.ts'
import { CHUNK_ROWS, chunkKey, hasRow, withRows } from './imports.ts'
import { CacheBudget, GONE, type Gone, Layers } from './layers.ts'

function write(table: Map<string, number>, key: string, value: number | Gone): void {
  if (value === GONE) table.delete(key)
  else table.set(key, value)
}

describe('layers over a table', () => {
  type Step =
    | { do: 'set'; key: string; value: number }
    | { do: 'remove'; key: string }
    | { do: 'freeze' | 'thaw' | 'fail' | 'read' }
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('set' as const), key, value: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), key }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('freeze', 'thaw', 'fail', 'read') }) },
  )

  it('answer as a map does, over checkpoints that succeed and fail, and hold no more than they may', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        const budget = new CacheBudget(300)
        const table = new Map<string, number>()
        const layers = new Layers<number>(
          budget,
          one => table.get(one),
          () => 100,
        )
        const oracle = new Map<string, number>()
        let frozen: ReadonlyMap<string, number | Gone> | undefined
        for (const one of steps) {
          if (one.do === 'set') {
            layers.set(one.key, one.value)
            oracle.set(one.key, one.value)
          } else if (one.do === 'remove') {
            layers.set(one.key, GONE)
            oracle.delete(one.key)
          } else if (one.do === 'freeze' && !frozen) {
            frozen = layers.freeze()
          } else if (one.do === 'thaw' && frozen) {
            for (const [k, value] of frozen) write(table, k, value)
            await layers.thaw(new Slice())
            frozen = undefined
          } else if (one.do === 'fail' && frozen) {
            layers.unfreeze()
            frozen = undefined
          }
          for (const k of 'abcdef') {
            expect(layers.peek(k)).toBe(oracle.get(k))
            expect(layers.get(k)).toBe(oracle.get(k))
          }
          const all = new Map(table)
          for (const [k, value] of layers.changed()) write(all, k, value)
          expect(all).toEqual(oracle)
          expect(budget.clean).toBeLessThanOrEqual(400)
        }
        const bytes = [...layers.changed()].reduce((sum, [, value]) => sum + (value === GONE ? 200 : 100), 0)
        if (!frozen) expect(budget.dirty).toBe(bytes)
      }),
    )
  })

  it('R11 keep what is asked for again, drop the rest', () => {
    let loads = 0
    const load = (): number => {
      loads++
      return 1
    }
    const layers = new Layers<number>(new CacheBudget(2000), load, () => 100)
    for (let i = 0; i < 100; i++) {
      layers.get('often')
      layers.get(`once-${i}`)
    }
    expect(loads).toBe(101)
    layers.get('once-0')
    expect(loads).toBe(102)
    layers.peek('once-1')
    layers.peek('once-1')
    expect(loads).toBe(104)
  })
})

describe('a stored profile', () => {
  const stamp = { at: fc.integer(), lag: fc.integer(), index: fc.nat(), hash: fc.nat({ max: 2 ** 32 - 1 }) }
  const text = fc.string({ unit: 'grapheme' })
  // What JSON can say: no infinities, one zero.
  const amount = fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0)
  const name = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString'))
  const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const dictionary = <T>(value: fc.Arbitrary<T>) => fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true })
  const json = fc.jsonValue({ noUnicodeString: false } as object)
  const touch = fc.record({
    ...stamp,
    source: some(text),
    medium: some(text),
    campaign: some(text),
    referrer: some(text),
  })
  const profile = fc.record({
    id: text,
    version: fc.nat(),
    bucketKey: text,
    firstSeen: fc.integer({ min: -1e14, max: 1e14 }),
    lastSeen: fc.nat({ max: 1e14 }),
    userId: some(text),
    identifiers: fc.array(text),
    sources: fc.array(text),
    traits: dictionary(fc.record({ ...stamp, value: json })),
    accounts: dictionary(fc.record(stamp)),
    recent: fc.array(fc.record({ ...stamp, name: text, items: some(fc.array(text)), value: some(amount) })),
    session: some(
      fc.record({
        id: text,
        started: fc.nat(),
        last: fc.nat(),
        events: fc.nat(),
        landing: some(text),
        referrer: some(text),
      }),
    ),
    acquisition: fc.record({ first: some(touch), last: some(touch) }),
    device: some(fc.record({ type: fc.constantFrom('mobile', 'desktop'), os: some(text), model: some(text) })),
    locale: some(text),
    timezone: some(text),
    latest: fc.record({
      device: some(fc.record(stamp)),
      locale: some(fc.record(stamp)),
      timezone: some(fc.record(stamp)),
    }),
    signals: dictionary(fc.record({ keep: fc.nat(), times: fc.array(fc.tuple(fc.integer(), fc.nat())) })),
    consent: dictionary(fc.record({ ...stamp, granted: fc.boolean() })),
    events: fc.nat(),
    due: some(fc.nat()),
  })

  it('comes back as it was', () => {
    fc.assert(
      fc.property(profile, generated => {
        const one = withoutAbsent(generated) as unknown as Profile
        expect(decodeProfile(Buffer.from(encodeProfile(one)))).toEqual(one)
      }),
    )
  })

  it('a null that was stated stays; what is absent stays absent', () => {
    const trait = { at: 1, lag: 0, index: 0, hash: 1, value: null }
    const one = { ...emptyProfile, traits: { plan: trait } }
    const back = decodeProfile(Buffer.from(encodeProfile(one))) as Profile
    expect(back).toStrictEqual(one)
    expect(Object.keys(back)).not.toContain('userId')
  })

  it('keeps keys that mean something to JavaScript', () => {
    const value = JSON.parse('{"__proto__":{"constructor":1},"toString":[{"__proto__":null}]}')
    const traits = JSON.parse(JSON.stringify({ plan: { at: 1, lag: 0, index: 0, hash: 1, value } }))
    expect(decodeProfile(Buffer.from(encodeProfile({ ...emptyProfile, traits })))).toStrictEqual({
      ...emptyProfile,
      traits,
    })
  })

  it('a merged one says where it went', () => {
    const merged = { id: 'a', mergedInto: 'b' }
    expect(decodeProfile(Buffer.from(encodeProfile(merged)))).toEqual(merged)
  })

  it('is read as a folder of format 1 has it, and laid out without what is absent at the end', () => {
    const stored = { at: 5, lag: 1, index: 2, hash: 3 }
    const one: Profile = {
      ...emptyProfile,
      userId: 'ada',
      traits: { plan: { ...stored, value: ['pro'] } },
      recent: [{ ...stored, name: 'Product Viewed', items: ['sku'] }],
      acquisition: { last: { ...stored, source: 'google' } },
      signals: { viewed: { keep: 3, times: [[5, 9]] } },
    }
    const first =
      '9201dc0014a17001a1620102a3616461909092a4706c616e950501020391a370726f909705010203ae50726f647563742056696577656491a3736b75c0c092c09a05010203a6676f6f676c65c0c0c0c0c0c0c0c093c0c0c092a67669657765649203919205099000'
    expect(decodeProfile(Buffer.from(first, 'hex'))).toStrictEqual(one)
    expect(Buffer.from(encodeProfile(one)).toString('hex')).toMatchInlineSnapshot(
      `"9201dc0014a17001a1620102a3616461909092a4706c616e950501020391a370726f909705010203ae50726f647563742056696577656491a3736b75c0c092c09505010203a6676f6f676c65c0c0c09092a67669657765649203919205099000"`,
    )
  })
})

const emptyProfile: Profile = {
  id: 'p',
  version: 1,
  bucketKey: 'b',
  firstSeen: 1,
  lastSeen: 2,
  identifiers: [],
  sources: [],
  traits: {},
  accounts: {},
  recent: [],
  acquisition: {},
  latest: {},
  signals: {},
  consent: {},
  events: 0,
}

/** Members that are undefined are left out, as the reducer leaves them out. */
function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value
  const copy = {}
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    Object.defineProperty(copy, key, {
      value: withoutAbsent(member),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return copy
}

describe('rows of imports', () => {
  it('R3 are remembered exactly, and a copy is changed, never the chunk', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3 * CHUNK_ROWS })), fc.nat({ max: 3 * CHUNK_ROWS }), (rows, asked) => {
        const chunks = new Map<string, Uint8Array>()
        for (const row of rows) {
          const key = chunkKey('file', row)
          const before = chunks.get(key)
          const copy = before && Uint8Array.from(before)
          chunks.set(key, withRows(before, [row]))
          if (before) expect(before).toEqual(copy)
        }
        expect(hasRow(chunks.get(chunkKey('file', asked)), asked)).toBe(rows.includes(asked))
        for (const row of rows) expect(hasRow(chunks.get(chunkKey('file', row)), row)).toBe(true)
      }),
    )
  })
})
