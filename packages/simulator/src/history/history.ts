import type { Random } from '@espalier/core/random'
import type { Item } from '../item.ts'
import { botOf } from '../people/devices.ts'
import { visit } from '../visit/visit.ts'
import type { World } from '../world.ts'
import { crawl } from './crawl.ts'
import { Heap } from './heap.ts'
import { type Arrival, arrivals } from './schedule.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Share of events that arrive late, as from a phone that was offline: by an hour on average, some by days. */
export const LATE_SHARE = 0.02
/** Share of events that are sent twice under the same messageId, as by a client that heard no answer. */
export const REPEATED_SHARE = 0.01
/** Share of visits at which somebody with an account logs in; cross-device people always do. */
const LOGS_IN = 0.6

export interface HistoryOptions {
  /** Epoch milliseconds: from (inclusive) and to (exclusive), by when visits begin. */
  readonly from: number
  readonly to: number
}

/** An event and when it reaches the server: its timestamp, or later. */
export interface Delivery {
  readonly item: Item
  readonly at: number
  /** The same messageId was delivered before. */
  readonly repeated: boolean
  /** From a crawler: a server refuses it. */
  readonly crawler: boolean
}

/**
 * What happened in the shop without any personalization, in the order in which it reached the server: overlapping visits,
 * late and repeated events and crawlers included. Nothing that happens after `to` is told.
 */
export function* deliveries(world: World, options: HistoryOptions): Generator<Delivery> {
  const rng = world.rng.fork(`history from ${options.from}`)
  const pending = new Heap<Delivery>()
  let visits = 0
  for (const arrival of arrivals(world, options.from, options.to, rng.fork('arrivals'))) {
    while (pending.next <= arrival.at) yield pending.pop()!
    const own = rng.fork(`visit ${visits++}`)
    for (const item of eventsOf(world, arrival, own)) deliver(pending, item, 'bot' in arrival, own, options.to)
  }
  for (let delivery = pending.pop(); delivery !== undefined; delivery = pending.pop()) yield delivery
}

/** The same as an async generator of the items alone. */
export async function* history(world: World, options: HistoryOptions): AsyncGenerator<Item> {
  for (const { item } of deliveries(world, options)) yield item
}

function* eventsOf(world: World, arrival: Arrival, rng: Random): Generator<Item> {
  if ('bot' in arrival) {
    yield* crawl(botOf(rng), world.catalog, arrival.at, rng)
    return
  }
  const person = world.person(arrival.person)
  const device = rng.pick(person.devices)
  const logsIn = person.devices.length > 1 || rng.chance(LOGS_IN)
  const steps = visit({ person, device, catalog: world.catalog, effects: {}, start: arrival.at, rng, logsIn })
  for (const step of steps) if (step.kind === 'event') yield step.item
}

function deliver(pending: Heap<Delivery>, item: Item, crawler: boolean, rng: Random, to: number): void {
  const happened = Date.parse(item.timestamp)
  if (happened >= to) return
  let at = happened
  if (rng.chance(LATE_SHARE)) at += Math.floor(HOUR * rng.exponential() ** 3)
  pending.push(at, { item, at, repeated: false, crawler })
  if (rng.chance(REPEATED_SHARE)) {
    const again = at + Math.floor(10 * MINUTE * rng.exponential())
    pending.push(again, { item, at: again, repeated: true, crawler })
  }
}
