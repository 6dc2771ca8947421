import { apply, type Row } from '@espalier/core/stream'
import { openMemoryStore } from '@espalier/store/memory'
import { expect, it } from 'vitest'
import { newId } from '../id.ts'
import { SECRET_KEY, testServer } from '../testing/server.ts'

it('a decision is filed under the source of who asked; decided by the person (R7)', async () => {
  const store = openMemoryStore({ apply, newId })
  const logged: Row[] = []
  const { outbox } = store
  const watched = {
    log: (rows: readonly Row[]) => logged.push(...rows) > 0,
    flush: () => outbox.flush(),
    claim: outbox.claim.bind(outbox),
    settle: outbox.settle.bind(outbox),
    depth: () => outbox.depth(),
    mark: () => outbox.mark(),
    passed: outbox.passed.bind(outbox),
  }
  const server = await testServer({}, { store: { ...store, outbox: watched } })
  const experience = { tactic: 'content', touchpoints: ['hero'], variants: [{ key: 'a', content: { hero: 'A' } }] }
  await server.post('/v1/definitions', {
    changes: [
      { kind: 'touchpoint', key: 'hero', body: { channel: 'web', default: 'default' } },
      { kind: 'experience', key: 'greeting', body: experience },
    ],
  })
  await server.post('/v1/track', { anonymousId: 'web', event: 'Seen' })
  await server.post('/v1/track', { userId: 'ada', event: 'Bought' })
  await server.post('/v1/identify', { userId: 'ada', anonymousId: 'web' })
  const sourceOf = async (key: string) => (await store.people.locate('main', key))?.source
  const [web, ada] = [await sourceOf('anonymousId:web'), await sourceOf('userId:ada')]
  expect(web).not.toBe(ada)

  const asked = [
    { anonymousId: 'web' },
    { userId: 'ada', anonymousId: 'web' },
    { userId: 'ada' },
    { anonymousId: 'new' },
  ]
  const people = []
  for (const who of asked) {
    const { json } = await server.post('/v1/decide', { ...who, touchpoints: ['hero'] }, { key: SECRET_KEY })
    people.push(json.profile)
  }
  expect(people.slice(0, 3)).toEqual([people[0], people[0], people[0]])
  const rows = logged.filter(row => row.table === 'decisions').map(row => JSON.parse(row.line))
  expect(rows.map(row => row.profile)).toEqual([web, ada, ada, await sourceOf('anonymousId:new')])
  expect(new Set(rows.slice(0, 3).map(row => row.bucket_key)).size).toBe(1)
  await server.stop()
})
