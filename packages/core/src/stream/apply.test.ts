import { describe, expect, it } from 'vitest'
import { readItem } from '../event/readItem.ts'
import { bucketKeyOf } from '../identity/bucketKey.ts'
import { planOfNeeds } from '../plan/plan.ts'
import { times } from '../signal/need.ts'
import type { EventTimes } from '../signal/signal.ts'
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
    plan: planOfNeeds(1, [times({ event: 'Order Completed' }, 2)]),
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
  it('the first makes a person, whose bucket key is that of the device', () => {
    const { people, take } = stream()
    const { applied, rows } = take(event({ anonymousId: 'a', userId: 'u' }))
    expect(applied).toEqual([{ outcome: 'stored', profile: 'p1', source: 'p1', isNew: true }])
    expect(tables(rows)).toEqual(['identity_links', 'events'])
    expect(people.find('userId:u')).toMatchObject({
      version: 1,
      events: 1,
      userId: 'u',
      bucketKey: bucketKeyOf('anonymousId:a'),
      identifiers: ['userId:u', 'anonymousId:a'],
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
      definitions: 1,
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

  it('R3 a row that brings a messageId is what was sent live, or is in another export, under that', () => {
    const { take } = stream()
    const row = (file: string, row: number, messageId: string): Entry => {
      const { event: imported } = event({ userId: 'u', messageId })
      return { kind: 'event', event: { ...imported, origin: { file, row, named: true } } }
    }
    const live = (messageId: string) => event({ userId: 'u', messageId })
    const { applied } = take(
      live('a'),
      row('f', 1, 'a'),
      row('f', 2, 'b'),
      row('g', 7, 'b'),
      live('b'),
      row('f', 2, 'c'),
    )
    expect(applied.map(({ outcome }) => outcome)).toEqual([
      'stored',
      'duplicate',
      'stored',
      'duplicate',
      'duplicate',
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
    expect(take(entry)).toEqual({
      applied: [{ outcome: 'stored', profile: 'p1', source: 'p1', isNew: true }],
      rows: [],
    })
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
    const [known] = (people.find('userId:u')!.signals['Order Completed'] as EventTimes).times
    const backfill: Entry = {
      kind: 'backfill',
      profile: 'p1',
      signals: { 'Order Completed': { keep: 3, times: [[NOW - 50, 7], known!] } },
    }
    expect(take(backfill).applied).toEqual([{ outcome: 'stored', profile: 'p2', source: 'p1' }])
    expect(people.find('userId:u')!.signals['Order Completed']).toEqual({ keep: 3, times: [[NOW - 50, 7], known] })
    expect(take({ ...backfill, profile: 'nobody' }).applied).toEqual([{ outcome: 'duplicate' }])
  })
})
