import type { JsonObject } from '@espalier/core'
import type { Event, ImportOrigin } from '@espalier/core/event'
import type { IdentityRules } from '@espalier/core/identity'
import { planOfNeeds } from '@espalier/core/plan'
import { isMerged } from '@espalier/core/profile'
import { type Applied, type Apply, apply, type Entry, type People } from '@espalier/core/stream'
import { afterEach } from 'vitest'
import type { ShipBatch, Store } from '../port.ts'
import { withTimers } from './withTimers.ts'

/** What the suite gives to an adapter: pass both on when opening. */
export interface Dependencies {
  readonly apply: Apply
  readonly newId: () => string
}

export interface OpenedStore {
  readonly store: Store
  /** Closes the store and opens the same data again; absent where nothing outlives the store. */
  readonly reopen?: () => Promise<Store>
  /** The folder with all that the store wrote, as it is on the disk; absent where nothing is. */
  readonly folder?: () => Promise<string>
  /** Closes the store that is open now and removes its data. */
  readonly close: () => Promise<void>
}

/** Opens an empty store. */
export type OpenStore = (dependencies: Dependencies) => Promise<OpenedStore>

/** Opens one store a test and closes it afterwards. */
export function opener(open: OpenStore): () => Promise<OpenedStore> {
  const opened: OpenedStore[] = []
  afterEach(async () => {
    for (const { close } of opened.splice(0)) await close()
  })
  return async () => {
    const one = await open({ apply: testApply, newId })
    opened.push(one)
    return one
  }
}

let ids = 0
/** Ids in the shape of UUIDv7, in the order of their making. */
export function newId(): string {
  return `01900000-0000-7000-8000-${(++ids).toString(16).padStart(12, '0')}`
}

/** An event of this name makes `apply` throw when all entries are applied. */
export const BROKEN = 'Broken'

/** An event of this name takes its person away when all entries are applied. */
export const FORGOTTEN = 'Forgotten'

/** The stream's, with timers, with people who are taken away, and with a way to fail. */
export const testApply: Apply = (people, entries, context) => {
  const result = withTimers(apply)(people, entries, context)
  for (const [i, entry] of entries.entries()) {
    if (entry.kind === 'event' && entry.event.name === FORGOTTEN) forget(people, result.applied[i]?.profile ?? '')
  }
  if (entries.some(entry => entry.kind === 'event' && entry.event.name === BROKEN)) throw new Error('broken on purpose')
  return result
}

function forget(people: People, id: string): void {
  const found = people.profile(id)
  const person = found && isMerged(found) ? people.profile(found.mergedInto) : found
  if (person === undefined || isMerged(person)) return
  for (const identifier of person.identifiers) people.unlink(identifier)
  for (const source of person.sources) people.remove(source)
}

/** 2026-03-10 12:00 UTC. */
export const NOON = Date.UTC(2026, 2, 10, 12)

export interface Told {
  readonly id?: string
  readonly user?: string
  readonly anonymous?: string
  readonly name?: string
  readonly at?: number
  readonly received?: number
  readonly origin?: ImportOrigin
  /** What an `identify` says. */
  readonly traits?: JsonObject
  /** Sets the person's timer; null: takes it away. */
  readonly due?: number | null
}

let messages = 0

/** A tracked event. */
export function track(told: Told): Entry {
  return { kind: 'event', event: event('track', told) }
}

/** An anonymous visitor says who they are. */
export function identify(told: Told): Entry {
  return { kind: 'event', event: event('identify', { name: 'identify', ...told }) }
}

/** Somebody says that they belong to a company, and what it is. */
export function group(told: Told & { readonly group: string }): Entry {
  return { kind: 'event', event: { ...event('group', { name: 'group', ...told }), groupId: told.group } }
}

/** What was called `previous` is this user. */
export function alias(told: Told & { readonly previous: string }): Entry {
  return { kind: 'event', event: { ...event('alias', { name: 'alias', ...told }), previousId: told.previous } }
}

/** Somebody asks for a decision before any event. */
export function appear(told: Told): Entry {
  return {
    kind: 'appearance',
    ...(told.user === undefined ? {} : { userId: told.user }),
    ...(told.anonymous === undefined ? {} : { anonymousId: told.anonymous }),
    at: told.at ?? NOON,
  }
}

function event(type: Event['type'], told: Told): Event {
  const timestamp = told.at ?? NOON
  return {
    type,
    messageId: told.id ?? `message-${++messages}`,
    ...(told.user === undefined ? {} : { userId: told.user }),
    ...(told.anonymous === undefined ? {} : { anonymousId: told.anonymous }),
    ...(told.origin === undefined ? {} : { origin: told.origin }),
    name: told.name ?? 'Product Viewed',
    properties: { ...told.traits, ...(told.due === undefined ? {} : { due: told.due }) },
    context: {},
    timestamp,
    received: told.received ?? timestamp,
    index: 0,
  }
}

export function commit(
  store: Store,
  entries: readonly Entry[],
  options: { workspace?: string; now?: number; identity?: IdentityRules } = {},
): Promise<readonly Applied[]> {
  const { workspace = 'main', now = NOON, identity } = options
  return store.people.commit({ workspace, entries, now, plan: planOfNeeds(0, []), ...(identity && { identity }) })
}

export const CLAIM = { now: NOON, leaseMs: 60_000, holder: 'shipper', maxRows: 10_000, maxBatches: 100 }

/** The rows of a batch, read back. Throws when a line is not JSON or not ended. */
export function rowsOf(batch: ShipBatch): Record<string, unknown>[] {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(batch.body)
  if (!text.endsWith('\n')) throw new Error('The last line is not ended.')
  return text
    .slice(0, -1)
    .split('\n')
    .map(line => JSON.parse(line))
}

/** Ships everything there is: all rows of `table`, in the order shipped. */
export async function shipAll(store: Store, table = 'events'): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for (;;) {
    const batches = await store.outbox.claim(CLAIM)
    if (batches.length === 0) return rows
    for (const batch of batches) {
      if (batch.table === table) rows.push(...rowsOf(batch))
      await store.outbox.settle(batch.token)
    }
  }
}
