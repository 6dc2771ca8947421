import type { Event } from './event.ts'
import { messageHash } from './messageHash.ts'

/**
 * Place of a statement in the total order of events (R10). Of two statements about the same thing the greater stamp wins, so
 * that a profile is a function of the set of events, whatever the order of their arrival.
 */
export interface Stamp {
  /** The event's timestamp, epoch milliseconds. */
  readonly at: number
  /** How long after `at` it was received, milliseconds: of equal times the later received is greater. At least -5 minutes. */
  readonly lag: number
  /** Its place in the request. */
  readonly index: number
  /** `messageHash` of its messageId, for what is equal in all else. */
  readonly hash: number
}

/** The event's place in the total order (R10). */
export function stampOf(event: Event): Stamp {
  return {
    at: event.timestamp,
    lag: event.received - event.timestamp,
    index: event.index,
    hash: messageHash(event.messageId),
  }
}

/** As `compareEvents`. 0 only for statements of one event. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.at - b.at || a.lag - b.lag || a.index - b.index || a.hash - b.hash
}

/** When something was stated, and whether only for where nothing is. */
export interface Stated extends Stamp {
  readonly once?: true
}

/** The greater holds: the last one; of those for where nothing is, which are less than all others, the first. */
function compareStated(a: Stated, b: Stated): number {
  if (a.once !== b.once) return a.once ? -1 : 1
  return a.once ? compareStamps(b, a) : compareStamps(a, b)
}

/** True when a statement stamped `stamp` replaces the one stamped `old`. Within one event the later said replaces. */
export function supersedes(stamp: Stated, old: Stated | undefined): boolean {
  return old === undefined || compareStated(stamp, old) >= 0
}

/**
 * The `limit` greatest statements of a record, mostly the newest, then by name. Exact whatever the order of arrival: a name left out
 * has `limit` greater ones before it, and they only get greater.
 */
export function newest<T extends Stated>(record: Record<string, T>, limit: number): Record<string, T> {
  const names = Object.keys(record)
  if (names.length <= limit) return record
  names.sort((a, b) => compareStated(record[b]!, record[a]!) || (a < b ? -1 : 1))
  return Object.fromEntries(names.slice(0, limit).map(name => [name, record[name]!]))
}

/** Both records in one, the greater statement of each name. */
export function united<T extends Stated>(a: Record<string, T>, b: Record<string, T>, limit: number): Record<string, T> {
  const union = { ...a }
  for (const name of Object.keys(b)) {
    const old = Object.hasOwn(a, name) ? a[name] : undefined
    if (supersedes(b[name]!, old)) union[name] = b[name]!
  }
  return newest(union, limit)
}
