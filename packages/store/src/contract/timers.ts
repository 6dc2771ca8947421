import type { Entry } from '@espalier/core/stream'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Store, Timer } from '../port.ts'
import { commit, identify, NOON, newId, type OpenStore, opener, testApply, track } from './harness.ts'

const WORKSPACES = ['mine', 'yours']

export function timersContract(open: OpenStore): void {
  const opened = opener(open)

  it('R5 those due are told, the earliest first, and when the next is', async () => {
    const { store } = await opened()
    const at = (user: string, due: number | null) => track({ user, due })
    const [ada, bob, eve] = await commit(store, [at('ada', NOON + 2), at('bob', NOON + 1), at('eve', NOON + 2)])
    await commit(store, [track({ user: 'never' })])
    const timers = (...some: [typeof ada, number][]) => some.map(([one, due]) => ({ profile: one?.profile, due }))
    expect(await store.people.due('main', NOON, 10)).toEqual([])
    expect(await store.people.due('main', NOON + 1, 10)).toEqual(timers([bob, NOON + 1]))
    expect(await store.people.due('main', NOON + 9, 10)).toEqual(
      timers([bob, NOON + 1], [ada, NOON + 2], [eve, NOON + 2]),
    )
    expect(await store.people.due('main', NOON + 9, 2)).toEqual(timers([bob, NOON + 1], [ada, NOON + 2]))
    expect(await store.people.nextDue('main')).toBe(NOON + 1)
    expect(await store.people.nextDue('main', NOON + 1)).toBe(NOON + 2)
    expect(await store.people.nextDue('main', NOON + 2)).toBeUndefined()
    await commit(store, [at('bob', null), at('ada', NOON + 8)])
    expect(await store.people.due('main', NOON + 9, 10)).toEqual(timers([eve, NOON + 2], [ada, NOON + 8]))
    expect(await store.people.nextDue('main')).toBe(NOON + 2)
  })

  it('R5 a merged profile leaves no timer: the person has the earlier of both', async () => {
    const { store } = await opened()
    const [ada] = await commit(store, [
      track({ user: 'ada', due: NOON + 5 }),
      track({ anonymous: 'web', due: NOON + 3 }),
    ])
    await commit(store, [identify({ user: 'ada', anonymous: 'web' })])
    expect(await store.people.due('main', Infinity, 10)).toEqual([{ profile: ada?.profile, due: NOON + 3 }])
  })

  it('R13 a workspace has its own', async () => {
    const { store } = await opened()
    await commit(store, [track({ user: 'ada', due: NOON })], { workspace: 'mine' })
    expect(await store.people.due('yours', Infinity, 10)).toEqual([])
    expect(await store.people.nextDue('yours')).toBeUndefined()
    expect(await store.people.nextDue('nobody’s')).toBeUndefined()
  })

  it('R5 whatever was committed, merged or reopened, the timers are those of the people', {
    timeout: 300_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 15 }), async steps => {
        const one = await open({ apply: testApply, newId })
        try {
          let { store } = one
          for (const { do: what, workspace, people, now, limit } of steps) {
            if (what === 'reopen') store = (await one.reopen?.()) ?? store
            else await commit(store, people.map(entryOf), { workspace })
            await expectTimers(store, now, limit)
          }
        } finally {
          await one.close()
        }
      }),
      { numRuns: 8 },
    )
  })
}

const step = fc.record({
  do: fc.constantFrom('commit', 'commit', 'commit', 'reopen'),
  workspace: fc.constantFrom(...WORKSPACES),
  people: fc.array(
    fc.record({ who: fc.nat({ max: 9 }), merges: fc.boolean(), due: fc.option(fc.integer({ min: -3, max: 20 })) }),
    { minLength: 1, maxLength: 6 },
  ),
  now: fc.integer({ min: -5, max: 22 }),
  limit: fc.integer({ min: 1, max: 12 }),
})

function entryOf({ who, merges, due }: { who: number; merges: boolean; due: number | null }): Entry {
  const told = { anonymous: `device-${who}`, ...(who % 3 === 0 ? {} : { due }) }
  return merges ? identify({ ...told, user: `user-${who % 3}` }) : track(told)
}

/** Against a look at everybody. */
async function expectTimers(store: Store, now: number, limit: number): Promise<void> {
  for (const workspace of WORKSPACES) {
    const people = await store.people.page(workspace, undefined, 100)
    const all: Timer[] = people.flatMap(({ id, due }) => (due === undefined ? [] : [{ profile: id, due }]))
    all.sort((a, b) => a.due - b.due || (a.profile < b.profile ? -1 : 1))
    const due = all.filter(timer => timer.due <= now)
    expect(await store.people.due(workspace, now, limit)).toEqual(due.slice(0, limit))
    expect(await store.people.due(workspace, Infinity, 100)).toEqual(all)
    expect(await store.people.nextDue(workspace)).toBe(all[0]?.due)
    expect(await store.people.nextDue(workspace, now)).toBe(all.find(timer => timer.due > now)?.due)
  }
}
