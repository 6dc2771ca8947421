import { planOf } from '@espalier/core/plan'
import { type Condition, compileCondition } from '@espalier/core/segment'
import type { Applied, Entry } from '@espalier/core/stream'
import { expect, it } from 'vitest'
import type { Store } from '../port.ts'
import { commit, group, identify, NOON, type OpenStore, opener, track } from './harness.ts'

const BUYING: Condition = { account: { anyone: { did: 'Order Completed', within: '1h' } } }

/** Segments of whoever has a colleague who bought within an hour, or whose company is on a plan. */
const PLAN = planOf({
  version: 1,
  zone: 'UTC',
  calendar: [],
  computed: [],
  segments: [
    { key: 'buying', version: 1, live: true, condition: BUYING },
    { key: 'pro', version: 1, live: true, condition: { account: { trait: 'plan', is: 'pro' } } },
  ],
  signals: compileCondition(BUYING).needs.map(need => ({ need, since: 0, filled: true })),
})

const HOUR = 3_600_000

function take(store: Store, entries: readonly Entry[], now = NOON): Promise<readonly Applied[]> {
  return store.people.commit({ workspace: 'main', entries, now, plan: PLAN })
}

async function segmentsOf(store: Store, user: string): Promise<string[]> {
  const person = await store.people.find('main', `userId:${user}`)
  return Object.entries(person?.memberships ?? {})
    .filter(([key, { in: isIn }]) => isIn && !key.includes(':'))
    .map(([key]) => key)
    .sort()
}

export function accountsContract(open: OpenStore): void {
  const opened = opener(open)

  it('R10 keep what everybody said of them, and who belongs to them, also after the store was opened again', async () => {
    const { store, reopen } = await opened()
    const [ada] = await commit(store, [group({ user: 'ada', group: 'acme', traits: { plan: 'pro', seats: 5 } })])
    const [bob] = await commit(store, [
      group({ user: 'bob', group: 'acme', traits: { plan: 'free' }, at: NOON - 1, received: NOON }),
      group({ user: 'bob', group: 'other' }),
    ])
    for (const opening of [() => store, reopen]) {
      const now = await opening?.()
      if (!now) continue
      const [acme, ...others] = await now.people.accounts('main', ['acme', 'nobody'])
      expect(others).toEqual([])
      expect(acme).toMatchObject({ id: 'acme', traits: { plan: { value: 'pro' }, seats: { value: 5 } } })
      expect(acme?.members).toEqual([ada?.profile, bob?.profile])
      expect(await now.people.count('main')).toBe(2)
      expect(await now.people.page('main', undefined, 10)).toHaveLength(2)
      expect(await now.people.get('main', 'account:acme')).toBeUndefined()
      expect(await now.people.accounts('elsewhere', ['acme'])).toEqual([])
      if (now.people.accountsSync) expect(now.people.accountsSync('main', ['acme'])).toEqual([acme])
    }
  })

  it('R5 what one does is true of the others in the same commit, until it is over', async () => {
    const { store } = await opened()
    await take(store, [group({ user: 'ada', group: 'acme' }), group({ user: 'bob', group: 'acme' })])
    await take(store, [track({ user: 'eve' }), group({ user: 'eve', group: 'other', traits: { plan: 'pro' } })])
    await take(store, [track({ user: 'ada', name: 'Order Completed' })])
    expect(await segmentsOf(store, 'bob')).toEqual(['buying'])
    expect(await segmentsOf(store, 'eve')).toEqual(['pro'])
    await take(store, [group({ user: 'ada', group: 'acme', traits: { plan: 'pro' } })])
    expect(await segmentsOf(store, 'bob')).toEqual(['buying', 'pro'])
    const later = NOON + HOUR
    for (const { profile } of await store.people.due('main', later, 10)) {
      await take(store, [{ kind: 'tick', profile }], later)
    }
    expect(await segmentsOf(store, 'bob')).toEqual(['pro'])
    expect(await segmentsOf(store, 'ada')).toEqual(['pro'])
  })

  it('R12 R8 who is merged or erased belongs to them no more', async () => {
    const { store } = await opened()
    await take(store, [group({ user: 'ada', group: 'acme' }), group({ anonymous: 'web', group: 'acme' })])
    await take(store, [track({ anonymous: 'web', name: 'Order Completed' })])
    const [ada] = await take(store, [identify({ user: 'ada', anonymous: 'web' })])
    const [merged] = await store.people.accounts('main', ['acme'])
    expect(merged?.members).toEqual([ada?.profile])
    expect(Object.values(merged?.holding ?? {}).map(holders => Object.keys(holders))).toEqual([[ada?.profile]])
    const erase = { kind: 'erase', profile: ada?.profile ?? '', tombstones: [], at: NOON, until: NOON + 1 } as const
    await take(store, [group({ user: 'bob', group: 'acme' })])
    expect(await segmentsOf(store, 'bob')).toEqual(['buying'])
    await take(store, [erase])
    expect(await segmentsOf(store, 'bob')).toEqual([])
    const bob = await store.people.find('main', 'userId:bob')
    expect((await store.people.accounts('main', ['acme']))[0]?.members).toEqual([bob?.id])
    await take(store, [{ ...erase, profile: bob?.id ?? '' }])
    expect(await store.people.accounts('main', ['acme'])).toEqual([])
  })

  it('R1 of many who join at once nobody is lost', async () => {
    const { store } = await opened()
    const users = Array.from({ length: 12 }, (_, i) => `user-${i}`)
    await Promise.all(
      users.map((user, i) =>
        take(store, [
          group({ user, group: 'acme', traits: { [`said-${i}`]: i } }),
          ...(i % 4 === 0 ? [track({ user, name: 'Order Completed' })] : []),
        ]),
      ),
    )
    const [acme] = await store.people.accounts('main', ['acme'])
    const people = await Promise.all(users.map(user => store.people.find('main', `userId:${user}`)))
    expect([...(acme?.members ?? [])].sort()).toEqual(people.map(person => person?.id ?? '').sort())
    expect(Object.keys(acme?.traits ?? {})).toHaveLength(12)
    for (const user of users) expect(await segmentsOf(store, user)).toEqual(['buying'])
  })

  it('R11 somebody may belong to as many as a person may, and go on to others', async () => {
    const { store } = await opened()
    const names = Array.from({ length: 25 }, (_, i) => `company-${i}`)
    for (const [i, name] of names.entries()) await commit(store, [group({ user: 'ada', group: name, at: NOON + i })])
    const ada = await store.people.find('main', 'userId:ada')
    expect(Object.keys(ada?.accounts ?? {}).sort()).toEqual(names.slice(5).sort())
    const accounts = await store.people.accounts('main', names)
    const members = new Map(accounts.map(({ id, members }) => [id, members]))
    expect(names.map(name => members.get(name))).toEqual(names.map((_, i) => (i < 5 ? [] : [ada?.id])))
  })

  it('R11 one batch may concern many who belong to several, and all who belong with them', async () => {
    const { store } = await opened()
    const users = Array.from({ length: 30 }, (_, i) => `user-${i}`)
    for (const name of ['first', 'second']) {
      await commit(
        store,
        users.flatMap((user, i) => [
          group({ user, group: `${name}-${i}` }),
          group({ user: `colleague-${i}`, group: `${name}-${i}` }),
        ]),
      )
    }
    await commit(
      store,
      users.map((user, i) => group({ user, group: `third-${i}` })),
    )
    await take(
      store,
      users.map((user, i) => group({ user, group: `first-${i}`, traits: { plan: 'pro' } })),
    )
    for (const i of users.keys()) {
      expect(await segmentsOf(store, `user-${i}`)).toEqual(['pro'])
      expect(await segmentsOf(store, `colleague-${i}`)).toEqual(['pro'])
    }
  })
}
