import { describe, expect, it } from 'vitest'
import { bucketKeyOf } from '../identity/bucketKey.ts'
import { IDENTITY_LIMITS } from '../identity/limits.ts'
import { planOf, planOfNeeds } from '../plan/plan.ts'
import type { Condition } from '../segment/condition.ts'
import { times } from '../signal/need.ts'
import type { Unmerge } from './entry.ts'
import { readingOf, rebuildOf, TEST_NOW, TestStream, unmergeOf } from './testing.ts'

const NOW = TEST_NOW
const HOUR = 3_600_000

/** Ada was on two devices, and then on a third person's: all of it is hers by now. */
function glued(plan = planOfNeeds(1, [times({ event: 'Order Completed' }, 3)])): TestStream {
  const stream = new TestStream({ plan })
  const at = (hours: number) => NOW - 100 * HOUR + hours * HOUR
  const say = (item: object, hours: number) => stream.take(stream.event(item, at(hours)))
  say({ anonymousId: 'kiosk', event: 'Order Completed', properties: { total: 5 } }, 1)
  say({ type: 'identify', anonymousId: 'kiosk', traits: { city: 'Rome' } }, 2)
  say({ type: 'identify', userId: 'ada', traits: { plan: 'pro', city: 'Berlin' } }, 3)
  say({ userId: 'ada', event: 'Order Completed', properties: { total: 9 } }, 4)
  say({ userId: 'ada', anonymousId: 'kiosk' }, 5)
  say({ type: 'identify', anonymousId: 'kiosk', traits: { city: 'Oslo' } }, 6)
  return stream
}

const without = (profile: object | undefined, ...fields: string[]) =>
  Object.fromEntries(Object.entries(profile ?? {}).filter(([field]) => !fields.includes(field)))

describe('R12 an un-merge', () => {
  it('makes two people of one, each with what the log says of its sources', () => {
    const stream = glued()
    const merged = stream.find('userId:ada')!
    expect(merged).toMatchObject({ events: 6, traits: { city: { value: 'Oslo' } } })
    const { applied } = stream.take(unmergeOf(stream, merged.id, [stream.people.link('anonymousId:kiosk')!]))
    expect(applied[0]).toMatchObject({ outcome: 'stored', profile: merged.id })
    const [ada, kiosk] = [stream.find('userId:ada')!, stream.find('anonymousId:kiosk')!]
    expect(ada).toMatchObject({
      id: merged.id,
      version: merged.version + 1,
      userId: 'ada',
      events: 3,
      identifiers: ['userId:ada'],
      traits: { city: { value: 'Berlin' }, plan: { value: 'pro' } },
      signals: { 'Order Completed': { times: [[NOW - 96 * HOUR, expect.any(Number)]] } },
    })
    expect(kiosk).toMatchObject({
      events: 3,
      identifiers: ['anonymousId:kiosk'],
      traits: { city: { value: 'Oslo' } },
      firstSeen: NOW - 99 * HOUR,
    })
    expect(kiosk.userId).toBeUndefined()
    expect(kiosk.traits.plan).toBeUndefined()
  })

  it('gives both bucket keys back', () => {
    const stream = glued()
    expect(stream.find('userId:ada')!.bucketKey).toBe(bucketKeyOf('anonymousId:kiosk'))
    stream.take(unmergeOf(stream, stream.find('userId:ada')!.id, [stream.people.link('anonymousId:kiosk')!]))
    expect(stream.find('userId:ada')!.bucketKey).toBe(bucketKeyOf('userId:ada'))
    expect(stream.find('anonymousId:kiosk')!.bucketKey).toBe(bucketKeyOf('anonymousId:kiosk'))
  })

  it('leaves both as if they had never met', () => {
    const [stream, apart] = [glued(), glued()]
    stream.take(unmergeOf(stream, stream.find('userId:ada')!.id, [stream.people.link('anonymousId:kiosk')!]))
    const events = apart.lines('events')
    const never = new TestStream({ plan: apart.plan })
    for (const line of events) {
      const { user_id: userId, anonymous_id: anonymousId } = line
      const item = { ...(userId ? { userId } : { anonymousId }), messageId: line.message_id }
      const more =
        line.type === 'identify' ? { traits: line.properties } : { event: line.name, properties: line.properties }
      never.take(never.event({ type: line.type, ...item, ...more }, line.timestamp as number))
    }
    for (const identifier of ['userId:ada', 'anonymousId:kiosk']) {
      const who = ['id', 'version', 'origins', 'sources', 'splits']
      expect(without(stream.find(identifier), ...who)).toEqual(without(never.find(identifier), ...who))
    }
  })

  it('writes who the sources are now, later than whatever was said before', () => {
    const stream = glued()
    const merged = stream.find('userId:ada')!
    const kiosk = stream.people.link('anonymousId:kiosk')!
    // This node's clock is behind that of the node that merged them.
    stream.now = NOW - 1000
    stream.take(unmergeOf(stream, merged.id, [kiosk]))
    const last = stream.lines('identity_links').at(-1)!
    expect(last).toMatchObject({ source: kiosk, canonical: kiosk, cause: 'unmerged test', at: NOW + 1 })
  })

  it('stays: the same evidence does not merge them again', () => {
    const stream = glued()
    stream.take(unmergeOf(stream, stream.find('userId:ada')!.id, [stream.people.link('anonymousId:kiosk')!]))
    stream.events({ userId: 'ada', anonymousId: 'kiosk' }, { type: 'alias', previousId: 'kiosk', userId: 'ada' })
    expect(stream.find('userId:ada')).toMatchObject({ events: 5, identifiers: ['userId:ada'] })
    expect(stream.find('anonymousId:kiosk')).toMatchObject({ events: 3 })
    // Whoever else it turns out to be is not kept out.
    stream.events({ userId: 'bob', anonymousId: 'kiosk' })
    expect(stream.find('anonymousId:kiosk')).toMatchObject({ userId: 'bob', events: 4 })
    expect(stream.find('userId:ada')?.splits).toHaveLength(1)
  })

  it('is taken back by rejoin, and by nothing else', () => {
    const stream = glued()
    const { id } = stream.find('userId:ada')!
    const kiosk = stream.people.link('anonymousId:kiosk')!
    const before = stream.find('userId:ada')
    stream.take(unmergeOf(stream, id, [kiosk]))
    const rejoin = { kind: 'rejoin', profile: kiosk, other: id, by: 'test' } as const
    expect(stream.take(rejoin).applied).toEqual([{ outcome: 'stored', profile: id, source: kiosk }])
    const who = ['version', 'origins', 'session']
    expect(without(stream.find('anonymousId:kiosk'), ...who)).toEqual(without(before, ...who))
    expect(stream.find('userId:ada')?.splits).toBeUndefined()
    expect(stream.lines('identity_links').at(-1)).toMatchObject({
      source: kiosk,
      canonical: id,
      cause: 'rejoined test',
    })
    expect(stream.take(rejoin).applied).toEqual([{ outcome: 'refused', reason: 'known' }])
  })

  it('of the source that names the person leaves the others together', () => {
    const stream = new TestStream()
    stream.events(
      { anonymousId: 'a' },
      { anonymousId: 'b' },
      { anonymousId: 'a', userId: 'u' },
      { anonymousId: 'b', userId: 'u' },
    )
    const { id, sources } = stream.find('userId:u')!
    expect(id).toBe(stream.people.link('anonymousId:a'))
    stream.take(unmergeOf(stream, id, [id]))
    expect(stream.find('anonymousId:a')).toMatchObject({ id, sources: [id], events: 1 })
    const user = stream.people.link('userId:u')!
    expect(stream.find('userId:u')).toMatchObject({ id: user, events: 3, identifiers: ['userId:u', 'anonymousId:b'] })
    expect(stream.find('anonymousId:b')).toBe(stream.find('userId:u'))
    const [told] = stream
      .lines('identity_links')
      .filter(({ source }) => source === sources.at(-1))
      .slice(-1)
    expect(told).toMatchObject({ canonical: user })
  })

  it('of a person who was split before hands the splits on with their sources', () => {
    const stream = new TestStream()
    const devices = ['a', 'b', 'c']
    stream.events(...devices.map(anonymousId => ({ anonymousId })))
    stream.events(...devices.map(anonymousId => ({ anonymousId, userId: 'u' })))
    const source = (name: string) => stream.people.link(`anonymousId:${name}`)!
    const { id } = stream.find('userId:u')!
    for (const name of ['c', 'b']) stream.take(unmergeOf(stream, id, [source(name)]))
    stream.events(...devices.map(anonymousId => ({ anonymousId, userId: 'u' })))
    expect(stream.people.persons().map(({ identifiers }) => identifiers)).toEqual([
      ['anonymousId:a', 'userId:u'],
      ['anonymousId:b'],
      ['anonymousId:c'],
    ])
  })

  it('R8 a refusal that is not in the log holds for both', () => {
    const stream = glued()
    const { id } = stream.find('userId:ada')!
    const said = { ads: false, email: true }
    const statement = { identifiers: ['userId:ada'], said, at: NOW, lag: 0, index: 0, hash: 1 }
    stream.take({ kind: 'consent', statement })
    stream.take(unmergeOf(stream, id, [stream.people.link('anonymousId:kiosk')!]))
    for (const identifier of ['userId:ada', 'anonymousId:kiosk']) {
      expect(stream.find(identifier)?.consent).toEqual({ ads: { granted: false, at: NOW, lag: 0, index: 0, hash: 1 } })
    }
  })
})

describe('R5 memberships', () => {
  const conditions: Readonly<Record<string, Condition>> = {
    twice: { did: 'Order Completed', atLeast: 2 },
    osloers: { trait: 'city', is: 'Oslo' },
    pros: { trait: 'plan', is: 'pro' },
  }
  const segments = Object.entries(conditions).map(([key, condition]) => ({ key, version: 1, condition, live: true }))
  const signals = [{ need: times({ event: 'Order Completed' }, 10), since: 0, filled: true }]
  const plan = planOf({ version: 1, zone: 'UTC', calendar: [], computed: [], segments, signals })
  const told = (stream: TestStream, from = 0) =>
    stream
      .lines('events')
      .filter(({ type }) => type === 'segment')
      .slice(from)
      .map(({ name, properties, profile }) => [name, (properties as { segment: string }).segment, profile])

  it('are right for both after an un-merge, and what is no longer so is taken back by an event', () => {
    const stream = glued(plan)
    const { id, memberships = {} } = stream.find('userId:ada')!
    expect(Object.keys(memberships).sort()).toEqual(['osloers', 'pros', 'twice'])
    const before = told(stream).length
    const kiosk = stream.people.link('anonymousId:kiosk')!
    stream.take(unmergeOf(stream, id, [kiosk]))
    expect(Object.keys(stream.find('userId:ada')?.memberships ?? {})).toEqual(['pros'])
    expect(Object.keys(stream.find('anonymousId:kiosk')?.memberships ?? {})).toEqual(['osloers'])
    expect(told(stream, before).sort()).toEqual([
      ['Segment Entered', 'osloers', kiosk],
      ['Segment Left', 'osloers', id],
      ['Segment Left', 'twice', id],
    ])
  })

  it('stay as they are after a rebuild of what was right', () => {
    const stream = glued(plan)
    const { id, memberships } = stream.find('userId:ada')!
    const before = told(stream).length
    stream.take(rebuildOf(stream, id))
    expect(stream.find('userId:ada')?.memberships).toEqual(memberships)
    expect(told(stream, before)).toEqual([])
  })
})

describe('R1 an un-merge that was passed by', () => {
  const conflicts = (change: (stream: TestStream, entry: Unmerge) => Unmerge) => {
    const stream = glued()
    const entry = unmergeOf(stream, stream.find('userId:ada')!.id, [stream.people.link('anonymousId:kiosk')!])
    const changed = change(stream, entry)
    const before = new Map(stream.people.profiles)
    expect(stream.take(changed)).toEqual({ applied: [{ outcome: 'conflict' }], rows: [] })
    expect([...stream.people.profiles]).toEqual([...before])
  }

  it('by an event of that person', () => {
    conflicts((stream, entry) => {
      stream.events({ anonymousId: 'kiosk' })
      return entry
    })
  })

  it('by definitions, for which the log would have been read differently', () => {
    conflicts((_, entry) => ({ ...entry, definitions: 2 }))
  })

  it('by a merge into somebody else', () => {
    const stream = new TestStream()
    stream.events({ anonymousId: 'a' }, { type: 'alias', previousId: 'x', anonymousId: 'a', userId: 'u' })
    const { id } = stream.find('userId:u')!
    const entry = unmergeOf(stream, id, [stream.people.link('anonymousId:x')!])
    stream.take(entry)
    expect(stream.take(entry).applied).toEqual([{ outcome: 'conflict' }])
  })

  it('or that does not name all of the sources, each once', () => {
    conflicts((_, { parts, ...entry }) => ({ ...entry, parts: [parts[0], { ...parts[1], sources: [] }] }))
    conflicts((_, { parts, ...entry }) => ({ ...entry, parts: [parts[0], parts[0]] }))
    conflicts((_, entry) => ({ ...entry, profile: 'nobody' }))
  })
})

describe('R11 bounds of splits', () => {
  it('a person with 100 is split no further', () => {
    const stream = new TestStream()
    const devices = Array.from({ length: IDENTITY_LIMITS.splits + 1 }, (_, i) => `d${i}`)
    stream.events(...devices.map(anonymousId => ({ anonymousId, userId: 'u' })))
    const { id } = stream.find('userId:u')!
    const split = (name: string) => {
      return stream.take(unmergeOf(stream, id, [stream.people.link(`anonymousId:${name}`)!])).applied[0]
    }
    const outcomes = devices.map(name => split(name)?.outcome)
    expect(outcomes.slice(0, -1).every(outcome => outcome === 'stored')).toBe(true)
    expect(outcomes.at(-1)).toBe('refused')
    expect(stream.find('userId:u')?.sources).toHaveLength(2)
  })
})

describe('a rejoin', () => {
  it('of what was never split, or of nobody, is refused', () => {
    const stream = new TestStream()
    stream.events({ userId: 'u' }, { userId: 'v' })
    const rejoin = (profile: string, other: string) =>
      stream.take({ kind: 'rejoin', profile, other, by: 'test' }).applied[0]
    expect(rejoin('p1', 'p2')).toEqual({ outcome: 'refused', reason: 'not-split' })
    expect(rejoin('p1', 'p1')).toEqual({ outcome: 'refused', reason: 'known' })
    expect(rejoin('p1', 'nobody')).toEqual({ outcome: 'refused', reason: 'unknown' })
  })

  it('of two who have become different users is refused: users are never merged', () => {
    const stream = glued()
    const { id } = stream.find('userId:ada')!
    const kiosk = stream.people.link('anonymousId:kiosk')!
    stream.take(unmergeOf(stream, id, [kiosk]))
    stream.events({ userId: 'bob', anonymousId: 'kiosk' })
    expect(stream.take({ kind: 'rejoin', profile: id, other: kiosk, by: 'test' }).applied).toEqual([
      { outcome: 'refused', reason: 'apart' },
    ])
  })
})

describe('R10 a rebuild', () => {
  it('makes a person anew from the log, who they are stays', () => {
    const stream = glued()
    const before = stream.find('userId:ada')!
    expect(stream.take(rebuildOf(stream, before.id)).applied).toMatchObject([{ outcome: 'stored', profile: before.id }])
    expect(stream.find('userId:ada')).toEqual({ ...before, version: before.version + 1, session: expect.anything() })
  })

  it('is passed by like an un-merge', () => {
    const stream = glued()
    const entry = rebuildOf(stream, stream.find('userId:ada')!.id)
    stream.events({ userId: 'ada' })
    expect(stream.take(entry).applied).toEqual([{ outcome: 'conflict' }])
    expect(readingOf(stream, stream.find('userId:ada')!.id).version).toBe(entry.version + 1)
  })
})
