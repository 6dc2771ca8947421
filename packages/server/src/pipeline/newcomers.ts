import type { Applied, Entry } from '@espalier/core/stream'
import type { Store } from '@espalier/store'
import type { ItemError } from '../problem.ts'
import type { Origin } from './enrich.ts'
import { truncateIp } from './ip.ts'
import { isBrowser } from './visitor.ts'

export interface NewcomersParts {
  readonly store: Pick<Store, 'people'>
  readonly now: () => number
  /** New people that one network may bring in a minute, for long; 0: any number. */
  readonly perMinute: number
}

/** What was held back of one network's. */
export interface HeldBack {
  /** The addresses as they are told: cut short. */
  readonly source: string
  readonly events: number
  /** When it began and when it was last so, epoch milliseconds. */
  readonly since: number
  readonly last: number
}

interface Bucket {
  tokens: number
  at: number
  held: number
  since: number
  last: number
}

/** A burst may bring what five minutes may: a newsletter goes out, a class opens its laptops. */
const BURST_MINUTES = 5
/** Networks remembered; of more the one that was quiet longest is forgotten (R11). */
const MOST = 20_000
const HOUR_MS = 3_600_000

/**
 * Holds back a rate of new people from one network that no humans make (a crawler that says it is a browser, a script with the
 * public key). While a network is over its rate, events of people who are known go on, and those that would make somebody new
 * are refused with a time to try again, so that a visitor among them is late and not lost. Only requests that tell the
 * visitor's address count: a business's own server brings many people, and that is its work.
 */
export class Newcomers {
  readonly #parts: NewcomersParts
  readonly #buckets = new Map<string, Bucket>()

  constructor(parts: NewcomersParts) {
    this.#parts = parts
  }

  /** The network a visitor's request comes from: stated by whoever relays it, else the browser's own. Undefined: not known. */
  sourceOf(stated: unknown, { userAgent, ip }: Pick<Origin, 'userAgent' | 'ip'>): string | undefined {
    if (this.#parts.perMinute === 0) return undefined
    if (typeof stated === 'string') return truncateIp(stated)
    return isBrowser(userAgent) ? truncateIp(ip) : undefined
  }

  /** Whether a network brings too many people now. */
  isOver(workspace: string, source: string | undefined): boolean {
    if (source === undefined) return false
    const bucket = this.#buckets.get(keyOf(workspace, source))
    return bucket !== undefined && this.#filled(bucket).tokens < 1
  }

  /** Whom the entries of a request made, to their networks' account. */
  count(workspace: string, sources: readonly (string | undefined)[], applied: readonly Applied[]): void {
    const counted = new Set<string>()
    for (const [i, { isNew, profile }] of applied.entries()) {
      const source = sources[i]
      if (isNew !== true || source === undefined || profile === undefined || counted.has(profile)) continue
      counted.add(profile)
      this.#bucketOf(keyOf(workspace, source)).tokens -= 1
    }
  }

  /** Which of these entries have to wait; undefined: none. A promise only where a network is over its rate. */
  hold(
    workspace: string,
    entries: readonly Entry[],
    sources: readonly (string | undefined)[],
  ): undefined | Promise<ReadonlyMap<number, ItemError> | undefined> {
    if (!sources.some(source => this.isOver(workspace, source))) return undefined
    return this.#hold(workspace, entries, sources)
  }

  /** What was held back in the last hour, the most first. */
  report(workspace: string): HeldBack[] {
    const since = this.#parts.now() - HOUR_MS
    return [...this.#buckets]
      .filter(([key, { held, last }]) => held > 0 && last > since && key.startsWith(`${workspace}\n`))
      .map(([key, { held, since, last }]) => ({ source: key.slice(workspace.length + 1), events: held, since, last }))
      .sort((a, b) => b.events - a.events)
  }

  async #hold(
    workspace: string,
    entries: readonly Entry[],
    sources: readonly (string | undefined)[],
  ): Promise<ReadonlyMap<number, ItemError> | undefined> {
    const held = new Map<number, ItemError>()
    for (const [i, entry] of entries.entries()) {
      const source = sources[i]
      if (source === undefined || entry.kind !== 'event' || !this.isOver(workspace, source)) continue
      if (await this.#isKnown(workspace, entry.event)) continue
      held.set(i, { index: entry.event.index, code: 'held_back', message: MESSAGE })
      this.#note(keyOf(workspace, source))
    }
    return held.size === 0 ? undefined : held
  }

  async #isKnown(
    workspace: string,
    { userId, anonymousId }: { userId?: string; anonymousId?: string },
  ): Promise<boolean> {
    const { people } = this.#parts.store
    const names = [userId && `userId:${userId}`, anonymousId && `anonymousId:${anonymousId}`]
    for (const name of names) if (name && (await people.locate(workspace, name)) !== undefined) return true
    return false
  }

  #note(key: string): void {
    const bucket = this.#bucketOf(key)
    const now = this.#parts.now()
    if (bucket.held === 0 || bucket.last < now - HOUR_MS) {
      bucket.held = 0
      bucket.since = now
    }
    bucket.held++
    bucket.last = now
  }

  #bucketOf(key: string): Bucket {
    const known = this.#buckets.get(key)
    this.#buckets.delete(key)
    const now = this.#parts.now()
    const bucket = known ?? { tokens: this.#parts.perMinute * BURST_MINUTES, at: now, held: 0, since: 0, last: 0 }
    // Last used last, so that the first is the one that was quiet longest.
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > MOST) this.#buckets.delete(this.#buckets.keys().next().value ?? '')
    return this.#filled(bucket)
  }

  #filled(bucket: Bucket): Bucket {
    const { perMinute, now } = this.#parts
    const most = perMinute * BURST_MINUTES
    bucket.tokens = Math.min(most, bucket.tokens + (Math.max(0, now() - bucket.at) / 60_000) * perMinute)
    bucket.at = now()
    return bucket
  }
}

const MESSAGE =
  'This network brings more new people than people make: known ones are taken in, new ones have to wait. Send it again later.'

function keyOf(workspace: string, source: string): string {
  return `${workspace}\n${source}`
}
