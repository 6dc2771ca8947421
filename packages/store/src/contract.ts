import { describe, expect, it } from 'vitest'
import { accountsContract } from './contract/accounts.ts'
import { bindingsContract } from './contract/bindings.ts'
import { catalogContract } from './contract/catalog.ts'
import { consentContract } from './contract/consent.ts'
import { countersContract } from './contract/counters.ts'
import { definitionsContract } from './contract/definitions.ts'
import { erasureContract } from './contract/erasure.ts'
import { commit, type OpenStore, opener, track } from './contract/harness.ts'
import { identityContract } from './contract/identity.ts'
import { keysContract } from './contract/keys.ts'
import { outboxContract } from './contract/outbox.ts'
import { peopleContract } from './contract/people.ts'
import { scrubContract } from './contract/scrub.ts'
import { sequencesContract } from './contract/sequences.ts'
import { timersContract } from './contract/timers.ts'
import { tombstonesContract } from './contract/tombstones.ts'

export type { Dependencies, OpenedStore, OpenStore } from './contract/harness.ts'

/** What every store promises: run from an adapter's own test file. `open` gives an empty store each time. */
export function storeContract(name: string, open: OpenStore): void {
  describe(`${name} keeps the store contract`, () => {
    describe('people', () => peopleContract(open))
    describe('identity', () => identityContract(open))
    describe('accounts', () => accountsContract(open))
    describe('bindings', () => bindingsContract(open))
    describe('consent', () => consentContract(open))
    describe('erasure', () => erasureContract(open))
    describe('a scrub', () => scrubContract(open))
    describe('timers', () => timersContract(open))
    describe('tombstones', () => tombstonesContract(open))
    describe('outbox', () => outboxContract(open))
    describe('definitions', () => definitionsContract(open))
    describe.each(['catalog', 'records'] as const)('%s', shelf => catalogContract(open, shelf))
    describe('counters', () => countersContract(open))
    describe('keys and leases', () => keysContract(open))
    describe('sequences', () => sequencesContract(open))
    describe('the store', () => {
      const opened = opener(open)
      it('says how it is', async () => {
        const { store } = await opened()
        await store.check()
        await commit(store, [track({ user: 'ada' })])
        for (const value of Object.values(await store.stats())) expect(typeof value).toMatch(/number|string/)
        expect(store.concurrency).toBeGreaterThanOrEqual(1)
      })
    })
  })
}
