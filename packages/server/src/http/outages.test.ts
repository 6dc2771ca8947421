import { apply } from '@espalier/core/stream'
import { StoreError } from '@espalier/store'
import { openMemoryStore } from '@espalier/store/memory'
import { pino } from 'pino'
import { expect, it, vi } from 'vitest'
import { newId } from '../id.ts'
import { Problem } from '../problem.ts'
import { testServer } from '../testing/server.ts'
import { Outages } from './outages.ts'

it('of our own mistakes each request has its own', () => {
  const outages = new Outages(() => 0)
  for (let i = 0; i < 3; i++) expect(outages.says(new Problem('internal', 'Something went wrong here.'))).toEqual({})
})

it('a store that is down fills no log with the requests that it refuses', async () => {
  const store = openMemoryStore({ apply, newId })
  let time = Date.UTC(2026, 10, 24)
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: line => void lines.push(line) })
  const server = await testServer({}, { store, log, now: () => time })
  const { people, keys } = store
  const { commit } = people
  const { workspaces } = keys
  let rounds = 0
  keys.workspaces = () => {
    rounds++
    return Promise.reject(new StoreError('unavailable', 'PostgreSQL does not answer.'))
  }
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
    // Nor does what looks for work five times a second.
    const heard = rounds
    await vi.waitFor(() => expect(rounds).toBeGreaterThan(heard + 3), { timeout: 60_000 })
    expect(lines.filter(line => line.includes('hearing timers failed')).length).toBeLessThan(3)
  } finally {
    people.commit = commit
    keys.workspaces = workspaces
    await server.stop()
  }
})
