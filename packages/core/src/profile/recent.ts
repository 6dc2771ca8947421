import type { Event } from '../event/event.ts'
import { moneyOf, productsOf } from '../event/money.ts'
import { pathOf } from '../event/origin.ts'
import { compareStamps, type Stamp } from '../event/stamp.ts'
import { PROFILE_LIMITS } from './limits.ts'
import type { RecentEvent } from './profile.ts'

/** What the recent history keeps of an event; undefined for what is not an action (identify, group, alias). */
export function recentOf(event: Event, stamp: Stamp): RecentEvent | undefined {
  if (event.type !== 'track' && event.type !== 'page' && event.type !== 'screen') return undefined
  const { at, lag, index, hash } = stamp
  const recent: Mutable<RecentEvent> = { at, lag, index, hash, name: event.name }
  const items = itemsOf(event)
  if (items !== undefined) recent.items = items
  const value = event.type === 'track' ? (moneyOf(event).revenue ?? event.properties.value) : undefined
  if (typeof value === 'number') recent.value = value
  return recent
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function itemsOf(event: Event): readonly string[] | undefined {
  const products = productsOf(event.properties, PROFILE_LIMITS.recentItems)
  if (products.length > 0) return products
  const path = event.type === 'page' ? pathOf(event) : undefined
  return path === undefined ? undefined : [path]
}

/** The history with one more event, in event order, the last of the set kept. */
export function withRecent(recent: readonly RecentEvent[], event: RecentEvent): readonly RecentEvent[] {
  let place = recent.length
  while (place > 0 && compareStamps(recent[place - 1]!, event) > 0) place--
  const full = recent.length >= PROFILE_LIMITS.recent
  if (full && place === 0) return recent
  const next = recent.slice(full ? 1 : 0)
  next.splice(full ? place - 1 : place, 0, event)
  return next
}

/** Two persons' histories as one: the last of the union. */
export function mergedRecent(a: readonly RecentEvent[], b: readonly RecentEvent[]): readonly RecentEvent[] {
  return [...a, ...b].sort(compareStamps).slice(-PROFILE_LIMITS.recent)
}
