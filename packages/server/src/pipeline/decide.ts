import type { JsonObject } from '@espalier/core'
import { considered } from '@espalier/core/account'
import { ANALYTICS, may, PERSONALIZATION } from '@espalier/core/consent'
import { type ItemLookup, recentItems } from '@espalier/core/content'
import {
  type Answer,
  type CompiledExperience,
  type DecideInput,
  type Decision,
  decide,
  decisionRow,
  isLogged,
  type Person,
  type Preview,
} from '@espalier/core/decision'
import { type Event, united } from '@espalier/core/event'
import { bucketKeyOf, compileRules, identifierOf, keysOf, originOf } from '@espalier/core/identity'
import { PROFILE_LIMITS, type Profile } from '@espalier/core/profile'
import type { ConsideredAccount } from '@espalier/core/segment'
import { type Entry, type ExposedAnswer, toRow } from '@espalier/core/stream'
import type { Located, Store } from '@espalier/store'
import type { Metrics } from '../metrics.ts'
import type { Binder } from './binder.ts'
import { itemOf } from './catalogItem.ts'
import type { DecisionIds } from './decisionId.ts'
import type { LiveSet } from './definitions.ts'
import type { Graves } from './graves.ts'
import type { Newcomers } from './newcomers.ts'
import type { CommitQueue } from './queue.ts'
import type { Supplies } from './supplies.ts'

export interface DecideQuestion {
  readonly workspace: string
  readonly set: LiveSet
  readonly userId: string | undefined
  readonly anonymousId: string | undefined
  readonly touchpoints: readonly string[]
  /** As it is stored: addresses cut short, proofs taken off. */
  readonly context: JsonObject
  /** The visitor's network, where it is told. */
  readonly source: string | undefined
  /** The visitor is a known bot: nobody. */
  readonly bot: boolean
  /** Count what is answered as seen. */
  readonly expose: boolean
  readonly preview?: Preview
  /** In a preview: the person to decide as, whoever asks. */
  readonly viewed?: Profile
  readonly explain: boolean
  /** False: it may not commit anything, so what would bind is passed over. */
  readonly binds?: boolean
}

export interface Decided {
  readonly requestId: string
  readonly profile: string | undefined
  readonly answers: readonly { readonly answer: Answer; readonly decisionId: string | undefined }[]
}

type Considered = readonly ConsideredAccount[]

/** What is asked otherwise than at first. */
type More = Pick<DecideInput, 'binds' | 'granted' | 'supplied'>
const NO_MORE: More = {}
const UNBINDING: More = { binds: false }

const NO_ACCOUNTS: Considered = []

/** Whom a question is about. */
interface Asker {
  /** What is decided by. */
  readonly person: Person
  /** Absent: nothing of it is kept. */
  readonly kept?: Located
}

export interface DeciderParts {
  readonly store: Pick<Store, 'people' | 'outbox' | 'catalog'>
  readonly queue: CommitQueue
  readonly graves: Pick<Graves, 'at'>
  readonly newcomers: Newcomers
  readonly decisionIds: DecisionIds
  readonly supplies: Supplies
  readonly binder: Binder
  readonly newId: () => string
  readonly now: () => number
  readonly metrics: Metrics
}

/** Answers what a person gets, now, and logs it. */
export class Decider {
  readonly #parts: DeciderParts

  constructor(parts: DeciderParts) {
    this.#parts = parts
  }

  async decide(question: DecideQuestion): Promise<Decided> {
    const { workspace, set, context, touchpoints, preview, explain } = question
    const { newId, now, metrics, decisionIds } = this.#parts
    const asker = question.bot ? undefined : await this.#asker(question)
    const requestId = newId()
    const timestamp = now()
    const accounts = await this.#accounts(question, asker?.person)
    const recent = recentOf(question, asker?.person, timestamp)
    const items = recent.length === 0 ? (id: string) => set.items.get(id) : await this.#items(question, recent)
    const scarce = scarceAt(question)
    if (scarce.length > 0) await this.#settle(question, scarce, asker?.kept)
    let supplied = scarce.length === 0 ? undefined : await this.#parts.supplies.left(workspace, scarce)
    const again = (person: Person | undefined, more: More): Decision =>
      decide({
        set: set.compiled,
        profile: person,
        accounts,
        context,
        now: timestamp,
        touchpoints,
        items,
        explain,
        preview,
        binds: more.binds,
        granted: more.granted,
        supplied: more.supplied ?? supplied,
      })
    const kept = asker?.kept
    // Of somebody of whom nothing is kept, nothing can be bound.
    const unbinding = question.binds === false || (asker !== undefined && kept === undefined)
    let first = again(asker?.person, unbinding ? UNBINDING : NO_MORE)
    if (kept !== undefined && first.missed.length > 0) {
      // Of the last ones some may be reserved for this person, who asks twice at once or whose first request died: one person, one answer.
      const theirs = await this.#parts.supplies.theirs(workspace, first.missed)
      const left = supplied
      supplied = experience => theirs.has(experience) || left?.(experience) !== false
      if (theirs.size > 0) first = again(asker?.person, NO_MORE)
    }
    const { decision, logged } =
      kept !== undefined && binds(first)
        ? await this.#bind(question, { kept, person: asker?.person, requestId, timestamp, supplied, again })
        : { decision: first, logged: kept !== undefined && this.#log(question, kept, first, requestId, timestamp) }
    const answers = decision.answers.map(answer => {
      metrics.decided(answer.reason)
      const signs = logged && isLogged(answer)
      return {
        answer,
        decisionId: signs ? decisionIds.sign(workspace, exposed(requestId, answer), kept!.source) : undefined,
      }
    })
    if (question.expose && logged) await this.#expose(question, requestId, timestamp, decision.answers.filter(isLogged))
    return { requestId, profile: kept?.profile.id, answers }
  }

  /** What died with a request before somebody became one with others is free for others: as far as can be told, and once a node. */
  async #settle(
    { workspace, preview }: DecideQuestion,
    scarce: readonly CompiledExperience[],
    kept: Located | undefined,
  ) {
    if (kept === undefined || kept.profile.sources.length === 1 || preview !== undefined) return
    // Where the store is down it is looked at another time.
    await this.#parts.supplies.settle(workspace, scarce, kept.profile).catch(() => undefined)
  }

  /** What binds is committed first: then the decision, and whether it is in the log. */
  async #bind(
    question: DecideQuestion,
    asked: {
      readonly kept: Located
      readonly person: Person | undefined
      readonly requestId: string
      readonly timestamp: number
      readonly supplied: ((experience: string) => boolean) | undefined
      readonly again: (person: Person | undefined, more: More) => Decision
    },
  ): Promise<{ readonly decision: Decision; readonly logged: boolean }> {
    const { requestId, timestamp, person, supplied = () => true } = asked
    const { decision, kept, logged } = await this.#parts.binder.bind(
      question,
      asked,
      supplied,
      // What a visitor said on this device goes on holding; everything else is read anew.
      ({ profile }, more) => asked.again({ ...profile, ...(person && { consent: person.consent }) }, more),
      async () => this.#located(question),
    )
    return { decision, logged: logged ?? this.#log(question, kept, decision, requestId, timestamp) }
  }

  /** The person who asks, where they are known. */
  async #located({ workspace, userId, anonymousId }: DecideQuestion): Promise<Located | undefined> {
    const byUser = userId === undefined ? undefined : await this.#locate(workspace, identifierOf('userId', userId))
    if (byUser !== undefined || anonymousId === undefined) return byUser
    return this.#locate(workspace, identifierOf('anonymousId', anonymousId))
  }

  /**
   * The person who asks. Somebody unknown becomes a person first, so that the decision belongs to them; but not for a
   * preview, and not against their will (R8): then they are decided for as they would be, and nothing is kept. What is
   * decided is logged for measuring, so that needs `analytics`, as an event does.
   */
  async #asker(question: DecideQuestion): Promise<Asker> {
    const { workspace, userId, anonymousId, context, preview, viewed, set } = question
    if (viewed !== undefined) return { person: viewed }
    const { consent } = set.compiled
    const found = async (kept: Located, person: Person = kept.profile): Promise<Asker> =>
      may(ANALYTICS, person, context, consent).permitted
        ? { person, kept: await this.#filed(question, kept) }
        : { person }
    const byUser = userId === undefined ? undefined : await this.#locate(workspace, identifierOf('userId', userId))
    const byDevice =
      anonymousId === undefined ? undefined : await this.#locate(workspace, identifierOf('anonymousId', anonymousId))
    if (byUser !== undefined) return found(byUser, withConsentOf(byUser.profile, byDevice?.profile))
    if (byDevice !== undefined && userId === undefined) return found(byDevice)
    const first = identifierOf(anonymousId === undefined ? 'userId' : 'anonymousId', anonymousId ?? userId ?? '')
    const passing = byDevice?.profile ?? { bucketKey: bucketKeyOf(first), traits: {}, signals: {}, consent: {} }
    const wanted = [PERSONALIZATION, ANALYTICS].every(purpose => may(purpose, passing, context, consent).permitted)
    const waits = this.#parts.newcomers.isOver(workspace, question.source)
    if (preview !== undefined || !wanted || waits) return { person: passing }
    const who = { ...(userId === undefined ? {} : { userId }), ...(anonymousId === undefined ? {} : { anonymousId }) }
    const tombstones = this.#parts.graves.at(workspace, () => keysOf(who, compileRules()))
    const at = this.#parts.now()
    const entry: Entry = { kind: 'appearance', at, ...who, ...(tombstones === undefined ? {} : { tombstones }) }
    try {
      const applied = await this.#parts.queue.submit(workspace, [entry], 200)
      this.#parts.newcomers.count(workspace, [question.source], applied)
    } catch {
      // Nothing can be stored now. The answer is the same by the hash; that it is not logged is counted.
      this.#parts.metrics.decisionsLost.inc()
      return { person: passing }
    }
    const known = identifierOf(userId === undefined ? 'anonymousId' : 'userId', userId ?? anonymousId ?? '')
    const kept = await this.#locate(workspace, known)
    return kept === undefined ? { person: passing } : { person: kept.profile, kept }
  }

  /**
   * Nothing was filed yet under the source of who asks: the warehouse hears of it first, or reports would not count the decision
   * with its person. Once a source.
   */
  async #filed({ workspace, userId, anonymousId, preview }: DecideQuestion, kept: Located): Promise<Located> {
    if (preview !== undefined || originOf(kept.profile, kept.source)?.silent === undefined) return kept
    const who = userId === undefined ? { anonymousId: anonymousId ?? '' } : { userId }
    const entry: Entry = { kind: 'appearance', at: this.#parts.now(), ...who }
    await this.#parts.queue.submit(workspace, [entry], 200).catch(() => this.#parts.metrics.decisionsLost.inc())
    return kept
  }

  /** As of the last commit, never from a cache of ours (R4). */
  #locate(workspace: string, identifier: string): Located | undefined | Promise<Located | undefined> {
    const { people } = this.#parts.store
    return people.locateSync ? people.locateSync(workspace, identifier) : people.locate(workspace, identifier)
  }

  /** Those the person belongs to, where a definition looks at any. As of the last commit (R4). */
  #accounts({ workspace, set }: DecideQuestion, person: Person | undefined): Considered | Promise<Considered> {
    const ids = Object.keys(person?.accounts ?? {})
    if (ids.length === 0 || !set.compiled.plan.asksAccounts) return NO_ACCOUNTS
    const { people } = this.#parts.store
    return people.accountsSync
      ? people.accountsSync(workspace, ids).map(considered)
      : people.accounts(workspace, ids).then(accounts => accounts.map(considered))
  }

  /** The catalog as far as it matters here: what definitions refer to, and what the person's recent history names. */
  async #items({ workspace, set }: DecideQuestion, recent: readonly string[]): Promise<ItemLookup> {
    const unknown = recent.filter(id => !set.items.has(id))
    const items = unknown.length === 0 ? [] : await this.#parts.store.catalog.get(workspace, unknown)
    const found = new Map(items.map(item => [item.id, itemOf(item)]))
    return id => set.items.get(id) ?? found.get(id)
  }

  /** Whether there is anything to log; where there is no room for it, that is counted. */
  #log(
    question: DecideQuestion,
    { profile, source }: Located,
    decision: Decision,
    requestId: string,
    timestamp: number,
  ): boolean {
    const row = decisionRow({
      workspace: question.workspace,
      profile: source,
      bucketKey: profile.bucketKey,
      requestId,
      timestamp,
      definitions: question.set.compiled.version,
      context: question.context,
      decision,
    })
    if (row === undefined) return false
    if (!this.#parts.store.outbox.log([toRow('decisions', timestamp, row)])) this.#parts.metrics.decisionsLost.inc()
    return true
  }

  /** A page made on a server is seen when it is answered: the exposures are stored before the caller hears. */
  async #expose(question: DecideQuestion, requestId: string, timestamp: number, answers: readonly Answer[]) {
    const { workspace, userId, anonymousId, context } = question
    const entries = answers.map((answer, index): Entry => {
      const event: Event = {
        type: 'track',
        name: 'Exposure',
        messageId: `${requestId}:${index}`,
        properties: { touchpoint: answer.touchpoint },
        context,
        timestamp,
        received: timestamp,
        index,
        ...(userId === undefined ? {} : { userId }),
        ...(anonymousId === undefined ? {} : { anonymousId }),
      }
      return { kind: 'event', event, exposure: exposed(requestId, answer) }
    })
    // Each brings the context along.
    const bytes = entries.length * (500 + JSON.stringify(context).length)
    try {
      await this.#parts.queue.submit(workspace, entries, bytes)
    } catch {
      this.#parts.metrics.exposuresLost.inc(entries.length)
    }
  }
}

/** What a visitor said before they logged in on this device holds at once (R8), though only an event will unite the two. */
function withConsentOf(user: Profile, device: Profile | undefined): Profile {
  if (device === undefined || device.id === user.id || device.userId !== undefined) return user
  return { ...user, consent: united(user.consent, device.consent, PROFILE_LIMITS.purposes) }
}

/** Items of the person's recent history that the touchpoints asked for may show. */
function recentOf({ set, touchpoints }: DecideQuestion, person: Person | undefined, now: number): readonly string[] {
  const { recents } = set.compiled
  if (recents.size === 0 || person?.recent === undefined) return []
  const events = touchpoints.flatMap(touchpoint => recents.get(touchpoint) ?? [])
  return events.length === 0 ? [] : [...new Set(events.flatMap(event => recentItems(person.recent!, [event], now)))]
}

function binds({ preview, binding, wants }: Decision): boolean {
  return !preview && (binding !== undefined || wants.length > 0)
}

const NONE_SCARCE: readonly CompiledExperience[] = []

/** Offers that people compete for and that may be answered here. */
function scarceAt({ set, touchpoints }: DecideQuestion): readonly CompiledExperience[] {
  let found = NONE_SCARCE
  for (const key of touchpoints) {
    const { scarce = NONE_SCARCE } = set.compiled.touchpoints.get(key) ?? {}
    if (scarce.length > 0) found = [...found, ...scarce]
  }
  return found
}

/** What an exposure to it says. Made by the ten thousand a second: members are added, since copying costs ten times as much. */
function exposed(requestId: string, answer: Answer): ExposedAnswer {
  const seen: { -readonly [K in keyof ExposedAnswer]: ExposedAnswer[K] } = {
    requestId,
    touchpoint: answer.touchpoint,
    experience: answer.experience ?? '',
    version: answer.version ?? 0,
    variant: answer.variant ?? '',
    control: answer.control,
    holdout: answer.holdout,
    propensity: answer.held?.propensity ?? answer.propensity,
  }
  if (answer.remember) seen.remember = true
  return seen
}
