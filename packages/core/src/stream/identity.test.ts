import { describe, expect, it } from 'vitest'
import { bucketKeyOf } from '../identity/bucketKey.ts'
import { IDENTITY_LIMITS } from '../identity/limits.ts'
import { identityRules } from '../identity/rules.ts'
import { TEST_NOW, TestStream } from './testing.ts'

const NOW = TEST_NOW
const links = (stream: TestStream) =>
  stream.lines('identity_links').map(({ source, canonical, cause, silent }) => [source, canonical, cause, silent])

describe('who an event belongs to', () => {
  it('R12 each identifier has a source of its own, whose person the others lead to', () => {
    const stream = new TestStream()
    expect(stream.events({ anonymousId: 'a' }, { anonymousId: 'a', userId: 'u' }, { anonymousId: 'a' })).toEqual([
      'p1',
      'p2',
      'p1',
    ])
    expect(stream.people.profile('p2')).toEqual({ id: 'p2', mergedInto: 'p1' })
    expect(stream.find('userId:u')).toMatchObject({
      id: 'p1',
      userId: 'u',
      events: 3,
      bucketKey: bucketKeyOf('anonymousId:a'),
      identifiers: ['anonymousId:a', 'userId:u'],
      sources: ['p1', 'p2'],
      origins: [
        { identifier: 'anonymousId:a', firstSeen: NOW, since: 0 },
        { identifier: 'userId:u', firstSeen: NOW },
      ],
    })
  })

  it('R12 a merge leaves links and rows where they were and writes who the source is now, and why', () => {
    const stream = new TestStream()
    stream.take(stream.event({ anonymousId: 'a' }, NOW - 1000), stream.event({ userId: 'u' }))
    const { applied, rows } = stream.take(stream.event({ anonymousId: 'a', userId: 'u', messageId: 'm' }))
    expect(applied[0]).toEqual({ outcome: 'stored', profile: 'p2', source: 'p2' })
    expect(stream.people.profile('p1')).toEqual({ id: 'p1', mergedInto: 'p2' })
    expect(stream.people.link('anonymousId:a')).toBe('p1')
    expect(stream.find('anonymousId:a')).toMatchObject({
      id: 'p2',
      events: 3,
      bucketKey: bucketKeyOf('anonymousId:a'),
      sources: ['p2', 'p1'],
    })
    expect(rows.map(({ table }) => table)).toEqual(['identity_links', 'events'])
    expect(stream.lines('identity_links')).toEqual([
      {
        workspace: 'w',
        source: 'p1',
        canonical: 'p2',
        at: NOW,
        cause: 'merged m',
        identifier: 'anonymousId:a',
        evidence: 'userId:u',
        won: 'userId',
        bucket_key: bucketKeyOf('anonymousId:a'),
        silent: false,
      },
    ])
    expect(stream.events({ anonymousId: 'a' })).toEqual(['p1'])
  })

  it('the older profile gives the bucket key, the smaller id of two as old', () => {
    const stream = new TestStream()
    const { take, event } = { take: stream.take.bind(stream), event: stream.event.bind(stream) }
    take(event({ userId: 'u' }, NOW - 5), event({ anonymousId: 'a' }, NOW - 4), event({ anonymousId: 'b' }, NOW - 5))
    take(event({ anonymousId: 'a', userId: 'u' }), event({ anonymousId: 'b', userId: 'u' }))
    expect(stream.find('userId:u')).toMatchObject({
      bucketKey: bucketKeyOf('userId:u'),
      sources: ['p1', 'p2', 'p3'],
    })
  })

  it('a link is silent until something is filed under it, so that reports need not join it', () => {
    const stream = new TestStream()
    stream.events({ anonymousId: 'a', userId: 'u', messageId: 'm1' })
    expect(links(stream)).toEqual([['p2', 'p1', 'new m1', true]])
    stream.events({ userId: 'u' }, { anonymousId: 'a', messageId: 'm2' }, { anonymousId: 'a' })
    expect(links(stream).slice(1)).toEqual([['p2', 'p1', 'filed m2', false]])
    expect(stream.find('userId:u')?.origins?.[1]).toEqual({
      identifier: 'anonymousId:a',
      firstSeen: NOW,
      since: NOW + 1,
    })
  })

  it('a source remembers the first that came with it, however late it comes', () => {
    const stream = new TestStream()
    stream.events({ anonymousId: 'a' }, { anonymousId: 'a', userId: 'u' })
    stream.take(stream.event({ anonymousId: 'a' }, NOW - 9000), stream.event({ userId: 'u' }, NOW - 500))
    expect(stream.find('userId:u')?.origins?.map(({ firstSeen }) => NOW - firstSeen)).toEqual([9000, 500])
  })

  it('somebody who asks for a decision is a person, and what is decided may be filed', () => {
    const stream = new TestStream()
    stream.events({ anonymousId: 'a', userId: 'u' })
    const { applied } = stream.take({ kind: 'appearance', anonymousId: 'a', at: NOW })
    expect(applied[0]).toEqual({ outcome: 'stored', profile: 'p1', source: 'p2' })
    expect(links(stream).at(-1)).toEqual(['p2', 'p1', 'filed appearance', false])
  })
})

describe('an alias', () => {
  const alias = (more: object) => ({ type: 'alias', ...more })

  it('merges what was known by the previousId', () => {
    const stream = new TestStream()
    stream.events({ anonymousId: 'a' }, { userId: 'u' }, alias({ previousId: 'a', userId: 'u' }))
    expect(stream.find('anonymousId:a')).toMatchObject({ userId: 'u', events: 3 })
  })

  it('of an unknown previousId links it for later', () => {
    const stream = new TestStream()
    stream.events(alias({ previousId: 'a', userId: 'u' }), { anonymousId: 'a' })
    expect(stream.find('anonymousId:a')).toMatchObject({
      userId: 'u',
      events: 2,
      bucketKey: bucketKeyOf('anonymousId:a'),
    })
  })

  it("whose previousId is somebody's userId unites nothing", () => {
    const stream = new TestStream()
    stream.events({ userId: 'old' }, alias({ previousId: 'old', userId: 'new' }))
    expect(stream.find('userId:old')).toMatchObject({ events: 1 })
    expect(stream.find('userId:new')).toMatchObject({ events: 1, identifiers: ['userId:new'] })
    expect(stream.people.link('anonymousId:old')).toBeUndefined()
  })

  it('may bring the device too', () => {
    const stream = new TestStream()
    stream.events({ anonymousId: 'a' }, { anonymousId: 'b' }, alias({ previousId: 'a', anonymousId: 'b', userId: 'u' }))
    expect(stream.find('userId:u')).toMatchObject({ id: 'p1', events: 3, sources: ['p1', 'p3', 'p2'] })
  })

  it('of oneself, and aliases in a circle, unite nobody with anybody else', () => {
    const stream = new TestStream()
    stream.events(
      alias({ previousId: 'u', userId: 'u' }),
      alias({ previousId: 'u', userId: 'v' }),
      alias({ previousId: 'v', userId: 'u' }),
      alias({ previousId: 'v', userId: 'v' }),
      { anonymousId: 'u', userId: 'u' },
    )
    expect(stream.find('userId:u')?.userId).toBe('u')
    expect(stream.find('userId:v')?.userId).toBe('v')
    expect(stream.people.persons().map(({ events }) => events)).toEqual(expect.arrayContaining([3, 2]))
  })
})

describe('a device that several people use', () => {
  it('is its own from the second user on: nobody gets what happens on it without a user', () => {
    const stream = new TestStream()
    stream.events({ anonymousId: 'a' }, { anonymousId: 'a', userId: 'u' }, { anonymousId: 'a' })
    const before = stream.people.link('anonymousId:a')
    stream.events({ anonymousId: 'a', userId: 'v', messageId: 'm' }, { anonymousId: 'a' }, { anonymousId: 'a' })
    expect(stream.find('userId:u')).toMatchObject({ events: 3, identifiers: ['userId:u'], sources: [before, 'p2'] })
    expect(stream.find('userId:v')).toMatchObject({ events: 1, identifiers: ['userId:v'] })
    expect(stream.find('anonymousId:a')).toMatchObject({ events: 2, identifiers: ['anonymousId:a'] })
    expect(stream.find('anonymousId:a')?.bucketKey).toBe(bucketKeyOf('anonymousId:a'))
    expect(stream.lines('identity_links').at(-1)).toMatchObject({
      identifier: 'anonymousId:a',
      cause: 'shared m',
      evidence: 'userId:v',
      silent: false,
    })
  })

  it('is linked with nobody any more, whoever comes, and costs nobody a write', () => {
    const stream = new TestStream()
    stream.events({ anonymousId: 'a', userId: 'u' }, { anonymousId: 'a', userId: 'v' })
    const told = stream.lines('identity_links').length
    const alone = stream.find('anonymousId:a')
    stream.events(...['u', 'v', 'w', 'x', 'y'].map(userId => ({ anonymousId: 'a', userId })))
    expect(stream.lines('identity_links')).toHaveLength(told)
    expect(stream.find('anonymousId:a')).toBe(alone)
    for (const user of ['u', 'v', 'w', 'x', 'y']) {
      expect(stream.find(`userId:${user}`)?.identifiers).toEqual([`userId:${user}`])
    }
  })

  it('R11 may be told to bear more people: until then it stays with the first, who are counted once each', () => {
    const identity = identityRules({ kinds: [{ kind: 'anonymousId', people: 3 }] })
    const stream = new TestStream({ identity })
    stream.events(...['u', 'v', 'v', 'w', 'v'].map(userId => ({ anonymousId: 'a', userId })), { anonymousId: 'a' })
    expect(stream.find('anonymousId:a')).toMatchObject({ userId: 'u', events: 2 })
    expect(stream.find('userId:u')?.origins?.[1]?.claimed).toEqual(['userId:v', 'userId:w'].map(bucketKeyOf))
    const version = stream.find('userId:u')?.version
    stream.events({ anonymousId: 'a', userId: 'v' })
    expect(stream.find('userId:u')?.version).toBe(version)
    stream.events({ anonymousId: 'a', userId: 'x' }, { anonymousId: 'a' })
    expect(stream.find('anonymousId:a')).toMatchObject({ events: 1, identifiers: ['anonymousId:a'] })
    expect(stream.find('userId:u')?.origins?.[1]?.claimed).toBeUndefined()
  })
})

describe('R11 bounds', () => {
  it('a user with 500 identifiers gets no more devices, and loses no event', () => {
    const stream = new TestStream()
    const most = IDENTITY_LIMITS.identifiers
    const devices = Array.from({ length: most + 1 }, (_, i) => stream.event({ anonymousId: `a${i}`, userId: 'u' }))
    stream.take(...devices)
    stream.events({ anonymousId: `a${most}` })
    expect(stream.find('userId:u')).toMatchObject({ events: most + 1 })
    expect(stream.find('userId:u')?.identifiers.length).toBe(most)
    expect(stream.find(`anonymousId:a${most}`)).toMatchObject({ events: 1 })
  })

  it('a storm of users on one device makes as many people, each link told once', () => {
    const stream = new TestStream()
    const storm = Array.from({ length: 2000 }, (_, i) => stream.event({ anonymousId: 'a', userId: `u${i}` }))
    const { rows } = stream.take(...storm)
    expect(stream.people.persons()).toHaveLength(2001)
    expect(rows.filter(({ table }) => table === 'identity_links')).toHaveLength(2)
  })

  it('a chain of merges is one person up to the bounds of its kinds, then the next; each source moves a few times', () => {
    const identity = identityRules({
      kinds: [
        { kind: 'email', limit: 300 },
        { kind: 'anonymousId', limit: 300 },
      ],
    })
    const stream = new TestStream({ identity })
    const known = Array.from({ length: 400 }, (_, i) => stream.event({ anonymousId: `a${i}` }))
    const identify = (n: number, i: number) =>
      stream.event({ type: 'identify', anonymousId: `a${n}`, traits: { email: `e${i}@x.example` } })
    stream.take(...known)
    const { rows } = stream.take(...known.slice(1).flatMap((_, i) => [identify(i, i), identify(i + 1, i)]))
    const people = stream.people.persons().filter(({ events }) => events > 1)
    for (const person of people) {
      expect(person.sources.length).toBeLessThanOrEqual(IDENTITY_LIMITS.sources)
      expect(person.identifiers.filter(id => id.startsWith('email:')).length).toBeLessThanOrEqual(300)
    }
    expect(people.length).toBeGreaterThan(1)
    expect(people.reduce((sum, { events }) => sum + events, 0)).toBe(400 + 2 * 399)
    expect(rows.filter(({ table }) => table === 'identity_links').length).toBeLessThan(10 * 800)
  })
})

describe('kinds of identifier', () => {
  const EMAIL = { identity: identityRules({ kinds: [{ kind: 'userId' }, { kind: 'email' }, { kind: 'phone' }] }) }
  const identify = (ids: object, traits: object) => ({ type: 'identify', ...ids, traits })

  it('an address that two devices state makes them one person', () => {
    const stream = new TestStream(EMAIL)
    stream.events(
      identify({ anonymousId: 'a' }, { email: 'Ada@X.example ' }),
      identify({ anonymousId: 'b' }, { email: 'ada@x.example' }),
      { anonymousId: 'b' },
    )
    expect(stream.find('email:ada@x.example')).toMatchObject({ events: 3 })
    expect(stream.find('anonymousId:a')).toBe(stream.find('anonymousId:b'))
  })

  it('an event may name somebody by nothing else', () => {
    const stream = new TestStream(EMAIL)
    const [source] = stream.events({ context: { externalIds: [{ id: '+49 (0)30-123456', type: 'phone' }] } })
    expect(stream.find('phone:+49030123456')).toMatchObject({ id: source, events: 1 })
    const unlike = {
      context: {
        externalIds: [
          { id: 'x', type: 'phone' },
          { id: 'g', type: 'phone', collection: 'accounts' },
        ],
      },
    }
    expect(() => stream.event(unlike)).toThrow('userId is missing')
    expect(() => new TestStream().event({ context: { traits: { email: 'ada@x.example' } } })).toThrow('userId')
  })

  it("a group call's traits are the account's", () => {
    const stream = new TestStream(EMAIL)
    stream.events({ type: 'group', userId: 'u', groupId: 'g', traits: { email: 'office@x.example' } })
    expect(stream.find('email:office@x.example')).toBeUndefined()
  })

  it('two users who state one address stay two, and the address is its own', () => {
    const stream = new TestStream(EMAIL)
    const family = { email: 'family@x.example' }
    stream.events(identify({ userId: 'u' }, family), identify({ userId: 'v' }, family), {
      context: { traits: family },
    })
    expect(stream.find('userId:u')?.identifiers).toEqual(['userId:u'])
    expect(stream.find('userId:v')?.identifiers).toEqual(['userId:v'])
    expect(stream.find('email:family@x.example')).toMatchObject({ events: 1 })
  })

  it('a unique kind has one value a person: another tells two people apart', () => {
    const stream = new TestStream({ identity: identityRules({ kinds: [{ kind: 'email', unique: true }] }) })
    const say = (anonymousId: string, email: string) => identify({ anonymousId }, { email })
    stream.events(say('a', 'one@x.example'), say('b', 'two@x.example'), say('a', 'two@x.example'))
    expect(stream.find('email:one@x.example')?.events).toBe(1)
    expect(stream.find('email:two@x.example')?.events).toBe(2)
    expect(stream.find('anonymousId:a')?.identifiers).toEqual(['anonymousId:a'])
  })

  it('R11 a kind has a limit: further values stay nobody’s', () => {
    const stream = new TestStream({ identity: identityRules({ kinds: [{ kind: 'email', limit: 2 }] }) })
    stream.events(...[1, 2, 3].map(n => identify({ userId: 'u' }, { email: `${n}@x.example` })))
    expect(stream.find('userId:u')).toMatchObject({
      events: 3,
      identifiers: ['userId:u', 'email:1@x.example', 'email:2@x.example'],
    })
    expect(stream.people.link('email:3@x.example')).toBeUndefined()
  })

  it('the first of its kinds that an event has names its source', () => {
    const kinds = [{ kind: 'loyalty', from: ['properties.card'] }, { kind: 'userId' }]
    const stream = new TestStream({ identity: identityRules({ kinds }) })
    stream.events({ userId: 'u', properties: { card: 77 } }, { userId: 'u' })
    expect(stream.find('loyalty:77')?.id).toBe(stream.find('userId:u')?.id)
    expect(stream.people.link('loyalty:77')).toBe(stream.lines('events')[0]?.profile)
    expect(stream.people.link('userId:u')).toBe(stream.lines('events')[1]?.profile)
  })

  it('without proof where proof is needed an event names a device, nobody else', () => {
    const stream = new TestStream(EMAIL)
    stream.events(identify({ userId: 'u' }, { email: 'ada@x.example' }))
    const claim = stream.event(identify({ anonymousId: 'thief' }, { email: 'ada@x.example' }))
    stream.take({ ...claim, unproven: true })
    expect(stream.find('anonymousId:thief')).toMatchObject({ events: 1, identifiers: ['anonymousId:thief'] })
  })

  it('what is blocked since it was read is refused, and is not remembered as taken in', () => {
    const stream = new TestStream()
    const entry = stream.event({ userId: 'tester-7', messageId: 'm' })
    const identity = identityRules({ kinds: [{ kind: 'userId', blocked: ['tester-*'] }] })
    const strict = new TestStream({ identity })
    expect(strict.take(entry)).toEqual({ applied: [{ outcome: 'refused', reason: 'nobody' }], rows: [] })
    expect(strict.people.seen('m')).toBe(false)
  })
})
