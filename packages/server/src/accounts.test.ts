import { expect, it } from 'vitest'
import { SECRET_KEY, testServer } from './testing/server.ts'

it('R4 an account is what group calls said of it, and decisions look at it and at what anyone of it does', async () => {
  const server = await testServer()
  const experience = (when: object, place: string) => ({
    tactic: 'content',
    touchpoints: [place],
    audience: when,
    variants: [{ key: 'a', content: { [place]: 'for them' } }],
  })
  const places = ['plan', 'colleague']
  const published = await server.post('/v1/definitions', {
    changes: [
      ...places.map(key => ({ kind: 'touchpoint', key, body: { channel: 'web', default: 'default' } })),
      { kind: 'experience', key: 'plan', body: experience({ account: { trait: 'plan', is: 'pro' } }, 'plan') },
      {
        kind: 'experience',
        key: 'colleague',
        body: experience({ account: { anyone: { did: 'Demo Requested' } } }, 'colleague'),
      },
    ],
  })
  expect(published.status).toBe(200)
  await server.post('/v1/group', { userId: 'ada', groupId: 'acme & co', traits: { plan: 'pro' } })
  await server.post('/v1/group', { userId: 'bob', groupId: 'acme & co' })
  const shown = async () => {
    const { json } = await server.post('/v1/decide', { userId: 'bob', touchpoints: places }, { key: SECRET_KEY })
    return places.map(place => json.answers[place].experience !== undefined)
  }
  expect(await shown()).toEqual([true, false])
  await server.post('/v1/track', { userId: 'ada', event: 'Demo Requested' })
  expect(await shown()).toEqual([true, true])

  const found = await server.get('/v1/accounts/acme%20%26%20co', { key: SECRET_KEY })
  expect(found.json).toMatchObject({ id: 'acme & co', traits: { plan: 'pro' }, members: { count: 2 } })
  expect(found.json.members.first.map(({ userId }: { userId: string }) => userId)).toEqual(['ada', 'bob'])
  expect((await server.get('/v1/accounts/nobody', { key: SECRET_KEY })).status).toBe(404)
  await server.stop()
})
