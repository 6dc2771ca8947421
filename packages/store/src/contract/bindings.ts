import type { Binding, Grant } from '@espalier/core/profile'
import type { Entry } from '@espalier/core/stream'
import { expect, it } from 'vitest'
import { commit, NOON, type OpenStore, opener, shipAll, track } from './harness.ts'
import { personOf, sourceOf, unmerge } from './identity.ts'

const grant = { at: NOON, variant: 'a', key: 'k', code: 'HI-1', expires: NOON + 1000 }
const quote = { at: NOON, until: NOON + 9, price: 1.5, list: 2, experience: 'x', version: 1, variant: 'a' }
const binding: Binding = {
  shows: [{ key: 'served:experience:x', keep: 3 }],
  grants: { x: grant },
  quotes: { hat: quote },
}

const bind = (profile: string, expected: number, more: Partial<Binding> = {}): Entry => ({
  kind: 'bind',
  profile,
  expected,
  at: NOON,
  binding: { ...binding, ...more },
})

export function bindingsContract(open: OpenStore): void {
  const opened = opener(open)

  it('R1 what a decision binds is kept with the person, and refused where they were bound by another meanwhile', async () => {
    const { store } = await opened()
    const [{ profile = '' } = {}] = await commit(store, [track({ user: 'ada' })])
    expect(await commit(store, [bind(profile, 0)])).toMatchObject([{ outcome: 'stored', profile }])
    expect(await commit(store, [bind(profile, 0)])).toEqual([{ outcome: 'conflict' }])
    expect(await store.people.find('main', 'userId:ada')).toMatchObject({
      version: 2,
      bound: { version: 1, shows: { 'served:experience:x': [NOON] }, grants: { x: grant }, quotes: { hat: quote } },
    })
  })

  it('R1 of many at once on one version one is stored', async () => {
    const { store } = await opened()
    const [{ profile = '' } = {}] = await commit(store, [track({ user: 'ada' })])
    const applied = await Promise.all(Array.from({ length: 10 }, () => commit(store, [bind(profile, 0)])))
    expect(applied.flat().filter(({ outcome }) => outcome === 'stored')).toHaveLength(1)
    expect((await store.people.find('main', 'userId:ada'))?.bound?.version).toBe(1)
  })

  it('R11 one batch may bind many whose sources are somebody else’s', async () => {
    const { store } = await opened()
    const users = Array.from({ length: 30 }, (_, i) => `user-${i}`)
    await commit(
      store,
      users.map(user => track({ user, anonymous: `web-of-${user}` })),
    )
    const sources = await Promise.all(users.map(user => sourceOf(store, `anonymousId:web-of-${user}`)))
    const applied = await commit(
      store,
      sources.map(source => bind(source, 0)),
    )
    expect(applied.map(({ outcome }) => outcome)).toEqual(users.map(() => 'stored'))
  })

  it('R12 a person given an offer on two devices has both, and each device its own after an un-merge, also after the store was opened again', async () => {
    const { store, reopen } = await opened()
    const logged: [Entry, string][] = [
      [track({ anonymous: 'web' }), 'anonymousId:web'],
      [track({ user: 'ada' }), 'userId:ada'],
      [track({ user: 'ada', anonymous: 'web' }), 'userId:ada'],
    ]
    const grants: Record<string, Grant> = {}
    for (const [i, [entry, filed]] of logged.slice(0, 2).entries()) {
      await commit(store, [entry])
      const source = await sourceOf(store, filed)
      grants[filed] = { at: NOON + i, variant: 'a', key: `${source}:0`, code: `HI-${i}` }
      await commit(store, [bind(source, 0, { grants: { x: grants[filed] } })])
    }
    const [first, second] = [grants['anonymousId:web']!, grants['userId:ada']!]
    await commit(store, [logged[2]![0]])
    const both = { ...first, others: [second] }
    expect((await personOf(store, 'userId:ada')).bound?.grants).toEqual({ x: both })
    const merged = (await reopen?.()) ?? store
    const person = await personOf(merged, 'userId:ada')
    expect(person.bound?.grants).toEqual({ x: both })

    const used: Grant = { ...second, redeemed: NOON + 5, others: [{ ...first, freed: true }] }
    await commit(merged, [bind(person.id, person.bound!.version, { grants: { x: used } })])
    await commit(merged, [await unmerge(merged, 'anonymousId:web', logged)])
    const apart = (await reopen?.()) ?? merged
    expect((await personOf(apart, 'anonymousId:web')).bound?.grants).toEqual({ x: { ...first, freed: true } })
    expect((await personOf(apart, 'userId:ada')).bound?.grants).toEqual({ x: { ...second, redeemed: NOON + 5 } })
  })

  it('R2 it is there after the store was opened again, and its row is shipped once', async context => {
    const { store, reopen } = await opened()
    if (!reopen) return context.skip()
    const [{ profile = '' } = {}] = await commit(store, [track({ user: 'ada' })])
    await commit(store, [{ ...bind(profile, 0), row: rowOf(profile) } as Entry])
    const bound = (await store.people.find('main', 'userId:ada'))?.bound
    const again = await reopen()
    expect((await again.people.find('main', 'userId:ada'))?.bound).toEqual(bound)
    const decisions = (await shipAll(again, 'decisions')).filter(row => row.request_id === 'r1')
    expect(decisions).toMatchObject([{ profile, 'answers.experience': ['x'] }])
  })
}

function rowOf(profile: string) {
  return {
    workspace: 'main',
    profile,
    timestamp: NOON,
    request_id: 'r1',
    bucket_key: 'b',
    definitions: 1,
    context: {},
    inputs: {},
    'answers.touchpoint': ['hero'],
    'answers.experience': ['x'],
    'answers.version': [1],
    'answers.variant': ['a'],
    'answers.reason': ['assigned'],
    'answers.propensity': [1],
    'answers.control': [false],
    'answers.holdout': [false],
    'answers.model': [''],
  }
}
