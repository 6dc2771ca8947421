import { hash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { filesIn, filesWith } from '../testing/raw.ts'
import { SECRET_KEY, type TestServer, testServer } from '../testing/server.ts'

/** Planted wherever something of a person can stand. */
const MARK = 'marzipan4711'
const AGENT = `Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0 ${MARK}`
const open: TestServer[] = []
afterEach(async () => {
  for (const server of open.splice(0).reverse()) await server.stop()
})

async function started(...args: Parameters<typeof testServer>): Promise<TestServer> {
  const server = await testServer(...args)
  open.push(server)
  return server
}

const event = (body: object, at = Date.now()) => ({ type: 'track', timestamp: new Date(at).toISOString(), ...body })

/** Somebody with two devices, traits, events, decisions and exposures, each with the mark in it; and somebody else. */
async function plant(server: TestServer): Promise<void> {
  await server.post('/v1/definitions', {
    changes: [
      { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
      { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: 'default' } },
      {
        kind: 'experience',
        key: 'offer',
        body: {
          tactic: 'content',
          touchpoints: ['home.hero'],
          control: 0,
          audience: { trait: 'plan', exists: true },
          variants: [{ key: 'a', content: { 'home.hero': 'personal' } }],
        },
      },
    ],
  })
  const context = { userAgent: AGENT, page: { url: `https://shop.example/${MARK}` } }
  const batch = [
    event({ anonymousId: `web-${MARK}`, event: `Seen ${MARK}`, properties: { text: MARK }, context }),
    event({
      anonymousId: `web-${MARK}`,
      userId: `user-${MARK}`,
      type: 'identify',
      traits: { plan: MARK, phone: MARK },
    }),
    event({ anonymousId: `app-${MARK}`, userId: `user-${MARK}`, event: 'Order Completed', messageId: MARK, context }),
    event({ userId: `user-${MARK}`, event: 'Long ago' }, Date.now() - 90 * 86_400_000),
    event({ userId: 'bob', event: 'Order Completed' }),
  ]
  expect((await server.post('/v1/batch', { batch })).json).toEqual({ success: true })
  const asked = { userId: `user-${MARK}`, touchpoints: ['home.hero'], expose: true, context: { query: MARK } }
  expect((await server.post('/v1/decide', asked)).json.answers['home.hero'].content).toBe('personal')
}

const eraseUser = (server: TestServer, userId = `user-${MARK}`) =>
  server.call('DELETE', `/v1/profiles/${encodeURIComponent(`userId:${userId}`)}`)

async function finished(server: TestServer, id: string) {
  await vi.waitFor(async () => expect((await server.get(`/v1/erasures/${id}`)).json.stage).toBe('physical'), {
    timeout: 30_000,
    interval: 50,
  })
  return (await server.get(`/v1/erasures/${id}`)).json
}

describe('R8 erase', () => {
  it('is logical at once and physical in seconds: a raw search of every file finds no planted marker', async () => {
    const server = await started()
    const { data } = server.services.options
    await plant(server)
    await server.services.shipper.drain(5000)
    // The search can find: the store and the warehouse both hold it before.
    const before = await filesWith(data, [MARK])
    for (const part of ['/store/', '/warehouse/'])
      expect(
        before.some(path => path.includes(part)),
        part,
      ).toBe(true)

    const answer = await eraseUser(server)
    expect(answer.status, answer.text).toBe(202)
    expect(answer.json).toMatchObject({ stage: 'logical', logical: { facts: { identifiers: 3 } } })
    expect(answer.text).not.toContain(MARK)
    for (const ref of [`userId:user-${MARK}`, `anonymousId:web-${MARK}`, answer.json.profile]) {
      expect((await server.get(`/v1/profiles/${encodeURIComponent(ref)}`)).status, ref).toBe(404)
    }
    const asked = { userId: `user-${MARK}`, touchpoints: ['home.hero'] }
    const { answers, profile } = (await server.post('/v1/decide', asked, { key: SECRET_KEY })).json
    expect(answers['home.hero']).toMatchObject({ content: 'default', reason: 'no-experience' })
    expect(profile).toBeUndefined()

    const done = await finished(server, answer.json.id)
    expect(done.physical.facts).toMatchObject({
      erasure: answer.json.id,
      after: answer.json.logical.sha256,
      rows: { decisions: 1, exposures: 1 },
    })
    expect(done.physical.facts.rows.events).toBeGreaterThanOrEqual(4)
    expect(await filesWith(data, [MARK])).toEqual([])
    const { totals } = (await server.get('/v1/summary')).json
    expect(totals).toMatchObject({ events: 1, people: 1, decisions: 0, exposures: 0 })
    expect((await server.get('/v1/profiles/userId:bob')).json.profile.events).toBe(1)
    // Nor after a restart, which replays what there is.
    await server.close()
    expect(await filesWith(data, [MARK])).toEqual([])
    expect((await filesIn(data)).length).toBeGreaterThan(10)
  }, 60_000)

  it('receipts prove themselves, and name nothing personal', async () => {
    const server = await started()
    await plant(server)
    const { id } = (await eraseUser(server)).json
    const erasure = await finished(server, id)
    for (const { facts, sha256 } of [erasure.logical, erasure.physical]) {
      expect(hash('sha256', JSON.stringify(facts), 'hex')).toBe(sha256)
    }
    const list = await server.get('/v1/erasures')
    expect(list.json.erasures).toEqual([erasure])
    expect(list.text).not.toContain(MARK)
    expect(JSON.stringify(await server.services.store.records.page('main', undefined, 10))).not.toContain(MARK)
    expect((await server.get('/v1/erasures/no-such')).status).toBe(404)
    expect((await eraseUser(server)).status).toBe(404)
  }, 60_000)

  it('late retries stay out, and are counted; what happens afterwards is somebody new', async () => {
    const server = await started()
    const late = event({ userId: 'ada', event: MARK }, Date.now() - 60_000)
    await server.post('/v1/identify', { userId: 'ada', traits: { a: 1 } })
    await eraseUser(server, 'ada')
    const { json } = await server.post('/v1/batch', { batch: [late, event({ userId: 'bob', event: 'Fine' })] })
    expect(json).toEqual({ success: true, refused: [{ index: 0, reason: 'erased' }] })
    const items = [{ row: 0, ...late }]
    const imported = await server.post('/v1/import', { file: 'b'.repeat(64), items })
    expect(imported.json).toMatchObject({ stored: 0, errors: [{ row: 0, code: 'erased' }] })
    expect((await server.get('/metrics')).text).toMatch(/espalier_events_total\{outcome="erased"\} 2/)
    expect((await server.post('/v1/track', { userId: 'ada', event: 'Back again' })).json).toEqual({ success: true })
    expect((await server.get('/v1/profiles/userId:ada')).json.profile).toMatchObject({ events: 1, traits: {} })
    expect((await server.post('/v1/track', late)).json.refused).toHaveLength(1)
  })

  it('while the warehouse is down they are gone already, and the rest follows when it is back', async () => {
    const server = await started()
    await plant(server)
    const { warehouse } = server.services
    const insert = vi.spyOn(warehouse, 'insert').mockRejectedValue(new Error('down'))
    await server.post('/v1/track', { userId: `user-${MARK}`, event: `Waiting ${MARK}` })
    const { id } = (await eraseUser(server)).json
    expect((await server.get(`/v1/profiles/userId:user-${MARK}`)).status).toBe(404)
    await vi.waitFor(
      async () => expect((await server.get(`/v1/erasures/${id}`)).json.error).toEqual(expect.any(String)),
      {
        timeout: 20_000,
      },
    )
    insert.mockRestore()
    await server.services.eraser.round()
    await finished(server, id)
    expect(await filesWith(server.services.options.data, [MARK])).toEqual([])
  }, 60_000)

  it('R13 of one workspace leaves the same identifier of another alone', async () => {
    const server = await started()
    const other = (await server.post('/v1/workspaces', { workspace: 'other' }, { key: 'admin-key-of-tests' })).json
    for (const key of [undefined, other.writeKey]) {
      await server.post('/v1/track', { userId: 'ada', event: 'x' }, key === undefined ? {} : { key })
    }
    const { id } = (await eraseUser(server, 'ada')).json
    await finished(server, id)
    const theirs = { key: other.secretKey }
    expect((await server.get('/v1/profiles/userId:ada', theirs)).json).toMatchObject({
      profile: { events: 1 },
      timeline: [{ name: 'x' }],
    })
    expect((await server.get(`/v1/erasures/${id}`, theirs)).status).toBe(404)
    expect((await server.get('/v1/erasures', theirs)).json.erasures).toEqual([])
  }, 60_000)
})

describe('export', () => {
  it('holds everything that is known of a person, from the store and the warehouse, and says when it is whole', async () => {
    const server = await started()
    await plant(server)
    const { text, status, headers } = await server.get(`/v1/profiles/userId:user-${MARK}/export`)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain('ndjson')
    const lines = text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const kinds = (kind: string) => lines.filter(line => line.kind === kind)
    expect(lines[0]).toMatchObject({ kind: 'about', complete: true, rows: { event: 4, decision: 1, exposure: 1 } })
    expect(kinds('profile')[0].profile).toMatchObject({ userId: `user-${MARK}`, traits: { phone: { value: MARK } } })
    expect(kinds('event').map(line => line.name)).toEqual(['Long ago', `Seen ${MARK}`, 'identify', 'Order Completed'])
    expect(kinds('event')[1]).toMatchObject({ properties: { text: MARK }, context: { userAgent: AGENT } })
    expect(kinds('decision')[0]).toMatchObject({ context: { query: MARK }, 'answers.variant': ['a'] })
    expect(kinds('exposure')).toHaveLength(1)
    expect(kinds('identity').length).toBeGreaterThan(0)
    expect(lines.at(-1)).toEqual({ kind: 'end', lines: lines.length })
    expect(text).not.toContain('bob')
  })
})
