import type { JsonObject } from '@espalier/core'
import type { Profile } from '@espalier/core/profile'
import { describe, expect, it } from 'vitest'
import { BROKEN, commit, group, identify, NOON, type OpenStore, opener, shipAll, track } from './harness.ts'

const DAY = 86_400_000

export function peopleContract(open: OpenStore): void {
  const opened = opener(open)

  describe('one person', () => {
    it('R4 a commit is seen at once, by id and by identifier', async () => {
      const { store } = await opened()
      const [applied] = await commit(store, [track({ user: 'ada' })])
      expect(applied).toMatchObject({ outcome: 'stored', profile: expect.any(String) })
      expect(applied?.source).toBe(applied?.profile)
      const person = await store.people.get('main', applied?.profile ?? '')
      expect(person).toMatchObject({ id: applied?.profile, userId: 'ada', events: 1, identifiers: ['userId:ada'] })
      expect(await store.people.find('main', 'userId:ada')).toEqual(person)
      expect(await store.people.locate('main', 'userId:ada')).toEqual({ profile: person, source: person?.id })
      if (store.people.locateSync) {
        expect(store.people.locateSync('main', 'userId:ada')).toEqual({ profile: person, source: person?.id })
      }
    })

    it('nobody is found where nobody is', async () => {
      const { store } = await opened()
      expect(await store.people.get('main', 'nobody')).toBeUndefined()
      expect(await store.people.find('main', 'userId:nobody')).toBeUndefined()
      expect(await store.people.locate('main', 'userId:nobody')).toBeUndefined()
      if (store.people.locateSync) expect(store.people.locateSync('main', 'userId:nobody')).toBeUndefined()
      expect(await store.people.page('main', undefined, 10)).toEqual([])
      expect(await store.people.count('main')).toBe(0)
      expect(await commit(store, [])).toEqual([])
    })

    it('answers for each entry, in order', async () => {
      const { store } = await opened()
      const applied = await commit(store, [
        track({ user: 'ada', id: 'a' }),
        track({ user: 'bob', id: 'b' }),
        track({ user: 'ada', id: 'a' }),
        track({ user: 'ada', id: 'c' }),
      ])
      expect(applied.map(one => one.outcome)).toEqual(['stored', 'stored', 'duplicate', 'stored'])
      expect(applied[3]?.profile).toBe(applied[0]?.profile)
      expect(applied[1]?.profile).not.toBe(applied[0]?.profile)
    })

    it('keeps text of every kind', async () => {
      const { store } = await opened()
      const user = 'Zoë 🌿 \u2028 "quoted" \\ back\tslash \u0001'
      await commit(store, [track({ user, name: user })])
      expect((await store.people.find('main', `userId:${user}`))?.userId).toBe(user)
      expect((await shipAll(store))[0]).toMatchObject({ user_id: user, name: user })
    })

    it('keeps keys that mean something to JavaScript', async () => {
      const { store, reopen } = await opened()
      const traits = JSON.parse('{"plan":{"__proto__":{"toString":null},"__proto_":1},"constructor":[2]}')
      await commit(store, [identify({ user: 'ada', traits })])
      const values = (person: Profile | undefined) =>
        Object.entries(person?.traits ?? {}).map(([key, trait]) => [key, JSON.stringify(trait.value)])
      const stated = Object.keys(traits).map(key => [key, JSON.stringify(traits[key])])
      expect(values(await store.people.find('main', 'userId:ada'))).toEqual(stated)
      const again = await reopen?.()
      if (again) expect(values(await again.people.find('main', 'userId:ada'))).toEqual(stated)
    })

    it('R10 knows what was said once from what was said, also after the store was opened again', async () => {
      const { store, reopen } = await opened()
      const say = (at: number, traits: JsonObject) => identify({ user: 'ada', at, traits })
      await commit(store, [
        say(NOON + 2, { $set_once: { plan: 'trial', city: 'Rome' } }),
        say(NOON + 3, { city: 'Oslo' }),
      ])
      const again = (await reopen?.()) ?? store
      await commit(again, [say(NOON + 1, { $set_once: { plan: 'first', city: 'Bern' } })])
      await commit(again, [say(NOON + 4, { $set_once: { plan: 'late', city: 'Linz' } })])
      const { traits } = (await again.people.find('main', 'userId:ada'))!
      expect(traits).toMatchObject({ plan: { value: 'first', once: true, at: NOON + 1 }, city: { value: 'Oslo' } })
      expect(traits.city).not.toHaveProperty('once')
    })

    it('a commit that fails changes nothing', async () => {
      const { store } = await opened()
      await commit(store, [track({ user: 'ada' })])
      const before = await store.people.find('main', 'userId:ada')
      const entries = [
        track({ user: 'ada', id: 'again' }),
        track({ user: 'new' }),
        track({ user: 'ada', name: BROKEN }),
      ]
      await expect(commit(store, entries)).rejects.toThrow()
      expect(await store.people.find('main', 'userId:ada')).toEqual(before)
      expect(await store.people.find('main', 'userId:new')).toBeUndefined()
      expect(await commit(store, [track({ user: 'ada', id: 'again' })])).toMatchObject([{ outcome: 'stored' }])
      expect(await shipAll(store)).toHaveLength(2)
    })

    it('a closed store takes nothing and says so', async () => {
      const { store } = await opened()
      await store.close()
      await expect(commit(store, [track({ user: 'ada' })])).rejects.toMatchObject({ code: 'unavailable' })
    })
  })

  describe('R2 after the store was opened again', () => {
    it('people, links, messageIds, imports and rows are all there', async context => {
      const { store, reopen } = await opened()
      if (!reopen) return context.skip()
      const origin = { file: 'f00d', row: 3 }
      await commit(store, [track({ anonymous: 'web', id: 'one' }), track({ user: 'bob', id: 'row', origin })])
      await commit(store, [identify({ user: 'ada', anonymous: 'web', id: 'two' })])
      const ada = await store.people.find('main', 'userId:ada')
      const again = await reopen()
      expect(await again.people.find('main', 'userId:ada')).toEqual(ada)
      expect(await again.people.find('main', 'anonymousId:web')).toEqual(ada)
      expect(await again.people.count('main')).toBe(2)
      const repeated = [track({ anonymous: 'web', id: 'one' }), track({ user: 'bob', id: 'row', origin })]
      expect((await commit(again, repeated)).map(one => one.outcome)).toEqual(['duplicate', 'duplicate'])
      expect((await shipAll(again)).map(row => row.message_id)).toEqual(['one', 'row', 'two'])
    })
  })

  describe('R1 many writers', () => {
    it('lose no update of one person', async () => {
      const { store } = await opened()
      await commit(store, [track({ user: 'ada' })])
      const commits = Array.from({ length: 40 }, () => commit(store, [track({ user: 'ada' }), track({ user: 'ada' })]))
      await Promise.all(commits)
      expect((await store.people.find('main', 'userId:ada'))?.events).toBe(81)
      expect(await shipAll(store)).toHaveLength(81)
    })

    it('make one person of a new identifier', async () => {
      const { store } = await opened()
      const entries = Array.from({ length: 20 }, () => track({ anonymous: 'web', user: 'ada' }))
      const applied = await Promise.all(entries.map(entry => commit(store, [entry])))
      expect(new Set(applied.map(([one]) => one?.profile)).size).toBe(1)
      expect(await store.people.count('main')).toBe(1)
      expect((await store.people.find('main', 'anonymousId:web'))?.events).toBe(20)
    })

    it('do not stand in each other’s way, in whatever order they name people', async () => {
      const { store } = await opened()
      const names = Array.from({ length: 12 }, (_, i) => `user-${i}`)
      const batches = Array.from({ length: 24 }, (_, i) => {
        const turned = [...names.slice(i % 12), ...names.slice(0, i % 12)]
        return (i % 2 ? turned : turned.reverse()).map(user => track({ user }))
      })
      await Promise.all(batches.map(entries => commit(store, entries)))
      const people = await store.people.page('main', undefined, 100)
      expect(people.map(person => person.events)).toEqual(names.map(() => 24))
      expect(await shipAll(store)).toHaveLength(24 * 12)
    })

    it('lose nothing while people are merged', async () => {
      const { store } = await opened()
      await commit(store, [track({ user: 'ada' }), ...[0, 1, 2, 3].map(i => track({ anonymous: `device-${i}` }))])
      const commits = [0, 1, 2, 3].flatMap(i => [
        ...Array.from({ length: 5 }, () => commit(store, [track({ anonymous: `device-${i}` })])),
        commit(store, [identify({ anonymous: `device-${i}`, user: 'ada' })]),
        ...Array.from({ length: 5 }, () => commit(store, [track({ anonymous: `device-${i}` })])),
      ])
      await Promise.all(commits)
      expect(await store.people.count('main')).toBe(1)
      const ada = await store.people.find('main', 'userId:ada')
      expect(ada?.events).toBe(5 + 44)
      for (const i of [0, 1, 2, 3]) expect(await store.people.find('main', `anonymousId:device-${i}`)).toEqual(ada)
      expect(await shipAll(store)).toHaveLength(5 + 44)
    })
  })

  describe('R3 once', () => {
    it('a repeated messageId changes nothing, whoever it names', async () => {
      const { store } = await opened()
      await commit(store, [track({ user: 'ada', id: 'same' })])
      const before = await store.people.find('main', 'userId:ada')
      const later = { id: 'same', received: NOON + 6 * DAY }
      const applied = await commit(store, [track({ user: 'ada', ...later }), track({ user: 'new', ...later })], {
        now: NOON + 6 * DAY,
      })
      expect(applied).toEqual([{ outcome: 'duplicate' }, { outcome: 'duplicate' }])
      expect(await store.people.find('main', 'userId:ada')).toEqual(before)
      expect(await store.people.find('main', 'userId:new')).toBeUndefined()
      expect(await shipAll(store)).toHaveLength(1)
    })

    it('a row that brings a messageId is known by that too, before and after', async () => {
      const { store } = await opened()
      const row = (file: string, id: string) => track({ user: 'ada', id, origin: { file, row: 0, named: true } })
      const outcomes = async (...entries: Parameters<typeof commit>[1]) =>
        (await commit(store, entries)).map(({ outcome }) => outcome)
      expect(await outcomes(track({ user: 'ada', id: 'live' }))).toEqual(['stored'])
      expect(await outcomes(row('f1', 'live'), row('f2', 'row'))).toEqual(['duplicate', 'stored'])
      expect(await outcomes(row('f3', 'row'), track({ user: 'ada', id: 'row' }))).toEqual(['duplicate', 'duplicate'])
      expect(await shipAll(store)).toHaveLength(2)
    })

    it('a messageId sent many times at once is taken once', async () => {
      const { store } = await opened()
      const entries = Array.from({ length: 16 }, (_, i) => track({ user: `user-${i % 4}`, id: 'same' }))
      const applied = await Promise.all(entries.map(entry => commit(store, [entry])))
      expect(applied.flat().filter(one => one.outcome === 'stored')).toHaveLength(1)
      expect(await store.people.count('main')).toBe(1)
      expect(await shipAll(store)).toHaveLength(1)
    })

    it('a row of a file is taken once, for ever', async () => {
      const { store } = await opened()
      const row = (file: string, n: number, at = NOON) =>
        track({ user: 'ada', at, received: at, origin: { file, row: n } })
      await commit(store, [row('f1', 0), row('f1', 1), row('f2', 0)])
      const later = NOON + 400 * DAY
      const again = [row('f1', 0, later), row('f1', 1, later), row('f1', 2, later), row('f2', 0, later)]
      const outcomes = (await commit(store, again, { now: later })).map(one => one.outcome)
      expect(outcomes).toEqual(['duplicate', 'duplicate', 'stored', 'duplicate'])
      const same = await Promise.all(Array.from({ length: 8 }, () => commit(store, [row('f3', 7)])))
      expect(same.flat().filter(one => one.outcome === 'stored')).toHaveLength(1)
      expect((await store.people.find('main', 'userId:ada'))?.events).toBe(5)
    })
  })

  describe('merges', () => {
    it('every id and identifier leads to the person, and they count as one', async () => {
      const { store } = await opened()
      const [web] = await commit(store, [track({ anonymous: 'web' })])
      const [app] = await commit(store, [track({ anonymous: 'app' })])
      const [ada] = await commit(store, [track({ user: 'ada' })])
      await commit(store, [
        identify({ user: 'ada', anonymous: 'web' }),
        identify({ user: 'ada', anonymous: 'app' }),
        track({ anonymous: 'web' }),
      ])
      const person = await store.people.get('main', ada?.profile ?? '')
      expect(person?.events).toBe(6)
      expect([...(person?.sources ?? [])].sort()).toEqual([web, app, ada].map(one => one?.profile).sort())
      for (const one of [web, app]) expect(await store.people.get('main', one?.profile ?? '')).toEqual(person)
      const sources = { 'anonymousId:web': web, 'anonymousId:app': app, 'userId:ada': ada }
      for (const [key, came] of Object.entries(sources)) {
        expect(await store.people.find('main', key)).toEqual(person)
        const located = { profile: person, source: came?.source }
        expect(await store.people.locate('main', key)).toEqual(located)
        if (store.people.locateSync) expect(store.people.locateSync('main', key)).toEqual(located)
      }
      expect(await store.people.page('main', undefined, 10)).toEqual([person])
      expect(await store.people.count('main')).toBe(1)
      expect(await shipAll(store, 'identity_links')).toHaveLength(2)
    })
  })

  describe('pages', () => {
    it('go through all people by id', async () => {
      const { store } = await opened()
      await commit(
        store,
        Array.from({ length: 7 }, (_, i) => track({ user: `user-${i}` })),
      )
      const first = await store.people.page('main', undefined, 3)
      const second = await store.people.page('main', first.at(-1)?.id, 3)
      const third = await store.people.page('main', second.at(-1)?.id, 3)
      expect([first, second, third].map(page => page.length)).toEqual([3, 3, 1])
      const ids = [...first, ...second, ...third].map(person => person.id)
      expect(ids).toEqual([...new Set(ids)].sort())
      expect(await store.people.page('main', ids.at(-1), 3)).toEqual([])
    })
  })

  describe('everyone', () => {
    it('is each person there is, once, however many come meanwhile', async () => {
      const { store } = await opened()
      const come = (name: string, n: number) =>
        commit(
          store,
          Array.from({ length: n }, (_, i) => track({ user: `${name}-${i}` })),
        )
      await come('early', 1500)
      await commit(store, [group({ user: 'early-0', group: 'acme' })])
      await come('late', 300)
      // Two who turn out to be one are one.
      await commit(store, [track({ anonymous: 'visitor' })])
      await commit(store, [identify({ user: 'early-1', anonymous: 'visitor' })])
      const before = new Set<string>()
      for await (const page of store.people.everyone('main')) for (const id of page) before.add(id)
      const people = await store.people.page('main', undefined, 5000)
      expect([...before].sort()).toEqual(people.map(({ id }) => id))
      const seen: string[] = []
      let pages = 0
      for await (const page of store.people.everyone('main')) {
        seen.push(...page)
        await come(`meanwhile-${pages++}`, 2000)
      }
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen).toEqual(expect.arrayContaining([...before]))
      expect(seen.length).toBeLessThan(6000)
    })
  })

  describe('R13 workspaces', () => {
    it('share no people, links, messageIds or imports', async () => {
      const { store } = await opened()
      const entry = () => track({ user: 'ada', anonymous: 'web', id: 'same' })
      const row = () => track({ user: 'bob', id: 'row', origin: { file: 'f1', row: 0 } })
      const [mine] = await commit(store, [entry(), row()], { workspace: 'mine' })
      const [yours] = await commit(store, [entry(), row()], { workspace: 'yours' })
      expect(yours?.outcome).toBe('stored')
      expect(yours?.profile).not.toBe(mine?.profile)
      expect(await store.people.get('yours', mine?.profile ?? '')).toBeUndefined()
      expect(await store.people.find('other', 'userId:ada')).toBeUndefined()
      expect(await store.people.page('other', undefined, 10)).toEqual([])
      expect(await store.people.count('mine')).toBe(2)
      expect((await store.people.page('yours', undefined, 10)).map(person => person.id)).toContain(yours?.profile)
      expect((await store.people.page('yours', undefined, 10)).map(person => person.id)).not.toContain(mine?.profile)
      expect((await shipAll(store)).map(line => line.workspace).sort()).toEqual(['mine', 'mine', 'yours', 'yours'])
    })
  })
}
