import { expect, it } from 'vitest'
import { appear, commit, FORGOTTEN, identify, NOON, type OpenStore, opener, shipAll, track } from './harness.ts'

export function erasureContract(open: OpenStore): void {
  const opened = opener(open)

  it('R8 who was taken away is nobody, with all identifiers, sources and timers, also after the store was opened again', async () => {
    const { store, reopen } = await opened()
    const [web] = await commit(store, [track({ anonymous: 'web', due: NOON }), track({ user: 'bob' })])
    const [ada] = await commit(store, [identify({ user: 'ada', anonymous: 'web', due: NOON + 1 })])
    await commit(store, [track({ user: 'ada', name: FORGOTTEN, id: 'forget' })])
    for (const opening of [() => store, reopen]) {
      const now = await opening?.()
      if (!now) continue
      for (const id of [web?.source, ada?.profile, ada?.source])
        expect(await now.people.get('main', id ?? '')).toBeUndefined()
      for (const identifier of ['userId:ada', 'anonymousId:web']) {
        expect(await now.people.locate('main', identifier)).toBeUndefined()
      }
      expect(await now.people.count('main')).toBe(1)
      expect((await now.people.page('main', undefined, 10)).map(one => one.userId)).toEqual(['bob'])
      expect(await now.people.due('main', Infinity, 10)).toEqual([])
      expect(await commit(now, [track({ user: 'ada', name: FORGOTTEN, id: 'forget' })])).toMatchObject([
        { outcome: 'duplicate' },
      ])
    }
  })

  it('R8 whoever comes with the identifiers afterwards is somebody new', async () => {
    const { store, reopen } = await opened()
    const [before] = await commit(store, [identify({ user: 'ada', anonymous: 'web', traits: { plan: 'pro' } })])
    await commit(store, [track({ user: 'ada', name: FORGOTTEN })])
    const [after] = await commit(store, [track({ anonymous: 'web', due: NOON })])
    expect(after?.profile).not.toBe(before?.profile)
    for (const opening of [() => store, reopen]) {
      const now = await opening?.()
      if (!now) continue
      expect(await now.people.find('main', 'anonymousId:web')).toMatchObject({ events: 1, traits: {} })
      expect(await now.people.find('main', 'userId:ada')).toBeUndefined()
      expect(await now.people.count('main')).toBe(1)
      expect(await now.people.due('main', Infinity, 10)).toEqual([{ profile: after?.profile, due: NOON }])
    }
  })

  it('in one batch with what made them, or knew them again', async () => {
    const { store } = await opened()
    await commit(store, [track({ user: 'ada' })])
    await commit(store, [track({ user: 'eve' })])
    const forget = (user: string) => track({ user, name: FORGOTTEN })
    await commit(store, [forget('new'), forget('ada')])
    expect(await store.people.count('main')).toBe(1)
    expect(await store.people.find('main', 'userId:new')).toBeUndefined()
    await commit(store, [forget('eve'), appear({ user: 'eve' })])
    expect(await store.people.count('main')).toBe(0)
    await commit(store, [appear({ user: 'eve' })])
    expect(await store.people.find('main', 'userId:eve')).toMatchObject({ events: 0 })
    expect(await shipAll(store)).toHaveLength(5)
  })

  it('R11 one batch may take many away, whatever each is known by, and what else it brings is kept', async () => {
    const { store } = await opened()
    const users = Array.from({ length: 40 }, (_, i) => `user-${i}`)
    const devices = (user: string) => ['web', 'app', 'till'].map(device => `${device}-of-${user}`)
    await commit(
      store,
      users.flatMap(user => devices(user).map(anonymous => identify({ user, anonymous }))),
    )
    const people = await Promise.all(users.map(user => store.people.find('main', `userId:${user}`)))
    const erase = (profile: string) => ({ kind: 'erase', profile, tombstones: [], at: NOON, until: NOON + 1 }) as const
    const gone = people.map(person => erase(person?.id ?? ''))
    const applied = await commit(store, [...gone, track({ user: 'eve' })])
    expect(applied.map(({ outcome }) => outcome)).toEqual(applied.map(() => 'stored'))
    for (const identifier of users.flatMap(user => [`userId:${user}`, `anonymousId:app-of-${user}`])) {
      expect(await store.people.locate('main', identifier)).toBeUndefined()
    }
    expect(await store.people.find('main', 'userId:eve')).toMatchObject({ events: 1 })
  })

  it('R1 while others write, nobody is half gone', async () => {
    const { store } = await opened()
    await commit(store, [identify({ user: 'ada', anonymous: 'web' })])
    const writes = Array.from({ length: 12 }, (_, i) =>
      i % 4 === 1
        ? commit(store, [track({ user: 'ada', name: FORGOTTEN })])
        : commit(store, [track(i % 2 ? { user: 'ada' } : { anonymous: 'web' }), track({ user: `other-${i % 3}` })]),
    )
    await Promise.all(writes)
    const people = await store.people.page('main', undefined, 100)
    expect(await store.people.count('main')).toBe(people.length)
    for (const { id, identifiers } of people) {
      for (const identifier of identifiers) expect((await store.people.locate('main', identifier))?.profile.id).toBe(id)
    }
    expect(await shipAll(store)).toHaveLength(1 + 3 + 2 * 9)
  })
}
