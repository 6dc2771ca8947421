import { type Assigned, allGiven, type Binding, BOUND_LIMITS, type Grant, type Quote } from '../profile/bound.ts'
import type { CapKey, Kept } from './caps.ts'
import type { Person } from './moment.ts'
import type { CompiledOffer, Supply } from './offer.ts'

/** An offer that somebody is to be given: to be reserved, and then to be decided again with it in `granted`. */
export interface Want {
  readonly experience: string
  readonly variant: string
  /** Of the reservation: what this person asks for the same time has the same key. */
  readonly key: string
  /**
   * Under which it may have been reserved for somebody who has become this person since: then it is theirs, under that key. Absent:
   * nobody has.
   */
  readonly earlier?: readonly string[]
  readonly cost: number
  readonly supply: Supply
  /** Epoch milliseconds; undefined: never. */
  readonly expires: number | undefined
  /** When their turn began, where it did not now. */
  readonly turn?: number
}

/** An offer of which nothing is left for others: what was reserved for this person, by a request that has yet to bind it, is theirs. */
export type Missed = Pick<Want, 'experience' | 'key' | 'earlier' | 'supply'>

/** By the person, and when they were given it before, or left out; 0: never. */
export function wantKeys(
  { id, bucketKey, sources = [] }: Pick<Person, 'id' | 'bucketKey' | 'sources'>,
  previous: number,
): Pick<Want, 'key' | 'earlier'> {
  const own = id ?? bucketKey
  const earlier = sources.flatMap(source => (source === own ? [] : wantKey(source, previous)))
  return { key: wantKey(own, previous), ...(earlier.length > 0 && { earlier }) }
}

function wantKey(person: string, previous: number): string {
  return `${person}:${previous}`
}

/**
 * Keys under which something may be reserved that was given to nobody, of somebody who has been given the offer: a process died over it
 * before they became one with others, and they are not given another. None where it cannot be told from what was given before: where
 * it was given again, or more than is kept.
 */
export function neverGiven(
  { again }: Pick<CompiledOffer, 'again'>,
  grant: Grant | undefined,
  person: Person,
): string[] {
  if (grant === undefined || grant.variant === '' || again !== Number.POSITIVE_INFINITY) return []
  const given = new Set(allGiven(grant).map(({ key }) => key))
  const isFull =
    given.size >= BOUND_LIMITS.others || Object.keys(person.bound?.grants ?? {}).length >= BOUND_LIMITS.grants
  if (isFull || ![...given].every(key => key.endsWith(wantKey('', 0)))) return []
  const { key, earlier = [] } = wantKeys(person, 0)
  return [key, ...earlier].filter(one => !given.has(one))
}

/** What a request binds, gathered while it is answered. */
export class Binds {
  readonly wants = new Map<string, Want>()
  readonly grants = new Map<string, Grant>()
  readonly quotes = new Map<string, Quote>()
  /** By `assignedKey`. */
  readonly assigned = new Map<string, Assigned>()
  readonly #shows = new Map<CapKey, { keep: number; count: number }>()

  /** The request shows something that is counted under this key. */
  show({ key, keep }: Kept): void {
    const count = this.shown(key) + 1
    this.#shows.set(key, { keep, count })
  }

  /** How often this request has shown it so far. */
  shown(key: CapKey): number {
    return this.#shows.get(key)?.count ?? 0
  }

  /** Undefined where nothing is bound. */
  binding(): Binding | undefined {
    const { grants, quotes, assigned } = this
    if (this.#shows.size + grants.size + quotes.size + assigned.size === 0) return undefined
    return {
      shows: [...this.#shows].map(([key, { keep }]) => ({ key, keep })),
      grants: Object.fromEntries(grants),
      quotes: Object.fromEntries(quotes),
      ...(assigned.size > 0 && { assigned: Object.fromEntries(assigned) }),
    }
  }
}
