import { createHmac } from 'node:crypto'
import { bucketKeyOf } from '@espalier/core/identity'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from './testing/server.ts'
import { Rebuilder } from './workers/rebuild.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server?.stop())

const at = (minute: number) => new Date(Date.UTC(2026, 9, 1) + minute * 60_000).toISOString()
const send = async (...batch: object[]) => {
  const { status, json } = await server.post('/v1/batch', { batch })
  expect([status, json]).toEqual([200, { success: true }])
}
const view = (who: object, minute: number, properties: object = {}) => ({
  type: 'track',
  event: 'Viewed',
  timestamp: at(minute),
  properties,
  ...who,
})
const profileOf = async (ref: string) => (await server.get(`/v1/profiles/${encodeURIComponent(ref)}`)).json
const sourceOf = async (identifier: string) => (await server.services.store.people.locate('main', identifier))!.source
const identityOf = async (ref: string) => (await server.get(`/v1/profiles/${encodeURIComponent(ref)}/identity`)).json
const unmerge = (ref: string, split: unknown) =>
  server.post(`/v1/profiles/${encodeURIComponent(ref)}/unmerge`, { split })
const rejoin = (ref: string, other: string) =>
  server.post(`/v1/profiles/${encodeURIComponent(ref)}/rejoin`, { with: other })

describe('R12 undoing a merge', () => {
  it('two people are what the log says, apart until they are rejoined; the audit tells all of it', async () => {
    await send(
      view({ anonymousId: 'hall' }, 1, { product: 'p1' }),
      view({ userId: 'ada' }, 2),
      { type: 'identify', userId: 'ada', traits: { plan: 'pro' }, timestamp: at(3) },
      { ...view({ userId: 'ada', anonymousId: 'hall' }, 4), messageId: 'glue' },
      { type: 'identify', anonymousId: 'hall', traits: { city: 'Rome' }, timestamp: at(5) },
    )
    const before = await profileOf('userId:ada')
    expect(before.profile).toMatchObject({ events: 5, traits: { plan: { value: 'pro' }, city: { value: 'Rome' } } })

    const { status, json } = await unmerge('userId:ada', 'anonymousId:hall')
    expect(status).toBe(200)
    expect(json).toMatchObject({
      kept: { profile: before.profile.id, userId: 'ada', bucketKey: bucketKeyOf('userId:ada') },
      gone: { identifiers: ['anonymousId:hall'], bucketKey: bucketKeyOf('anonymousId:hall') },
    })
    const [ada, hall] = [await profileOf('userId:ada'), await profileOf('anonymousId:hall')]
    expect(ada.profile).toMatchObject({ events: 3, traits: { plan: { value: 'pro' } } })
    expect(ada.profile.traits.city).toBeUndefined()
    expect(ada.timeline).toHaveLength(3)
    expect(hall.profile).toMatchObject({ events: 2, traits: { city: { value: 'Rome' } } })
    expect(hall.timeline).toHaveLength(2)

    await send({ ...view({ userId: 'ada', anonymousId: 'hall' }, 6), messageId: 'again' })
    expect((await profileOf('userId:ada')).profile.events).toBe(4)
    expect((await profileOf('anonymousId:hall')).profile.events).toBe(2)

    const audit = await identityOf('userId:ada')
    expect(audit.historyComplete).toBe(true)
    expect(audit.history.map((link: { rule: string; by: string }) => [link.rule, link.by])).toEqual([
      ['merged', 'glue'],
      ['unmerged', 'from the options'],
    ])
    const [merged] = audit.history
    const { source } = json.gone.sources[0]
    expect(merged).toMatchObject({ source, canonical: before.profile.id, evidence: 'userId:ada', won: 'userId' })
    expect(audit.splits).toEqual([{ own: before.profile.id, other: source, at: expect.any(Number) }])

    expect((await rejoin('anonymousId:hall', 'userId:ada')).json).toMatchObject({
      profile: before.profile.id,
      splits: [],
    })
    expect((await profileOf('anonymousId:hall')).profile).toMatchObject({ id: before.profile.id, events: 6 })
    expect((await identityOf('anonymousId:hall')).history.at(-1)).toMatchObject({
      rule: 'rejoined',
      canonical: before.profile.id,
    })
  })

  it('is refused with the reason for what is not theirs, was never merged, or is all there is', async () => {
    await send(view({ anonymousId: 'x1', userId: 'x' }, 1), view({ anonymousId: 'x1' }, 2), view({ userId: 'y' }, 1))
    const codeOf = async (answer: ReturnType<typeof unmerge>) => [
      (await answer).status,
      (await answer).json.error?.code,
    ]
    const [x, y] = [await identityOf('userId:x'), await identityOf('userId:y')]
    expect(await codeOf(unmerge('userId:nobody', 'userId:y'))).toEqual([404, 'not_found'])
    expect(await codeOf(unmerge('userId:x', 'userId:nobody'))).toEqual([404, 'not_found'])
    expect(await codeOf(unmerge('userId:x', 'nonsense'))).toEqual([422, 'not_merged'])
    expect(await codeOf(unmerge('userId:x', 'userId:y'))).toEqual([422, 'not_merged'])
    expect(await codeOf(unmerge('userId:y', y.profile))).toEqual([422, 'not_merged'])
    expect(
      await codeOf(
        unmerge(
          'userId:x',
          x.sources.map((own: { source: string }) => own.source),
        ),
      ),
    ).toEqual([422, 'not_merged'])
    expect(await codeOf(unmerge('userId:x', []))).toEqual([400, 'invalid'])
    expect(await codeOf(rejoin('userId:x', 'userId:y'))).toEqual([422, 'identity_refused'])
    expect(await codeOf(rejoin('userId:x', 'anonymousId:x1'))).toEqual([422, 'identity_refused'])
    expect(await codeOf(rejoin('userId:x', 'userId:nobody'))).toEqual([404, 'not_found'])
    const path = '/v1/profiles/userId%3Ax/unmerge'
    expect((await server.post(path, { split: 'userId:x' }, { key: 'write-key-of-tests' })).status).toBe(403)
  })

  /** Reads logs as the server does, while something happens to the person `times` times. */
  function disturbed(times: number, happens: () => Promise<void>): Rebuilder {
    const { services } = server
    const { warehouse } = services
    let left = times
    const log: typeof warehouse.log = async function* (question) {
      yield* warehouse.log(question)
      if (left-- > 0) await happens()
    }
    return new Rebuilder({ ...services, warehouse: { log, logSize: question => warehouse.logSize(question) } })
  }

  it('R1 what happens to a person while their log is read is not lost: it is read again', async () => {
    await send(view({ anonymousId: 'b1' }, 1), view({ anonymousId: 'b1', userId: 'busy' }, 2))
    const { profile } = await identityOf('userId:busy')
    const rebuilder = disturbed(2, () => send(view({ anonymousId: 'b1' }, 3), view({ userId: 'busy' }, 3)))
    const [kept, gone] = await rebuilder.unmerge('main', profile, [await sourceOf('userId:busy')], 'test')
    expect([kept.identifiers, kept.events]).toEqual([['anonymousId:b1'], 3])
    expect([gone.identifiers, gone.events]).toEqual([['userId:busy'], 3])
  })

  it('R11 somebody to whom something happens all the time is left as they are, and the caller is told', async () => {
    await send(view({ anonymousId: 'c1' }, 1), view({ anonymousId: 'c1', userId: 'cron' }, 2))
    const { profile } = await identityOf('userId:cron')
    const rebuilder = disturbed(1000, () => send(view({ userId: 'cron' }, 3)))
    const split = [await sourceOf('userId:cron')]
    await expect(rebuilder.unmerge('main', profile, split, 'test')).rejects.toMatchObject({ code: 'conflict' })
    expect((await profileOf('userId:cron')).profile).toMatchObject({
      events: 8,
      identifiers: ['anonymousId:c1', 'userId:cron'],
    })
  })
})

describe('R10 a rebuild', () => {
  it('gives the person as they are, of any number of events', async () => {
    const events = Array.from({ length: 2500 }, (_, i) => ({
      ...view({ anonymousId: i % 2 ? 'r1' : 'r2', userId: 'rita' }, i % 900, { n: i }),
      messageId: `r${i}`,
    }))
    for (let i = 0; i < events.length; i += 1250) await send(...events.slice(i, i + 1250))
    const before = (await profileOf('userId:rita')).profile
    const after = await server.services.rebuilder.rebuild('main', before.id)
    expect(after.version).toBe(before.version + 1)
    const { version: _, session: __, ...same } = before
    expect(JSON.parse(JSON.stringify(after))).toMatchObject(same)
  })

  it('is refused where retention has removed part of the log, and so is an un-merge', async () => {
    const long = { timestamp: '2019-05-01T12:00:00.000Z' }
    await send({ ...view({ anonymousId: 'old1' }, 1), ...long }, view({ anonymousId: 'old1', userId: 'old' }, 2))
    const { id, sources } = (await profileOf('userId:old')).profile
    const { rebuilder, warehouse } = server.services
    const before = Date.UTC(2020, 0, 1)
    expect(await warehouse.expire({ workspace: 'main', table: 'events', before })).toBe(1)
    await expect(rebuilder.rebuild('main', id)).rejects.toMatchObject({ code: 'log_expired' })
    const { status, json } = await unmerge('userId:old', 'anonymousId:old1')
    expect([status, json.error.code]).toEqual([422, 'log_expired'])
    expect(json.error.message).toContain('2 events the warehouse has 1')
    expect((await profileOf('userId:old')).profile.sources).toEqual(sources)
  })

  it('R11 is refused where the log is too long to be read, and so is an un-merge', async () => {
    await send(view({ anonymousId: 'busy1' }, 1), view({ anonymousId: 'busy1', userId: 'busy' }, 2))
    const { id, sources } = (await profileOf('userId:busy')).profile
    const { rebuilder, warehouse } = server.services
    const { logSize } = warehouse
    warehouse.logSize = async question => ({ ...(await logSize.call(warehouse, question)), events: 500_001 })
    try {
      await expect(rebuilder.rebuild('main', id)).rejects.toMatchObject({ code: 'log_too_long' })
      const { status, json } = await unmerge('userId:busy', 'anonymousId:busy1')
      expect([status, json.error.code]).toEqual([422, 'log_too_long'])
      expect(json.error.message).toContain('500001 events and 500000 are replayed at most')
    } finally {
      warehouse.logSize = logSize
    }
    expect((await profileOf('userId:busy')).profile.sources).toEqual(sources)
  })
})

describe('kinds of identifier', () => {
  it('are what the settings say from the next commit on; blocked values name nobody', async () => {
    const identity = { kinds: [{ kind: 'userId', blocked: ['tester*'] }, { kind: 'email' }] }
    const changes = [{ kind: 'settings', key: 'workspace', body: { identity } }]
    expect((await server.post('/v1/definitions', { changes })).status).toBe(200)
    await send(
      { type: 'identify', anonymousId: 'm1', traits: { email: 'Max@x.example' } },
      { type: 'track', event: 'Clicked', context: { externalIds: [{ id: 'max@x.example', type: 'email' }] } },
    )
    expect((await profileOf('email:max@x.example')).profile).toMatchObject({ events: 2 })
    const blocked = { type: 'track', event: 'Viewed', userId: 'Tester-7' }
    const { status, json } = await server.post('/v1/batch', { batch: [blocked, { ...blocked, anonymousId: 'm1' }] })
    expect(status).toBe(200)
    expect(json.errors).toEqual([expect.objectContaining({ index: 0, code: 'no_user_anon_id' })])
    expect((await profileOf('anonymousId:m1')).profile).toMatchObject({ events: 3 })
    const decide = { touchpoints: ['home.hero'], userId: 'tester-8' }
    expect((await server.post('/v1/decide', decide)).json.error.path).toBe('body.userId')
    // What comes with a decide request is of the person who asks, unless it names somebody by any kind.
    const events = [
      { type: 'track', event: 'Seen' },
      { type: 'identify', traits: { email: 'somebody.else@example.com' } },
    ]
    const decided = await server.post('/v1/decide', { userId: 'asker', touchpoints: ['none'], events })
    expect(decided.status, decided.text).toBe(200)
    expect(decided.json).not.toHaveProperty('errors')
    const asker = await server.get('/v1/profiles/userId:asker')
    expect(asker.json.profile.identifiers).toEqual(['userId:asker'])
    expect(asker.json.profile.events).toBe(1)

    const broken = [{ kind: 'settings', key: 'workspace', body: { identity: { kinds: [{ kind: 'card' }] } } }]
    expect((await server.post('/v1/definitions', { changes: broken })).json.error.path).toBe('identity.kinds[0].from')
  })

  it.each([
    { anonymousId: 'device-of-a-link' },
    { userId: 'user-of-a-link' },
  ])('R13 a link that explains %j explains nobody who is said to be them later', async who => {
    const body = { identity: { kinds: [{ kind: 'email' }] } }
    const set = { changes: [{ kind: 'settings', key: 'workspace', body }] }
    expect((await server.post('/v1/definitions', set)).status).toBe(200)
    const email = `${Object.values(who)[0]}@known.example`
    const key = 'secret-key-of-tests'
    const known = { type: 'identify', anonymousId: `of ${email}`, traits: { email, rich: true } }
    expect((await server.post('/v1/batch', { batch: [known] }, { key })).status).toBe(200)
    const linkTo = async () => (await server.post('/v1/links', { allows: ['explain'], ...who }, { key })).json.link
    const link = await linkTo()
    const explain = (more: object) =>
      server.post('/v1/decide', { ...who, touchpoints: ['none'], explain: true, link, ...more })
    expect(await explain({ events: [{ type: 'page', name: 'Home' }] })).toMatchObject({ status: 200 })
    const claim = { type: 'identify', ...who, traits: { email } }
    const refusal = { status: 403, json: { error: { code: 'bad_link' } } }
    expect(await explain({ events: [claim] })).toMatchObject(refusal)
    expect(await explain({})).toMatchObject(refusal)
    expect(await explain({ link: await linkTo() })).toMatchObject({ status: 200 })
  })

  it('R13 where userIds must be proven, a public key names devices, nobody else', async () => {
    const body = { identity: { kinds: [{ kind: 'email' }] }, requireUserHash: true }
    expect(
      (await server.post('/v1/definitions', { changes: [{ kind: 'settings', key: 'workspace', body }] })).status,
    ).toBe(200)
    const victim = { type: 'identify', userId: 'eve', traits: { email: 'eve@x.example' } }
    expect((await server.post('/v1/batch', { batch: [victim] }, { key: 'secret-key-of-tests' })).status).toBe(200)
    const claim = { type: 'identify', anonymousId: 'thief', traits: { email: 'eve@x.example' } }
    await send(claim)
    expect((await profileOf('anonymousId:thief')).profile.identifiers).toEqual(['anonymousId:thief'])
    const { status, json } = await server.post('/v1/batch', { batch: [{ ...claim, anonymousId: undefined }] })
    expect([status, json.errors[0].code]).toEqual([400, 'user_hash_required'])
  })

  it('R13 nor does it say anything of a company, or belong to one', async () => {
    const member = { type: 'group', userId: 'eve', groupId: 'acme', traits: { plan: 'pro' } }
    expect((await server.post('/v1/batch', { batch: [member] }, { key: 'secret-key-of-tests' })).status).toBe(200)
    const claim = { type: 'group', anonymousId: 'thief', groupId: 'acme', traits: { plan: 'free' } }
    const { json } = await server.post('/v1/batch', { batch: [claim, { ...claim, type: 'track', event: 'Seen' }] })
    expect(json.errors).toMatchObject([{ index: 0, code: 'user_hash_required' }])
    expect((await server.get('/v1/accounts/acme')).json).toMatchObject({
      traits: { plan: 'pro' },
      members: { count: 1, first: [{ userId: 'eve' }] },
    })
    const { identitySecret } = (await server.get('/v1/identity-secret')).json
    const userHash = createHmac('sha256', identitySecret).update('mallory').digest('hex')
    expect((await server.post('/v1/group', { ...claim, userId: 'mallory', userHash })).status).toBe(200)
    expect((await server.get('/v1/accounts/acme')).json).toMatchObject({ members: { count: 2 } })
  })
})
