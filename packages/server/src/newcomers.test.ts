import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_KEY, type TestServer, testServer } from './testing/server.ts'

const headers = {
  'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36',
}
let server: TestServer
beforeAll(async () => {
  // Ten at once, two a minute; no minute passes.
  server = await testServer({ newPeople: 2 }, { now: () => Date.UTC(2026, 10, 18, 12) })
  await server.post('/v1/definitions', {
    changes: [{ kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: 'default' } }],
  })
})
afterAll(() => server.stop())

const visit = (i: number, options = { headers }) =>
  server.post('/v1/track', { anonymousId: `visitor-${i}`, event: 'Seen' }, options)

describe('a rate of new people that no human makes', () => {
  it('is held back with a time to try again, while known people and a business’s own server go on', async () => {
    for (let i = 0; i < 10; i++) expect((await visit(i)).status).toBe(200)
    const held = await visit(10)
    expect(held.status).toBe(429)
    expect(held.json).toMatchObject({ error: { code: 'held_back' }, errors: [{ index: 0, code: 'held_back' }] })
    expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await server.get('/v1/profiles/anonymousId:visitor-10')).status).toBe(404)
    expect((await visit(3)).json).toEqual({ success: true })
    const batch = [3, 11].map(i => ({ type: 'track', anonymousId: `visitor-${i}`, event: 'Seen' }))
    const { json, status } = await server.post('/v1/batch', { batch }, { headers })
    expect([status, json.errors.length, json.errors[0].index]).toEqual([200, 1, 1])
    const trusted = { anonymousId: 'visitor-12', event: 'Seen' }
    expect((await server.post('/v1/track', trusted, { headers, key: SECRET_KEY })).status).toBe(200)
    expect((await server.post('/v1/track', { anonymousId: 'visitor-13', event: 'Seen' })).status).toBe(200)
  })

  it('who asks for a decision meanwhile is answered, and made nobody', async () => {
    const asked = { anonymousId: 'visitor-20', touchpoints: ['home.hero'] }
    const { status, json } = await server.post('/v1/decide', asked, { headers })
    expect([status, json.answers['home.hero'].content]).toEqual([200, 'default'])
    expect((await server.get('/v1/profiles/anonymousId:visitor-20')).status).toBe(404)
  })

  it('is counted and reported', async () => {
    expect((await server.get('/metrics')).text).toMatch(/espalier_held_back_total 2/)
    const { checks } = (await server.get('/v1/doctor')).json
    expect(checks.find(({ check }: { check: string }) => check === 'privacy')).toMatchObject({
      status: 'warn',
      // Which is what it mostly is where all visitors come from one address.
      mend: expect.stringContaining('trustProxy'),
      details: { heldBack: [{ source: '127.0.0.0', events: 2 }] },
    })
  })
})
