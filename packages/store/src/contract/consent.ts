import { consentRules } from '@espalier/core/consent'
import { planOfNeeds } from '@espalier/core/plan'
import type { Entry } from '@espalier/core/stream'
import { expect, it } from 'vitest'
import type { Store } from '../port.ts'
import { NOON, type OpenStore, opener, shipAll, track } from './harness.ts'

/** What somebody refuses to have stored is not, in any engine. */
export function consentContract(open: OpenStore): void {
  const opened = opener(open)
  const consent = consentRules()
  const plan = planOfNeeds(0, [])
  const commit = (store: Store, entries: readonly Entry[]) =>
    store.people.commit({ workspace: 'main', entries, now: NOON, plan, consent })

  /** A tracked event that says what somebody agrees to. */
  function saying(preferences: Record<string, boolean>, told: Parameters<typeof track>[0]): Entry {
    const entry = track(told) as Extract<Entry, { kind: 'event' }>
    return { ...entry, event: { ...entry.event, context: { consent: { categoryPreferences: preferences } } } }
  }

  it('R8 an event that is refused leaves the refusal and no row', async () => {
    const { store } = await opened()
    const [refused, after] = await commit(store, [
      saying({ analytics: false, email: true }, { user: 'ada', anonymous: 'web', name: 'Secret Viewed' }),
      track({ user: 'ada', name: 'Secret Viewed' }),
    ])
    expect(refused).toMatchObject({ outcome: 'refused', reason: 'consent', by: 'request' })
    expect(after).toMatchObject({ outcome: 'refused', reason: 'consent', by: 'person' })
    for (const identifier of ['userId:ada', 'anonymousId:web']) {
      const person = await store.people.find('main', identifier)
      expect(person).toMatchObject({ events: 0, identifiers: [identifier], recent: [] })
      expect(person?.consent).toMatchObject({ analytics: { granted: false, at: NOON }, email: { granted: true } })
    }
    expect(await store.people.count('main')).toBe(2)
    expect(await shipAll(store)).toEqual([])
  })

  it('R4 R8 the refusal is heard by the next commit, also after the store was opened again', async () => {
    const { store, reopen } = await opened()
    await commit(store, [track({ user: 'ada' }), saying({ analytics: false }, { user: 'ada', at: NOON + 1 })])
    const again = (await reopen?.()) ?? store
    const heard = await commit(again, [track({ user: 'ada', at: NOON + 2 })])
    expect(heard).toMatchObject([{ outcome: 'refused', by: 'person' }])
    const granted = saying({ analytics: true }, { user: 'ada', at: NOON + 3 })
    expect(await commit(again, [granted, granted])).toMatchObject([{ outcome: 'stored' }, { outcome: 'duplicate' }])
    expect(await again.people.find('main', 'userId:ada')).toMatchObject({ events: 2 })
  })
}
