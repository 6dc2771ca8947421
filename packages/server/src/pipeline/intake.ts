import type { JsonObject } from '@espalier/core'
import { readConsent, withSignals } from '@espalier/core/consent'
import {
  type Event,
  type EventType,
  type ImportOrigin,
  type ItemBase,
  type ItemText,
  readItem,
  unclearAmount,
} from '@espalier/core/event'
import { compileRules, identifierOf, keysOf, namesMore } from '@espalier/core/identity'
import type { Entry, EventEntry } from '@espalier/core/stream'
import type { Places } from '../place/places.ts'
import type { ItemError } from '../problem.ts'
import type { DecisionIds } from './decisionId.ts'
import type { LiveSet } from './definitions.ts'
import { enrichContext, type Origin } from './enrich.ts'
import type { Graves } from './graves.ts'
import type { Newcomers } from './newcomers.ts'
import type { UserHashes } from './userHash.ts'
import { isBotRequest } from './visitor.ts'

export interface IntakeRequest {
  readonly workspace: string
  readonly set: LiveSet
  /** The caller holds only a write key, and the workspace wants userIds proven. */
  readonly mustProve: boolean
  /** The business’s own: whom it brings is its affair. */
  readonly isTrusted: boolean
  readonly items: readonly unknown[]
  /** What the items were parsed from, where it is at hand. */
  readonly texts?: readonly (ItemText | undefined)[]
  /** The type that the path names. */
  readonly type?: EventType
  /** What the batch says for all its items. */
  readonly context?: JsonObject
  readonly sentAt?: unknown
  readonly userHash?: unknown
  readonly received: number
  readonly origin: Origin
  readonly maxBytes: number
  /** For imports: where each item comes from. */
  readonly importOf?: (index: number) => ImportOrigin
}

/** What is good of a request, and what is wrong with the rest. */
export interface Taken {
  readonly entries: Entry[]
  /** The visitor's network of each entry, where it is told. */
  readonly sources: (string | undefined)[]
  readonly errors: ItemError[]
  /** What was taken in otherwise than it may have been meant. */
  readonly warnings: ItemError[]
}

type Base = { -readonly [K in keyof ItemBase]: ItemBase[K] }

/** Turns items as clients send them into entries of the stream. */
export class Intake {
  readonly #userHashes: UserHashes
  readonly #decisionIds: DecisionIds
  readonly #newId: () => string
  readonly #places: Places
  readonly #graves: Pick<Graves, 'at'>
  readonly #newcomers: Newcomers

  constructor(parts: {
    userHashes: UserHashes
    decisionIds: DecisionIds
    newId: () => string
    places: Places
    graves: Pick<Graves, 'at'>
    newcomers: Newcomers
  }) {
    this.#userHashes = parts.userHashes
    this.#decisionIds = parts.decisionIds
    this.#newId = parts.newId
    this.#places = parts.places
    this.#graves = parts.graves
    this.#newcomers = parts.newcomers
  }

  take(request: IntakeRequest): Taken {
    const taken: Taken = { entries: [], sources: [], errors: [], warnings: [] }
    const { items } = request
    const base = this.#baseOf(request)
    for (let index = 0; index < items.length; index++) {
      const entry = this.#read(items[index], index, base, request, taken.warnings)
      if ('code' in entry) taken.errors.push(entry)
      else {
        taken.entries.push(entry)
        taken.sources.push(request.isTrusted ? undefined : this.#sourceOf(items[index], request))
      }
    }
    return taken
  }

  /** The address an item comes from, before it is cut short. */
  #sourceOf(raw: unknown, { context, origin }: IntakeRequest): string | undefined {
    const own = (raw as { context?: JsonObject }).context
    const direct = own?.direct ?? context?.direct
    return this.#newcomers.sourceOf(own?.ip ?? context?.ip ?? (direct === true ? origin.ip : undefined), origin)
  }

  /** What all items of a request are read with; the rest is each one's own. */
  #baseOf({ context, sentAt, received, type, maxBytes, set }: IntakeRequest): Base {
    return {
      received,
      index: 0,
      sentAt,
      maxBytes,
      identity: set.compiled.identity,
      newMessageId: this.#newId,
      text: undefined,
      ...(type === undefined ? {} : { type }),
      ...(context === undefined ? {} : { context }),
    }
  }

  #read(raw: unknown, index: number, base: Base, request: IntakeRequest, warnings: ItemError[]): Entry | ItemError {
    const userHash = takeUserHash(raw) ?? request.userHash
    base.index = index
    base.text = request.texts?.[index]
    if (request.importOf !== undefined) base.origin = request.importOf(index)
    const { event, error } = readItem(raw, base)
    if (error !== undefined) return { index, ...error }
    return this.#accept(event, userHash, request) ?? this.#entry(event, request, warnings)
  }

  /**
   * What is wrong with an event that is well formed; undefined when nothing is. Whoever says something of a company says it of all
   * who belong to it, and whoever belongs to it learns what holds for them: where people must be proven, no device may (R13).
   */
  #accept(event: Event, userHash: unknown, request: IntakeRequest): ItemError | undefined {
    const { index } = event
    if (isBotRequest(event.context.userAgent, request.origin.userAgent, request.isTrusted)) {
      const message =
        'Events of known bots are not taken in: context.userAgent, or without it the User-Agent header, names one.'
      return { index, code: 'bot', message }
    }
    if (
      request.mustProve &&
      event.userId !== undefined &&
      !this.#userHashes.proves(request.workspace, event.userId, userHash)
    ) {
      const message = 'This userId needs its userHash: the hex HMAC-SHA256 of the userId under the identity secret.'
      return { index, code: 'user_hash_required', message }
    }
    if (isUnproven(event, request) && event.userId === undefined && event.anonymousId === undefined) {
      const message = 'Where userIds must be proven, a write key needs an anonymousId, or a userId with its userHash.'
      return { index, code: 'user_hash_required', message }
    }
    if (request.mustProve && event.type === 'group' && event.userId === undefined) {
      const message =
        'Where userIds must be proven, only a userId with its userHash may say with a write key whose company it is.'
      return { index, code: 'user_hash_required', message }
    }
    return undefined
  }

  #entry(event: Event, request: IntakeRequest, warnings: ItemError[]): Entry | ItemError {
    const { origin, set } = request
    const { addresses } = set.settings
    const { context, unclear } = readConsent(event.context)
    if (unclear !== undefined) warnings.push({ index: event.index, ...consentUnclear(unclear) })
    const placed = enrichContext(context, origin, { places: this.#places, addresses })
    const enriched = withSignals(placed, origin.signals, set.compiled.consent)
    const tombstones = this.#graves.at(request.workspace, () => identifiersOf(event, request))
    const entry: EventEntry = {
      kind: 'event',
      event: enriched === event.context ? event : { ...event, context: enriched },
      ...(isUnproven(event, request) && { unproven: true }),
      ...(tombstones !== undefined && { tombstones }),
    }
    const amount = event.type === 'track' ? unclearAmount(event.properties, set.amounts(event.name)) : undefined
    if (amount !== undefined) warnings.push({ index: event.index, code: 'amount_unclear', message: amount })
    if (event.type !== 'track' || event.name !== 'Exposure' || event.properties.decisionId === undefined) {
      return entry
    }
    const exposure = this.#decisionIds.verify(request.workspace, event.properties.decisionId)
    if (exposure === undefined) {
      const message =
        'properties.decisionId was not made by this workspace: send the decisionId of an answer as it stands.'
      return { index: event.index, code: 'invalid_decision_id', message }
    }
    return { ...entry, exposure }
  }
}

/** What a client is told of consent that could not be read. */
export function consentUnclear(message: string): Omit<ItemError, 'index'> {
  return { code: 'consent_unclear', message }
}

/** Everybody an event names, also by what it says they were before. */
function identifiersOf(event: Event, { set }: IntakeRequest): string[] {
  const { previousId } = event
  const before = previousId === undefined ? [] : [identifierOf('anonymousId', previousId)]
  return [...keysOf(event, compileRules(set.compiled.identity)), ...before]
}

/** A userHash proves a userId. Whatever else an event with a public key names somebody by could be anybody's. */
function isUnproven(event: Event, { mustProve, set }: IntakeRequest): boolean {
  return mustProve && namesMore(event, compileRules(set.compiled.identity))
}

/** The proof an item brings, taken off it so that it is not stored. */
function takeUserHash(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null) return undefined
  const item = raw as { userHash?: unknown; context?: unknown }
  const { userHash, context } = item
  if (typeof context !== 'object' || context === null || !Object.hasOwn(context, 'userHash')) return userHash
  const { userHash: inContext, ...rest } = context as { userHash?: unknown }
  item.context = rest
  return userHash ?? inContext
}
