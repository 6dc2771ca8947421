import { describe, expect, it } from 'vitest'
import { readItem } from '../event/read-item.ts'
import { bucketKeyOf } from '../identity/bucket-key.ts'
import { IDENTITY_LIMITS } from '../identity/limits.ts'
import { type ApplyContext, apply } from './apply.ts'
import type { Entry, ImportedDecision } from './entry.ts'
import type { Row } from './rows.ts'
import { MemoryPeople } from './testing.ts'

const NOW = Date.UTC(2026, 10, 1, 9)

/** A stream of one workspace, batch by batch. */
function stream() {
  const people = new MemoryPeople()
  let ids = 0
  const context: ApplyContext = {
    workspace: 'w',
    now: NOW,
    newId: () => `p${++ids}`,
    needs: {
      version: 1,
      byEvent: new Map([['Order Completed', [{ key: 'orders', event: 'Order Completed', keep: 2 }]]]),
    },
  }
  return { people, take: (...entries: Entry[]) => apply(people, entries, context) }
}

let messages = 0
function event(item: object, at = NOW): Extract<Entry, { kind: 'event' }> {
  const raw = { type: 'track', event: 'Product Viewed', timestamp: new Date(at).toISOString(), ...item }
  const { event, error } = readItem(raw, { received: NOW, index: 0, newMessageId: () => `m${++messages}` })
  if (error) throw new Error(error.message)
  return { kind: 'event', event }
}

const tables = (rows: readonly Row[]) => rows.map(({ table }) => table)
const lines = (rows: readonly Row[]) => rows.map(({ line }) => JSON.parse(line))

describe('events in the stream', () => {
  it('the first makes a person, whose bucket key is that of the first identifier', () => {
    const { people, take } = stream()
    const { applied, rows } = take(event({ anonymousId: 'a', userId: 'u' }))
    expect(applied).toEqual([{ outcome: 'stored', profile: 'p1', source: 'p1' }])
    expect(tables(rows)).toEqual(['events'])
    expect(people.find('userId:u')).toMatchObject({
      version: 1,
      events: 1,
      userId: 'u',
      bucketKey: bucketKeyOf('anonymousId:a'),
      identifiers: ['anonymousId:a', 'userId:u'],
    })
  })

  it('are rows with every column, in the partition of their month', () => {
    const { take } = stream()
    const item = {
      userId: 'u',
      messageId: 'order-1',
      event: 'Order Completed',
      properties: { total: '19.90', currency: 'eur', note: 'line\nbreak' },
      context: { locale: 'de' },
    }
    const { rows } = take(event(item, Date.UTC(2010, 11, 31, 23, 59)))
    expect(rows[0]?.partition).toBe(201012)
    expect(rows[0]?.line).not.toContain('\n')
    expect(lines(rows)[0]).toEqual({
      workspace: 'w',
      profile: 'p1',
      timestamp: Date.UTC(2010, 11, 31, 23, 59),
      received: NOW,
      index: 0,
      message_id: 'order-1',
      type: 'track',
      name: 'Order Completed',
      user_id: 'u',
      anonymous_id: '',
      group_id: '',
      session_id: expect.stringMatching(/^[a-z0-9]+-[a-z0-9]+$/),
      revenue: 19.9,
      currency: 'EUR',
      properties: item.properties,
      context: item.context,
    })
  })

  it('R1 a batch raises the version of each person it concerns by one', () => {
    const { people, take } = stream()
    take(event({ userId: 'u' }), event({ userId: 'u' }), event({ userId: 'v' }))
    take(event({ userId: 'u' }), event({ userId: 'u' }))
    expect(people.find('userId:u')).toMatchObject({ version: 2, events: 4 })
    expect(people.find('userId:v')).toMatchObject({ version: 1, events: 1 })
  })

  it('R3 a repeated messageId changes nothing, within a batch too', () => {
    const { people, take } = stream()
    const once = event({ userId: 'u', messageId: 'same' })
    const { applied, rows } = take(once, once)
    expect(applied.map(({ outcome }) => outcome)).toEqual(['stored', 'duplicate'])
    expect(rows.length).toBe(1)
    const before = people.find('userId:u')
    expect(take(once)).toEqual({ applied: [{ outcome: 'duplicate' }], rows: [] })
    expect(people.find('userId:u')).toBe(before)
  })

  it("R3 an import's row is known by file and row, whatever its messageId", () => {
    const { take } = stream()
    const row = (file: string, row: number): Entry => {
      const { event: imported } = event({ userId: 'u' })
      return { kind: 'event', event: { ...imported, origin: { file, row } } }
    }
    expect(take(row('f', 1), row('f', 2), row('g', 1), row('f', 1)).applied.map(({ outcome }) => outcome)).toEqual([
      'stored',
      'stored',
      'stored',
      'duplicate',
    ])
  })

  it('an exposure is a row beside its event; control and holdout show no variant', () => {
    const { take } = stream()
    const exposure = {
      requestId: 'r',
      touchpoint: 'home.hero',
      experience: 'spring',
      version: 3,
      variant: 'b',
      control: false,
      holdout: false,
      propensity: 0.45,
    }
    const seen = (more: object): Entry => ({
      ...event({ userId: 'u', event: 'Exposure' }),
      exposure: { ...exposure, ...more },
    })
    const { rows } = take(seen({}), seen({ control: true }), seen({ holdout: true }))
    expect(tables(rows)).toEqual(['events', 'exposures', 'events', 'exposures', 'events', 'exposures'])
    const exposures = lines(rows).filter((_, i) => i % 2 === 1)
    expect(exposures[0]).toEqual({
      workspace: 'w',
      profile: 'p1',
      timestamp: NOW,
      message_id: expect.any(String),
      request_id: 'r',
      touchpoint: 'home.hero',
      experience: 'spring',
      version: 3,
      variant: 'b',
      control: false,
      holdout: false,
      propensity: 0.45,
    })
    expect(exposures.map(({ variant }) => variant)).toEqual(['b', '', ''])
  })
})

describe('identity in the stream', () => {
  it('R12 a merge leaves links and rows where they were and writes who the source is now', () => {
    const { people, take } = stream()
    take(event({ anonymousId: 'a' }, NOW - 1000), event({ userId: 'u' }))
    const { applied, rows } = take(event({ anonymousId: 'a', userId: 'u', messageId: 'm' }))
    expect(applied[0]).toEqual({ outcome: 'stored', profile: 'p2', source: 'p2' })
    expect(people.profile('p1')).toEqual({ id: 'p1', mergedInto: 'p2' })
    expect(people.link('anonymousId:a')).toBe('p1')
    expect(people.find('anonymousId:a')).toMatchObject({
      id: 'p2',
      events: 3,
      bucketKey: bucketKeyOf('anonymousId:a'),
      sources: ['p2', 'p1'],
    })
    expect(tables(rows)).toEqual(['identity_links', 'events'])
    expect(lines(rows)[0]).toEqual({ workspace: 'w', source: 'p1', canonical: 'p2', at: NOW, cause: 'merged m' })
    expect(take(event({ anonymousId: 'a' })).applied).toEqual([{ outcome: 'stored', profile: 'p2', source: 'p1' }])
  })

  it('the older profile gives the bucket key, the smaller id of two as old', () => {
    const { people, take } = stream()
    take(event({ userId: 'u' }, NOW - 5), event({ anonymousId: 'a' }, NOW - 4), event({ anonymousId: 'b' }, NOW - 5))
    take(event({ anonymousId: 'a', userId: 'u' }), event({ anonymousId: 'b', userId: 'u' }))
    expect(people.find('userId:u')).toMatchObject({ bucketKey: bucketKeyOf('userId:u'), sources: ['p1', 'p2', 'p3'] })
  })

  it("a device of another user: the event is the user's, the device stays", () => {
    const { people, take } = stream()
    take(
      event({ anonymousId: 'a', userId: 'u' }),
      event({ anonymousId: 'a', userId: 'v' }),
      event({ anonymousId: 'a' }),
    )
    expect(people.find('userId:v')).toMatchObject({
      events: 1,
      bucketKey: bucketKeyOf('userId:v'),
      identifiers: ['userId:v'],
    })
    expect(people.find('userId:u')).toMatchObject({ events: 2 })
  })

  const alias = (more: object) => event({ type: 'alias', ...more })

  it('an alias merges what was known by the previousId', () => {
    const { people, take } = stream()
    take(event({ anonymousId: 'a' }), event({ userId: 'u' }), alias({ previousId: 'a', userId: 'u' }))
    expect(people.find('anonymousId:a')).toMatchObject({ userId: 'u', events: 3 })
  })

  it('an alias of an unknown previousId links it for later', () => {
    const { people, take } = stream()
    take(alias({ previousId: 'a', userId: 'u' }), event({ anonymousId: 'a' }))
    expect(people.find('anonymousId:a')).toMatchObject({
      userId: 'u',
      events: 2,
      bucketKey: bucketKeyOf('anonymousId:a'),
    })
  })

  it("an alias whose previousId is somebody's userId unites nothing", () => {
    const { people, take } = stream()
    take(event({ userId: 'old' }), alias({ previousId: 'old', userId: 'new' }))
    expect(people.find('userId:old')).toMatchObject({ events: 1 })
    expect(people.find('userId:new')).toMatchObject({ events: 1, identifiers: ['userId:new'] })
    expect(people.link('anonymousId:old')).toBeUndefined()
  })

  it('an alias may bring the device too', () => {
    const { people, take } = stream()
    take(
      event({ anonymousId: 'a' }),
      event({ anonymousId: 'b' }),
      alias({ previousId: 'a', anonymousId: 'b', userId: 'u' }),
    )
    expect(people.find('userId:u')).toMatchObject({ id: 'p1', events: 3, sources: ['p1', 'p2'] })
  })

  it('R11 a user with 500 identifiers gets no more devices', () => {
    const { people, take } = stream()
    const devices = Array.from({ length: IDENTITY_LIMITS.identifiers + 1 }, (_, i) =>
      event({ anonymousId: `a${i}`, userId: 'u' }),
    )
    take(...devices)
    take(event({ anonymousId: `a${IDENTITY_LIMITS.identifiers}` }))
    expect(people.find('userId:u')).toMatchObject({ events: IDENTITY_LIMITS.identifiers + 1 })
    expect(people.find('userId:u')?.identifiers.length).toBe(IDENTITY_LIMITS.identifiers)
    expect(people.find(`anonymousId:a${IDENTITY_LIMITS.identifiers}`)).toMatchObject({ events: 1 })
  })
})

describe('a damaged state', () => {
  it('is an error, not a new person: an identifier that leads to nobody', () => {
    const { people, take } = stream()
    people.setLink('userId:u', 'lost')
    expect(() => take(event({ userId: 'u' }))).toThrow('lost')
  })
})

describe('other entries', () => {
  it('an appearance makes a person without an event or a row', () => {
    const { people, take } = stream()
    const entry: Entry = { kind: 'appearance', anonymousId: 'a', at: NOW }
    expect(take(entry)).toEqual({ applied: [{ outcome: 'stored', profile: 'p1', source: 'p1' }], rows: [] })
    expect(people.find('anonymousId:a')).toMatchObject({ version: 1, events: 0, firstSeen: NOW })
    take(entry)
    expect(people.find('anonymousId:a')).toMatchObject({ version: 1 })
  })

  it('an imported decision is a decision row, and an exposure row where it was seen', () => {
    const { people, take } = stream()
    const decision: ImportedDecision = {
      messageId: 'd1',
      userId: 'u',
      timestamp: NOW,
      received: NOW,
      index: 0,
      touchpoint: 'email',
      experience: 'hillstrom',
      variant: 'mens',
      control: false,
      propensity: 1 / 3,
      exposed: true,
      context: { segment: 'x' },
      origin: { file: 'f', row: 0 },
    }
    const unseen = { ...decision, messageId: 'd2', control: true, exposed: false, origin: { file: 'f', row: 1 } }
    const entries: Entry[] = [decision, unseen, decision].map(one => ({ kind: 'decision', decision: one }))
    const { applied, rows } = take(...entries)
    expect(applied.map(({ outcome }) => outcome)).toEqual(['stored', 'stored', 'duplicate'])
    expect(tables(rows)).toEqual(['decisions', 'exposures', 'decisions'])
    expect(lines(rows)).toMatchObject([
      {
        request_id: 'd1',
        bucket_key: bucketKeyOf('userId:u'),
        'answers.variant': ['mens'],
        'answers.reason': ['assigned'],
        'answers.propensity': [1 / 3],
        'answers.control': [false],
      },
      { message_id: 'd1', request_id: 'd1', experience: 'hillstrom', variant: 'mens', control: false },
      { request_id: 'd2', 'answers.variant': [''], 'answers.reason': ['control'], 'answers.control': [true] },
    ])
    expect(people.find('userId:u')).toMatchObject({ events: 0, version: 1 })
  })

  it('a backfill joins the times that are there, by source, after a merge too', () => {
    const { people, take } = stream()
    take(event({ anonymousId: 'a', event: 'Order Completed' }, NOW - 10), event({ userId: 'u' }))
    take(event({ anonymousId: 'a', userId: 'u' }))
    const [known] = people.find('userId:u')!.signals.orders!.times
    const backfill: Entry = {
      kind: 'backfill',
      profile: 'p1',
      signal: 'orders',
      keep: 3,
      times: [[NOW - 50, 7], known!],
    }
    expect(take(backfill).applied).toEqual([{ outcome: 'stored', profile: 'p2', source: 'p1' }])
    expect(people.find('userId:u')!.signals.orders).toEqual({ keep: 3, times: [[NOW - 50, 7], known] })
    expect(take({ ...backfill, profile: 'nobody' }).applied).toEqual([{ outcome: 'duplicate' }])
  })
})
