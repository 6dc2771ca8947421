import { compareEvents, type Event } from '@espalier/core/event'
import { bucketKeyOf, identityRules } from '@espalier/core/identity'
import { planOfNeeds } from '@espalier/core/plan'
import type { Profile } from '@espalier/core/profile'
import { type Entry, type Part, Replay } from '@espalier/core/stream'
import { expect, it } from 'vitest'
import type { Store } from '../port.ts'
import { commit, identify, NOON, type OpenStore, opener, shipAll, track } from './harness.ts'

export const personOf = async (store: Store, identifier: string): Promise<Profile> =>
  (await store.people.find('main', identifier))!
export const sourceOf = async (store: Store, identifier: string): Promise<string> =>
  (await store.people.locate('main', identifier))!.source

/** What splits the source of `identifier` off its person; `logged`: events with the identifier whose source they are filed under. */
export async function unmerge(store: Store, identifier: string, logged: readonly [Entry, string][]): Promise<Entry> {
  const person = await personOf(store, identifier)
  const gone = await sourceOf(store, identifier)
  const sourced: [Event, string][] = []
  for (const [entry, filed] of logged) {
    if (entry.kind === 'event') sourced.push([entry.event, await sourceOf(store, filed)])
  }
  const parts = [person.sources.filter(source => source !== gone), [gone]].map((sources): Part => {
    const replay = new Replay({ plan: planOfNeeds(0, []) }, NOON)
    const events = sourced.filter(([, source]) => sources.includes(source)).map(([event]) => event)
    for (const event of events.sort(compareEvents)) replay.add(event)
    return { sources, content: replay.content }
  })
  const { id: profile, version } = person
  return { kind: 'unmerge', profile, version, definitions: 0, parts: parts as [Part, Part], by: 'test' }
}

export function identityContract(open: OpenStore): void {
  const opened = opener(open)

  it('R12 an un-merge is one commit: two people, with their identifiers, ids and keys, also after the store was opened again', async () => {
    const { store, reopen } = await opened()
    const logged: [Entry, string][] = [
      [identify({ anonymous: 'web', traits: { city: 'Rome' } }), 'anonymousId:web'],
      [identify({ user: 'ada', traits: { plan: 'pro' } }), 'userId:ada'],
      [track({ user: 'ada', anonymous: 'web' }), 'userId:ada'],
    ]
    for (const [entry] of logged) await commit(store, [entry])
    const merged = await personOf(store, 'userId:ada')
    expect(await commit(store, [await unmerge(store, 'anonymousId:web', logged)])).toMatchObject([
      { outcome: 'stored' },
    ])
    const check = async (now: Store) => {
      const [ada, web] = [await personOf(now, 'userId:ada'), await personOf(now, 'anonymousId:web')]
      expect(ada).toMatchObject({
        id: merged.id,
        version: merged.version + 1,
        events: 2,
        traits: { plan: { value: 'pro' } },
      })
      expect(web).toMatchObject({ version: merged.version + 1, events: 1, traits: { city: { value: 'Rome' } } })
      expect([ada, web].map(({ bucketKey }) => bucketKey)).toEqual(['userId:ada', 'anonymousId:web'].map(bucketKeyOf))
      for (const person of [ada, web]) expect(await now.people.get('main', person.id)).toEqual(person)
      expect(await now.people.count('main')).toBe(2)
      expect((await now.people.page('main', undefined, 10)).map(({ id }) => id)).toEqual([ada.id, web.id].sort())
    }
    await check(store)
    expect((await shipAll(store, 'identity_links')).map(({ cause }) => String(cause).split(' ')[0])).toEqual([
      'merged',
      'unmerged',
    ])
    await commit(store, [track({ user: 'ada', anonymous: 'web', id: 'again' })])
    expect(await store.people.count('main')).toBe(2)
    if (!reopen) return
    const again = await reopen()
    expect(await personOf(again, 'anonymousId:web')).toMatchObject({ events: 1, splits: [{ other: merged.id }] })
    expect(await personOf(again, 'userId:ada')).toMatchObject({ events: 3, identifiers: ['userId:ada'] })
    const { id } = await personOf(again, 'anonymousId:web')
    const rejoin: Entry = { kind: 'rejoin', profile: id, other: merged.id, by: 'test' }
    expect(await commit(again, [rejoin])).toMatchObject([{ outcome: 'stored', profile: merged.id }])
    expect(await again.people.count('main')).toBe(1)
    expect(await personOf(again, 'anonymousId:web')).toMatchObject({ id: merged.id, events: 4 })
  })

  it('R1 an un-merge that something passed by changes nothing, and no event is lost, with many writers', async () => {
    const { store } = await opened()
    const logged: [Entry, string][] = [
      [track({ anonymous: 'web' }), 'anonymousId:web'],
      [track({ user: 'ada', anonymous: 'web' }), 'userId:ada'],
    ]
    for (const [entry] of logged) await commit(store, [entry])
    const entry = await unmerge(store, 'anonymousId:web', logged)
    const commits = Array.from({ length: 12 }, (_, i) =>
      commit(store, [i % 2 ? track({ user: 'ada' }) : track({ anonymous: 'web' })]),
    )
    const [[applied]] = await Promise.all([commit(store, [entry]), ...commits])
    const people = await store.people.page('main', undefined, 10)
    expect(people.reduce((sum, { events }) => sum + events, 0)).toBe(14)
    expect(people).toHaveLength(applied?.outcome === 'stored' ? 2 : 1)
    expect(await shipAll(store)).toHaveLength(14)
    expect(await commit(store, [entry])).toMatchObject([{ outcome: 'conflict' }])
  })

  it('a device that more people use than its kind allows gets a source of its own, whoever writes at that moment', async () => {
    const { store, reopen } = await opened()
    await commit(store, [track({ anonymous: 'hall' }), track({ user: 'ada', anonymous: 'hall' })])
    const before = await sourceOf(store, 'anonymousId:hall')
    const commits = Array.from({ length: 24 }, (_, i) =>
      commit(store, [i % 3 ? track({ anonymous: 'hall' }) : track({ user: `user-${i}`, anonymous: 'hall' })]),
    )
    await Promise.all(commits)
    const check = async (now: Store) => {
      const hall = await personOf(now, 'anonymousId:hall')
      expect(await sourceOf(now, 'anonymousId:hall')).not.toBe(before)
      expect(hall).toMatchObject({ identifiers: ['anonymousId:hall'], sources: [hall.id] })
      const people = await now.people.page('main', undefined, 20)
      expect(people).toHaveLength(10)
      expect(people.reduce((sum, { events }) => sum + events, 0)).toBe(26)
      expect(await now.people.get('main', before)).toMatchObject({ userId: 'ada', identifiers: ['userId:ada'] })
    }
    await check(store)
    expect(await shipAll(store)).toHaveLength(26)
    if (reopen) await check(await reopen())
  })

  it('R6 kinds of identifier are those of the commit, repeated so after the store was opened again', async () => {
    const { store, reopen } = await opened()
    const identity = identityRules({ kinds: [{ kind: 'email' }] })
    const say = (anonymous: string) => identify({ anonymous, traits: { email: 'ada@x.example' } })
    await commit(store, [say('before')])
    await commit(store, [say('web'), say('app')], { identity })
    await commit(store, [say('after')])
    const check = async (now: Store) => {
      const ada = await personOf(now, 'email:ada@x.example')
      expect([...ada.identifiers].sort()).toEqual(['anonymousId:app', 'anonymousId:web', 'email:ada@x.example'])
      expect(await now.people.count('main')).toBe(3)
    }
    await check(store)
    if (!reopen) return
    const again = await reopen()
    await check(again)
    await commit(again, [say('before')], { identity })
    expect(await personOf(again, 'anonymousId:before')).toEqual(await personOf(again, 'anonymousId:web'))
  })

  it('R11 a person of many sources is merged and split like any other', async () => {
    const { store } = await opened()
    const identity = identityRules({ kinds: [{ kind: 'email', limit: 200 }] })
    const emails = Array.from({ length: 120 }, (_, i) =>
      identify({ anonymous: 'web', traits: { email: `a${i}@x.example` } }),
    )
    await commit(store, emails, { identity })
    await commit(store, [track({ user: 'ada', anonymous: 'app' })])
    await commit(store, [track({ user: 'ada', anonymous: 'web' })])
    const ada = await personOf(store, 'userId:ada')
    expect(ada.sources).toHaveLength(123)
    const { content } = { content: new Replay({ plan: planOfNeeds(0, []) }, NOON).content }
    const gone = ada.sources.slice(0, 60)
    const parts: [Part, Part] = [
      { sources: ada.sources.slice(60), content },
      { sources: gone, content },
    ]
    const { id: profile, version } = ada
    const entry: Entry = { kind: 'unmerge', profile, version, definitions: 0, parts, by: 'test' }
    expect(await commit(store, [entry])).toMatchObject([{ outcome: 'stored' }])
    expect(await store.people.count('main')).toBe(2)
    for (const { id, sources } of await store.people.page('main', undefined, 5)) {
      for (const source of sources) expect((await store.people.get('main', source))?.id).toBe(id)
    }
  })
}
