import type { Entry } from '@espalier/core/stream'
import { expect, it } from 'vitest'
import { commit, identify, NOON, type OpenStore, opener, shipAll, track } from './harness.ts'

/** A person is erased by the stream's own entry, and tombstones are kept as people are. */
export function tombstonesContract(open: OpenStore): void {
  const opened = opener(open)
  const erase = (profile: string, ...tombstones: string[]): Entry => {
    return { kind: 'erase', profile, tombstones, at: NOON, until: NOON + 1000 }
  }
  const late = (tombstones: readonly string[], told: Parameters<typeof track>[0]): Entry => {
    return { ...(track(told) as Extract<Entry, { kind: 'event' }>), tombstones }
  }

  it('R8 keep out who was erased, also after the store was opened again, until they are taken away', async () => {
    const { store, reopen } = await opened()
    await commit(store, [identify({ user: 'ada', anonymous: 'web' }), track({ user: 'bob' })])
    const ada = await store.people.find('main', 'userId:ada')
    const graves = ['grave:ada', 'grave:web']
    expect(await commit(store, [erase(ada?.id ?? '', ...graves)])).toMatchObject([{ outcome: 'stored' }])
    expect(await commit(store, [erase(ada?.id ?? '', ...graves)])).toMatchObject([{ outcome: 'duplicate' }])
    const again = (await reopen?.()) ?? store
    for (const source of ada?.sources ?? []) expect(await again.people.get('main', source)).toBeUndefined()
    for (const identifier of ['userId:ada', 'anonymousId:web', ...graves]) {
      expect(await again.people.locate('main', identifier), identifier).toBeUndefined()
    }
    expect(await again.people.count('main')).toBe(1)
    expect((await again.people.page('main', undefined, 10)).map(({ userId }) => userId)).toEqual(['bob'])
    expect(await commit(again, [late(['grave:ada'], { user: 'ada' })])).toMatchObject([{ reason: 'erased' }])
    expect(await commit(again, [late(['grave:none'], { user: 'bob' })])).toMatchObject([{ outcome: 'stored' }])
    expect(await commit(again, [late(['grave:ada'], { user: 'ada', at: NOON + 1 })])).toMatchObject([
      { outcome: 'stored' },
    ])
    expect(await again.people.find('main', 'userId:ada')).toMatchObject({ events: 1, identifiers: ['userId:ada'] })
    await commit(again, [{ kind: 'unbury', tombstones: graves }], { now: NOON + 1000 })
    expect(await commit(again, [late(['grave:web'], { anonymous: 'web' })])).toMatchObject([{ outcome: 'stored' }])
    const events = (await shipAll(again)).filter(row => row.type !== 'segment')
    expect(events).toHaveLength(5)
  })
}
