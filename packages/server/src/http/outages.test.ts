import { apply } from '@espalier/core/stream'
import { StoreError } from '@espalier/store'
import { openMemoryStore } from '@espalier/store/memory'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { newId } from '../id.ts'
import { Problem } from '../problem.ts'
import { testServer } from '../testing/server.ts'
import { Outages } from './outages.ts'

it('what is down is told once for each reason, then once a minute with the number of requests it refused', () => {
  let now = Date.UTC(2026, 10, 24)
  const outages = new Outages(() => now)
  const says = (message: string) => outages.says(new Problem('unavailable', message))
  expect(says('no connection')).toEqual({})
  for (let i = 0; i < 500; i++) expect(says('no connection')).toBeUndefined()
  expect([says('time is over'), says('time is over')]).toEqual([{}, undefined])
  now += 60_000
  expect([says('no connection'), says('no connection')]).toEqual([{ more: 500 }, undefined])
  now -= 30_000
  expect(says('no connection')).toEqual({ more: 1 })
  // Of our own mistakes each request has its own.
  for (let i = 0; i < 3; i++) expect(outages.says(new Problem('internal', 'Something went wrong here.'))).toEqual({})
})

it('a store that is down fills no log with the requests that it refuses', async () => {
  const store = openMemoryStore({ apply, newId })
  let time = Date.UTC(2026, 10, 24)
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: line => void lines.push(line) })
  const server = await testServer({}, { store, log, now: () => time })
  const { commit } = store.people
  store.people.commit = () => Promise.reject(new StoreError('unavailable', 'PostgreSQL does not answer.'))
  const told = () => lines.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'PostgreSQL does not answer.')
  const refuse = () => server.post('/v1/track', { userId: 'u', event: 'x' })
  try {
    for (let i = 0; i < 20; i++) expect((await refuse()).status).toBe(503)
    expect(told()).toMatchObject([{ level: 50, code: 'unavailable', reqId: expect.any(String) }])
    time += 60_000
    await refuse()
    await refuse()
    expect(told()).toHaveLength(2)
    expect(told()[1]).toMatchObject({ level: 50, code: 'unavailable', more: 19 })
  } finally {
    store.people.commit = commit
    await server.stop()
  }
})
