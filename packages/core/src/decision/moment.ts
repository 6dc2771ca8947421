import { inRange } from '../bucket/bucket.ts'
import type { ItemLookup, World } from '../content/world.ts'
import type { JsonObject } from '../json.ts'
import { type Assigned, assignedKey, type Bound, type Grant, type Quote, UNBOUND } from '../profile/bound.ts'
import type { Profile } from '../profile/profile.ts'
import { type Considered, type Subject, zoneOfPerson } from '../segment/subject.ts'
import { Binds, type Missed, wantKeys } from './binding.ts'
import type { CompiledExperience, CompiledSet } from './compiled.ts'
import { settled, standing, stateOf } from './offer.ts'

/** What deciding looks at of a person. */
export type Person = Considered &
  Pick<Profile, 'bucketKey' | 'consent'> &
  Partial<Pick<Profile, 'id' | 'sources' | 'bound'>>

/** How a question may be answered. */
export interface Terms {
  /** False: nothing can be stored for this person now, so what binds is not shown. */
  readonly binds: boolean
  /** Nothing of it happens, so it may show what binds without binding it. */
  readonly preview: boolean
  /** Offers reserved for this request, by experience: as if the person had them. */
  readonly granted: ReadonlyMap<string, Grant>
  /** Whether anything is left of an offer. */
  readonly supplied: (experience: string) => boolean
}

const NOBODY = { traits: {}, signals: {} }
const NO_ACCOUNTS: NonNullable<Subject['accounts']> = []

/** One question while it is being answered: who asks, in which context, when; and what content may show of it. */
export class Moment implements World {
  // Declared, since a field would be set twice, and one is made for every request.
  declare readonly set: CompiledSet
  declare readonly items: ItemLookup
  declare readonly person: Person | undefined
  declare readonly subject: Subject
  declare readonly terms: Terms
  /** Which of the set's readings the log has been told of. */
  declare readonly taken: Uint8Array
  /** Experiences that were passed over although their audience holds, and why. */
  declare passed: Record<string, string> | undefined
  /** What sticky splits hold for the person, of the experiences that are answered. */
  declare held: Record<string, JsonObject> | undefined
  /** Offers that are passed over since nothing is left of them; undefined: none. */
  declare missed: Map<string, Missed> | undefined
  /** What the request binds so far; undefined where it binds nothing. */
  declare bindsIfAny: Binds | undefined
  /** Items that were shown at the catalog's price. */
  private declare listed: Set<string> | undefined
  private declare knownZone: string | undefined
  private declare knownHoldout: boolean | undefined

  /** Without a person, or for one of whom nothing may be used, it is nobody's. */
  constructor(
    set: CompiledSet,
    items: ItemLookup,
    person: Person | undefined,
    context: JsonObject,
    now: number,
    terms: Terms,
    accounts: NonNullable<Subject['accounts']> = NO_ACCOUNTS,
  ) {
    this.set = set
    this.items = items
    this.person = person
    this.subject = { profile: person ?? NOBODY, context, now, accounts }
    this.terms = terms
    this.taken = new Uint8Array(set.readings)
    this.passed = undefined
    this.held = undefined
    this.missed = undefined
    this.bindsIfAny = undefined
    this.listed = undefined
    this.knownZone = undefined
    this.knownHoldout = undefined
  }

  /** No experience, no offer. */
  get offer(): JsonObject | undefined {
    return undefined
  }

  /** The person's time zone: as the caller says, else as last heard of; where there is none, the workspace's. */
  get zone(): string {
    this.knownZone ??= zoneOfPerson(this.subject) ?? this.set.zone
    return this.knownZone
  }

  /** Whether the one person this is about is in the holdout: the same at every touchpoint. */
  isHeldOut({ bucketKey }: Pick<Person, 'bucketKey'>): boolean {
    const { holdout } = this.set
    this.knownHoldout ??= inRange(holdout.point(bucketKey, this.subject.now), holdout.range)
    return this.knownHoldout
  }

  get recent(): World['recent'] {
    return this.person?.recent ?? []
  }

  get bound(): Bound {
    return this.person?.bound ?? UNBOUND
  }

  /** To bind something more. */
  get binds(): Binds {
    this.bindsIfAny ??= new Binds()
    return this.bindsIfAny
  }

  /** Keeps what a sticky split gives; where nothing can be stored it is drawn anew the next time, and is the same while weights are. */
  assign({ key, draws }: CompiledExperience, arm: Assigned['arm'], variant: string, propensity: number): void {
    if (!this.terms.binds || this.terms.preview) return
    this.binds.assigned.set(assignedKey(key, draws.seed), { at: this.subject.now, arm, variant, propensity })
  }

  /** What the person was given, or is about to be, whether or not it is over. */
  grant({ key, offer }: Pick<CompiledExperience, 'key' | 'offer'>): Grant | undefined {
    const kept = own(this.bound.grants, key)
    const had = kept?.others === undefined || offer === undefined ? kept : standing(offer, kept, this.subject.now)
    const reserved = this.terms.granted.get(key)
    if (reserved === undefined || had === undefined) return reserved ?? had
    // Reserved once more under the same key it is the same: another request has given it meanwhile.
    if (reserved.key === had.key) return had
    // Or the person has become one with somebody who has it.
    const holds = had.variant !== '' && offer !== undefined && stateOf(offer, had, this.subject.now) === 'live'
    return holds ? had : reserved
  }

  /** Nothing is left of an offer, but for what may be reserved for the person already. */
  miss({ key, offer }: CompiledExperience, person: Person): void {
    if (offer === undefined || !this.terms.binds || this.terms.preview) return
    this.missed ??= new Map()
    this.missed.set(key, { experience: key, ...wantKeys(person, this.previous({ key, offer })), supply: offer.supply })
  }

  /** When the person was given an offer before, or was left out; 0: never. */
  previous(experience: Pick<CompiledExperience, 'key' | 'offer'>): number {
    return this.grant(experience)?.at ?? 0
  }

  /** One of the person's grants was used before they became one: what the others took is given back. */
  settle({ key, offer }: Pick<CompiledExperience, 'key' | 'offer'>): void {
    const kept = own(this.bound.grants, key)
    if (kept?.others === undefined || offer === undefined || !this.terms.binds || this.terms.preview) return
    const after = settled(offer, kept)
    if (after !== undefined) this.binds.grants.set(key, after)
  }

  /** The price the person was told and still has, or is about to be. */
  quote(item: string): Quote | undefined {
    const made = this.bindsIfAny?.quotes.get(item)
    const kept = made ?? own(this.bound.quotes, item)
    return kept !== undefined && this.subject.now < kept.until ? kept : undefined
  }

  /** All prices that this request makes, where it showed one of these items at the catalog's price before; else undefined. */
  toldSince(): ReadonlyMap<string, Quote> | undefined {
    const { listed, bindsIfAny } = this
    if (listed === undefined || bindsIfAny === undefined) return undefined
    const { quotes } = bindsIfAny
    return [...quotes.keys()].some(item => listed.has(item)) ? quotes : undefined
  }

  /** What an item costs this person: as they were told, else what the catalog asks. */
  price(id: string): JsonObject | undefined {
    const item = this.items(id)
    const quote = this.quote(id)
    if (quote !== undefined) return priceView(id, quote)
    const price = item?.price
    if (typeof price !== 'number' || !Number.isFinite(price)) return undefined
    this.listed ??= new Set()
    this.listed.add(id)
    return { id, price, list: price, ...(typeof item?.currency === 'string' && { currency: item.currency }) }
  }
}

/** A price as content shows it. */
export function priceView(id: string, { price, list, currency, until }: Quote): JsonObject {
  return { id, price, list, ...(currency === undefined ? {} : { currency }), until }
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
