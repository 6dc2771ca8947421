import { retentionRules } from '@espalier/core/consent'
import { newProfile, type Profile } from '@espalier/core/profile'
import { apply, type Entry } from '@espalier/core/stream'
import { openMemoryStore } from '@espalier/store/memory'
import { pino } from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { newId } from '../id.ts'
import type { LiveDefinitions } from '../pipeline/definitions.ts'
import type { CommitQueue } from '../pipeline/queue.ts'
import { Retention } from './retention.ts'

const NOW = Date.UTC(2026, 2, 10, 12)
const PEOPLE = 1200

const running: Retention[] = []
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop()
})

/** People with an e-mail address and no timer; whose timers were looked at; and the settings, which may be changed. */
function keeping() {
  const people = Array.from({ length: PEOPLE }, (_, i): Profile => {
    const id = `p-${String(i).padStart(5, '0')}`
    const traits = { email: { value: `${i}@example.com`, at: NOW, lag: 0, index: 0, hash: 0 } }
    return { ...newProfile(id, [`userId:${i}`], NOW), traits } as Profile
  })
  const state = { retention: { traits: { email: '30d' } } as { traits?: Record<string, string> }, now: NOW }
  const ticked: string[] = []
  const hooks = { submitted: () => {} }
  const store = {
    ...openMemoryStore({ apply, newId }),
    people: {
      page: async (_: string, after: string | undefined, limit: number) =>
        people.filter(({ id }) => after === undefined || id > after).slice(0, limit),
    },
    keys: { workspaces: async () => ['main'] },
  }
  const make = () => {
    const retention = new Retention({
      store: store as never,
      warehouse: { expire: async () => 0 },
      definitions: {
        of: async () => ({ compiled: { retention: retentionRules(state.retention) }, settings: state }),
      } as unknown as LiveDefinitions,
      queue: {
        submit: async (_: string, entries: readonly Entry[]) => {
          for (const entry of entries) if (entry.kind === 'tick') ticked.push(entry.profile)
          hooks.submitted()
        },
      } as unknown as CommitQueue,
      now: () => state.now,
      log: pino({ level: 'silent' }),
      holder: 'test',
    })
    running.push(retention)
    return retention
  }
  return { make, state, ticked, hooks }
}

describe('R8 people whose timers were set before it was said how long something is kept', () => {
  it('are all looked at, also where a stop came in the midst of them', async () => {
    const { make, ticked, hooks } = keeping()
    const first = make()
    hooks.submitted = () => void first.stop()
    first.start()
    await first.stop()
    expect(ticked.length).toBeLessThan(PEOPLE)
    hooks.submitted = () => {}
    ticked.length = 0
    make().start()
    await vi.waitFor(() => expect(new Set(ticked).size).toBe(PEOPLE))
  })

  it('are looked at anew when the same is said again after nothing was', async () => {
    const { make, state, ticked } = keeping()
    const { retention } = state
    const one = make()
    one.start()
    await vi.waitFor(() => expect(ticked).toHaveLength(PEOPLE))
    await one.stop()
    const round = async () => {
      const next = make()
      next.start()
      await next.stop()
    }
    await round()
    expect(ticked).toHaveLength(PEOPLE)
    state.retention = {}
    await round()
    expect(ticked).toHaveLength(PEOPLE)
    state.retention = retention
    const again = make()
    again.start()
    await vi.waitFor(() => expect(ticked).toHaveLength(2 * PEOPLE))
  })
})
