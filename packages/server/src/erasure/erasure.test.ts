import { hash } from 'node:crypto'
import { filesIn, filesWith } from '@espalier/testkit/files'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ADMIN_KEY, SECRET_KEY, type TestServer, testServer } from '../testing/server.ts'

const TIMEOUT = 300_000
let server: TestServer
beforeAll(async () => {
  server = await testServer()
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
})
afterAll(() => server.stop())

const agentOf = (mark: string) => `Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0 ${mark}`
const event = (body: object, at = Date.now()) => ({ type: 'track', timestamp: new Date(at).toISOString(), ...body })

/** Somebody with two devices, traits, events, decisions and exposures, the mark wherever something of a person can stand. */
async function plant(mark: string): Promise<void> {
  const userId = `user-${mark}`
  const context = { userAgent: agentOf(mark), page: { url: `https://shop.example/${mark}` } }
  // What has one time is exported in the order of its ids, which are drawn.
  const now = Date.now()
  const batch = [
    event({ anonymousId: `web-${mark}`, event: `Seen ${mark}`, properties: { text: mark }, context }, now - 3),
    event({ anonymousId: `web-${mark}`, userId, type: 'identify', traits: { plan: mark, phone: mark } }, now - 2),
    event({ anonymousId: `app-${mark}`, userId, event: 'Order Completed', messageId: mark, context }, now - 1),
    event({ userId, event: 'Long ago' }, now - 90 * 86_400_000),
    event({ userId: `neighbour-of-${hash('sha1', mark)}`, event: 'Order Completed' }),
  ]
  expect((await server.post('/v1/batch', { batch })).json).toEqual({ success: true })
  const asked = { userId, touchpoints: ['home.hero'], expose: true, context: { query: mark } }
  expect((await server.post('/v1/decide', asked)).json.answers['home.hero'].content).toBe('personal')
}

const refOf = (userId: string) => `/v1/profiles/${encodeURIComponent(`userId:${userId}`)}`
const erase = (userId: string) => server.call('DELETE', refOf(userId))

async function finished(id: string) {
  const look = async () => (await server.get(`/v1/erasures/${id}`)).json
  await vi.waitFor(async () => expect((await look()).stage).toBe('physical'), { timeout: 120_000, interval: 50 })
  return look()
}

describe('export', () => {
  it('R8 holds everything that is known of a person, from the store and the warehouse, and says when it is whole', async () => {
    const mark = 'nougat4712'
    await plant(mark)
    // An export waits some seconds for the warehouse; a machine that is short of cores takes longer.
    expect(await server.services.shipper.drain(120_000)).toBe(true)
    const { text, status, headers } = await server.get(`${refOf(`user-${mark}`)}/export`)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain('ndjson')
    const lines = text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const kinds = (kind: string) => lines.filter(line => line.kind === kind)
    expect(lines[0]).toMatchObject({ kind: 'about', complete: true, rows: { event: 5, decision: 1, exposure: 1 } })
    expect(kinds('profile')[0].profile).toMatchObject({ userId: `user-${mark}`, traits: { phone: { value: mark } } })
    const names = ['Long ago', `Seen ${mark}`, 'identify', 'Order Completed', 'Exposure']
    expect(kinds('event').map(line => line.name || line.type)).toEqual(names)
    expect(kinds('event')[1]).toMatchObject({ properties: { text: mark }, context: { userAgent: agentOf(mark) } })
    expect(kinds('decision')[0]).toMatchObject({ context: { query: mark }, 'answers.variant': ['a'] })
    expect(kinds('exposure')).toHaveLength(1)
    expect(kinds('identity').length).toBeGreaterThan(0)
    expect(lines.at(-1)).toEqual({ kind: 'end', lines: lines.length })
    expect(text).not.toContain('neighbour')
  })
})

describe('R8 erase', { timeout: TIMEOUT }, () => {
  it('late retries stay out, and are counted; what happens afterwards is somebody new', async () => {
    const late = event({ userId: 'ada', event: 'Late' }, Date.now() - 60_000)
    await server.post('/v1/identify', { userId: 'ada', traits: { a: 1 } })
    await erase('ada')
    const { json } = await server.post('/v1/batch', { batch: [late, event({ userId: 'bob', event: 'Fine' })] })
    expect(json).toEqual({ success: true, refused: [{ index: 0, reason: 'erased' }] })
    const items = [{ row: 0, ...late }]
    const imported = await server.post('/v1/import', { file: 'b'.repeat(64), items })
    expect(imported.json).toMatchObject({ stored: 0, errors: [{ row: 0, code: 'erased' }] })
    expect((await server.get('/metrics')).text).toMatch(/espalier_events_total\{outcome="erased"\} 2/)
    expect((await server.post('/v1/track', { userId: 'ada', event: 'Back again' })).json).toEqual({ success: true })
    expect((await server.get(refOf('ada'))).json.profile).toMatchObject({ events: 1, traits: {} })
    expect((await server.post('/v1/track', late)).json.refused).toHaveLength(1)
  })

  it('R13 of one workspace leaves the same identifier of another alone', async () => {
    const other = (await server.post('/v1/workspaces', { workspace: 'other' }, { key: ADMIN_KEY })).json
    for (const key of [undefined, other.writeKey]) {
      await server.post('/v1/track', { userId: 'eve', event: 'x' }, key === undefined ? {} : { key })
    }
    const { id } = (await erase('eve')).json
    await server.services.eraser.round()
    await finished(id)
    const theirs = { key: other.secretKey }
    const { profile, timeline } = (await server.get(refOf('eve'), theirs)).json
    expect([profile.events, timeline.map(({ name }: { name: string }) => name)]).toEqual([1, ['x']])
    expect((await server.get(`/v1/erasures/${id}`, theirs)).status).toBe(404)
    expect((await server.get('/v1/erasures', theirs)).json.erasures).toEqual([])
  })

  it('R2 what was asked for and interrupted is gone on with', async () => {
    const { eraser, queue } = server.services
    await server.post('/v1/identify', { userId: 'ivy', traits: { a: 1 } })
    vi.spyOn(queue, 'submit').mockRejectedValueOnce(new Error('killed before the commit'))
    expect((await erase('ivy')).status).toBe(500)
    await eraser.round()
    expect((await server.get(refOf('ivy'))).status).toBe(404)
    const { erasures } = (await server.get('/v1/erasures')).json
    expect(erasures.at(-1)).toMatchObject({ stage: 'physical', physical: { facts: { rows: { events: 1 } } } })
  })

  it('while the warehouse is down they are gone already, and the rest follows when it is back', async () => {
    const mark = 'praline4713'
    await plant(mark)
    const insert = vi.spyOn(server.services.warehouse, 'insert').mockRejectedValue(new Error('no ada@example.com'))
    await server.post('/v1/track', { userId: `user-${mark}`, event: `Waiting ${mark}` })
    const { id } = (await erase(`user-${mark}`)).json
    expect((await server.get(refOf(`user-${mark}`))).status).toBe(404)
    vi.spyOn(server.services.shipper, 'drain')
      .mockResolvedValueOnce(false)
      .mockResolvedValueOnce(false)
      .mockResolvedValueOnce(false)
    await server.services.eraser.round().catch(() => undefined)
    const { error, stage } = (await server.get(`/v1/erasures/${id}`)).json
    expect([stage, error]).toEqual(['logical', expect.stringContaining('wait')])
    insert.mockRestore()
    await server.services.eraser.round()
    await finished(id)
    expect(await filesWith(server.services.options.data, [mark])).toEqual([])
  })

  it('is logical at once and physical in seconds: a raw search of every file finds no planted marker', async () => {
    const mark = 'marzipan4711'
    const { data } = server.services.options
    const totals = async () => (await server.get('/v1/summary')).json.totals
    await plant(mark)
    const before = await totals()
    // The search can find: the store and the warehouse both hold it before.
    const held = await filesWith(data, [mark])
    for (const part of ['/store/', '/warehouse/']) expect(held.join('\n'), part).toContain(part)

    const answer = await erase(`user-${mark}`)
    expect(answer.status, answer.text).toBe(202)
    expect(answer.json).toMatchObject({ stage: 'logical', logical: { facts: { identifiers: 3 } } })
    expect(answer.text).not.toContain(mark)
    for (const ref of [`userId:user-${mark}`, `anonymousId:web-${mark}`, answer.json.profile]) {
      expect((await server.get(`/v1/profiles/${encodeURIComponent(ref)}`)).status, ref).toBe(404)
    }
    expect((await erase(`user-${mark}`)).status).toBe(404)
    const asked = { userId: `user-${mark}`, touchpoints: ['home.hero'] }
    const { answers, profile } = (await server.post('/v1/decide', asked, { key: SECRET_KEY })).json
    expect(answers['home.hero']).toMatchObject({ content: 'default', reason: 'no-experience' })
    expect(profile).toBeUndefined()

    await server.services.eraser.round()
    const done = await finished(answer.json.id)
    expect(done.physical.facts).toMatchObject({
      erasure: answer.json.id,
      after: answer.json.logical.sha256,
      rows: { events: 5, decisions: 1, exposures: 1 },
    })
    expect(await filesWith(data, [mark])).toEqual([])
    const { events, people, decisions, exposures } = before
    expect(await totals()).toMatchObject({
      events: events - 5,
      people: people - 1,
      decisions: decisions - 1,
      exposures: exposures - 1,
    })

    // Receipts prove themselves, and name nothing personal.
    for (const { facts, sha256 } of [done.logical, done.physical]) {
      expect(hash('sha256', JSON.stringify(facts), 'hex')).toBe(sha256)
    }
    const list = await server.get('/v1/erasures')
    expect(list.json.erasures.at(-1)).toEqual(done)
    const kept = JSON.stringify(await server.services.store.records.page('main', undefined, 100))
    for (const text of [list.text, kept]) expect(text).not.toContain(mark)
    expect((await server.get('/v1/erasures/no-such')).status).toBe(404)

    // Nor is it there after a restart, which replays what there is.
    await server.close()
    expect(await filesWith(data, [mark])).toEqual([])
    expect((await filesIn(data)).length).toBeGreaterThan(10)
  })
})
