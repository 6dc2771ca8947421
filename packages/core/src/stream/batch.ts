import type { Event } from '../event/event.ts'
import { IDENTITY_LIMITS } from '../identity/limits.ts'
import { UNBOUND, withBinding, withExposure } from '../profile/bound.ts'
import type { Profile } from '../profile/profile.ts'
import { reduce, seeAt } from '../profile/reduce.ts'
import { withPast } from '../profile/signals.ts'
import { isLate as isLateSignal } from '../signal/kept.ts'
import { Accounts } from './accounts.ts'
import { ConsentGate } from './consent.ts'
import type { ApplyContext } from './context.ts'
import { Drafts } from './drafts.ts'
import type {
  Applied,
  Bind,
  Entry,
  EventEntry,
  ImportedDecision,
  Rebuild,
  RefusedReason,
  Rejoin,
  Unmerge,
} from './entry.ts'
import { eventRow, exposureRow, importedDecisionRow, importedExposureRow } from './entryRows.ts'
import { type Erase, Erasures } from './erasure.ts'
import { Identities } from './identities.ts'
import { Memberships } from './memberships.ts'
import type { People } from './people.ts'
import { type Row, toRow } from './rows.ts'
import { areParts, rebuilt, unmerged } from './unmerge.ts'

type Backfill = Extract<Entry, { kind: 'backfill' }>
type Appearance = Extract<Entry, { kind: 'appearance' }>
type DecisionEntry = Extract<Entry, { kind: 'decision' }>
type Tick = Extract<Entry, { kind: 'tick' }>

const DUPLICATE: Applied = { outcome: 'duplicate' }
const CONFLICT: Applied = { outcome: 'conflict' }
const refused = (reason: RefusedReason): Applied => ({ outcome: 'refused', reason })

/** One batch on its way through the stream. */
export class Batch {
  readonly rows: Row[] = []
  readonly #people: People
  readonly #context: ApplyContext
  readonly #drafts: Drafts
  readonly #accounts: Accounts
  readonly #identities: Identities
  readonly #consent: ConsentGate
  readonly #erasures: Erasures
  readonly #memberships: Memberships
  /** Who entered and left segments: after the rows of what made them. */
  readonly #effects: Row[] = []

  constructor(people: People, context: ApplyContext) {
    this.#people = people
    this.#context = context
    this.#drafts = new Drafts(people)
    this.#accounts = new Accounts(people, context)
    this.#memberships = new Memberships(this.#drafts, this.#accounts, context, row => this.#effects.push(row))
    this.#identities = new Identities(people, this.#drafts, context, row => this.rows.push(row), this.#memberships)
    this.#consent = new ConsentGate(people, this.#drafts, context, this.#memberships)
    this.#erasures = new Erasures(people, this.#drafts, context)
  }

  take(entry: Entry): Applied {
    switch (entry.kind) {
      case 'event':
        return this.#event(entry)
      case 'decision':
        return this.#decision(entry)
      case 'consent':
        this.#consent.note(entry.statement)
        return { outcome: 'stored' }
      case 'appearance':
        return this.#appearance(entry)
      case 'backfill':
        return this.#backfill(entry)
      case 'bind':
        return this.#bind(entry)
      case 'tick':
        return this.#tick(entry)
      case 'erase':
        return this.#erase(entry)
      case 'unbury':
        return this.#erasures.unbury(entry)
      case 'unmerge':
        return this.#unmerge(entry)
      case 'rebuild':
        return this.#rebuild(entry)
      case 'rejoin':
        return this.#rejoin(entry)
    }
  }

  finish(): void {
    this.#memberships.finish()
    for (const row of this.#effects) this.rows.push(row)
    this.#accounts.finish()
    this.#drafts.finish()
  }

  #event({ event, exposure, unproven, tombstones }: EventEntry): Applied {
    const keys = this.#identities.keysOf(event, unproven !== true)
    if (keys.length === 0) return refused('nobody')
    if (this.#erasures.keepsOut(tombstones, event.timestamp)) return refused('erased')
    const held = this.#consent.refuseEvent(event, this.#identities.concerned(keys, event))
    if (held) return held
    if (this.#isKnown(event)) return DUPLICATE
    const { merges } = this.#identities
    const source = this.#identities.identify(keys, event, event.timestamp, event.messageId)
    this.#identities.file(source, event.timestamp, event.messageId)
    const draft = this.#drafts.draft(source)
    const { workspace, now, plan } = this.#context
    if (draft.due !== undefined && draft.due <= now) this.#memberships.catchUp(draft)
    const before = { id: draft.id, accounts: draft.accounts }
    reduce(draft, event, plan)
    if (event.type === 'group') {
      this.#accounts.state(event)
      this.#accounts.move(before, draft)
    }
    this.#memberships.retain(draft)
    if (plan.segments.length > 0) this.#memberships.touch(source, event)
    this.rows.push(eventRow(workspace, source, event, draft.session, plan.version))
    const foreign = exposure?.givenTo !== undefined && !draft.sources.includes(exposure.givenTo)
    if (exposure && !foreign) {
      this.rows.push(exposureRow(this.#context.workspace, source, event, exposure))
      if (exposure.remember) draft.bound = withExposure(draft.bound ?? UNBOUND, exposure, event.timestamp)
    }
    const late = merges === this.#identities.merges ? isLate(draft, event, plan) : isLateAtAll(draft)
    const isNew = draft.version === 1
    const applied: Applied = { outcome: 'stored', profile: draft.id, source }
    if (!late && !isNew && !foreign) return applied
    return { ...applied, ...(late && { late }), ...(isNew && { isNew }), ...(foreign && { foreign }) }
  }

  #decision({ decision, tombstones }: DecisionEntry): Applied {
    const keys = this.#identities.keysOf(decision)
    if (keys.length === 0) return refused('nobody')
    if (this.#erasures.keepsOut(tombstones, decision.timestamp)) return refused('erased')
    const held = this.#consent.refuseDecision(decision, keys)
    if (held) return held
    if (this.#isKnown(decision)) return DUPLICATE
    const { merges } = this.#identities
    const source = this.#identities.identify(keys, decision, decision.timestamp, decision.messageId)
    this.#identities.file(source, decision.timestamp, decision.messageId)
    const draft = this.#drafts.draft(source)
    seeAt(draft, decision.timestamp)
    this.rows.push(importedDecisionRow(this.#context.workspace, source, draft.bucketKey, decision))
    if (decision.exposed) this.rows.push(importedExposureRow(this.#context.workspace, source, decision))
    return stored(draft, source, merges !== this.#identities.merges)
  }

  /** `stored` also where everything was known already and nothing changed. */
  #appearance(appearance: Appearance): Applied {
    const keys = this.#identities.keysOf(appearance)
    if (keys.length === 0) return refused('nobody')
    if (this.#erasures.keepsOut(appearance.tombstones, Number.NEGATIVE_INFINITY)) return refused('erased')
    const { merges } = this.#identities
    const source = this.#identities.identify(keys, appearance, appearance.at, 'appearance')
    // What is decided for them is filed under it.
    this.#identities.file(source, Number.POSITIVE_INFINITY, 'appearance')
    const person = this.#drafts.known(source)
    const applied = stored(person, source, merges !== this.#identities.merges)
    return person.version === 1 ? { ...applied, isNew: true } : applied
  }

  /** `duplicate` where there is no such source: nothing changes. */
  #backfill({ profile: source, signals }: Backfill): Applied {
    if (this.#drafts.person(source) === undefined) return DUPLICATE
    const draft = this.#drafts.draft(source)
    const { now, plan } = this.#context
    if (draft.due !== undefined && draft.due <= now) this.#memberships.catchUp(draft)
    draft.signals = withPast(draft, source, signals, plan)
    this.#memberships.touchSignals(source, Object.keys(signals))
    return stored(draft, source, true)
  }

  /** `conflict` also where there is nobody any more: they are decided for anew. */
  #bind({ profile: source, expected, at, binding, row }: Bind): Applied {
    const person = this.#drafts.person(source)
    if (person === undefined) return CONFLICT
    const bound = person.bound ?? UNBOUND
    if (expected !== undefined && bound.version !== expected) return CONFLICT
    const draft = this.#drafts.draft(source)
    draft.bound = withBinding(bound, binding, at)
    if (row !== undefined) this.rows.push(toRow('decisions', row.timestamp, row))
    return { outcome: 'stored', profile: draft.id, source }
  }

  /** `duplicate` where there is nobody, or nothing is due: nothing changes. */
  #tick({ profile: source, segments }: Tick): Applied {
    const person = this.#drafts.person(source)
    if (person === undefined) return DUPLICATE
    if (person.due !== undefined && person.due <= this.#context.now)
      this.#memberships.catchUp(this.#drafts.draft(source))
    else if (this.#memberships.isUntimed(person)) this.#memberships.retain(this.#drafts.draft(source))
    else if (segments === undefined || !this.#memberships.wouldChange(person, segments)) return DUPLICATE
    if (segments !== undefined) this.#memberships.touchSegments(source, segments)
    return { outcome: 'stored', profile: person.id, source }
  }

  #erase(entry: Erase): Applied {
    const person = this.#drafts.person(entry.profile)
    const applied = this.#erasures.erase(entry)
    if (person !== undefined && applied.outcome === 'stored') this.#accounts.erase(person)
    return applied
  }

  #unmerge(entry: Unmerge): Applied {
    const person = this.#asRead(entry)
    if (person === undefined || !areParts(person, entry.parts)) return CONFLICT
    const isFull = ({ splits = [] }: Profile) => splits.length > IDENTITY_LIMITS.splits
    if (unmerged(person, entry.parts, this.#context.now).some(isFull)) return refused('full')
    const people = unmerged(this.#caughtUp(person), entry.parts, this.#context.now)
    for (const profile of people) this.#memberships.retain(this.#drafts.add(profile))
    this.#accounts.move(person, undefined)
    for (const profile of people) this.#accounts.move(undefined, profile)
    for (const { id } of people) this.#memberships.touchAll(id)
    for (const profile of people) {
      if (profile.id === person.id) continue
      for (const source of profile.sources) {
        if (source !== profile.id) this.#drafts.redirect(source, profile.id)
        this.#identities.tell(profile, source, { rule: 'unmerged', by: entry.by, evidence: '' })
      }
    }
    return { outcome: 'stored', profile: people[0].id, source: people[0].id }
  }

  #rebuild(entry: Rebuild): Applied {
    const person = this.#asRead(entry)
    if (person === undefined) return CONFLICT
    const draft = this.#drafts.add(rebuilt(this.#caughtUp(person), entry.content))
    this.#memberships.retain(draft)
    this.#accounts.move(person, draft)
    this.#memberships.touchAll(person.id)
    return { outcome: 'stored', profile: person.id, source: person.id }
  }

  #rejoin({ profile, other, by }: Rejoin): Applied {
    const [a, b] = [this.#drafts.person(profile), this.#drafts.person(other)]
    if (a === undefined || b === undefined) return refused('unknown')
    const rejoined = this.#identities.rejoin(a, b, by)
    return typeof rejoined === 'string' ? refused(rejoined) : stored(rejoined, profile, true)
  }

  /** The person as they were when the log was read; undefined where they, or what is kept of people, have changed since. */
  #asRead({ profile, version, definitions }: Unmerge | Rebuild): Profile | undefined {
    if (definitions !== this.#context.plan.version) return undefined
    const person = this.#drafts.person(profile)
    return person?.id === profile && person.version === version ? person : undefined
  }

  /** A copy of a person whose timers were heard as they were: what is made of them anew begins now. */
  #caughtUp(person: Profile): Profile {
    const caught = { ...person }
    this.#memberships.catchUp(caught)
    return caught
  }

  /** R3: an import's row is remembered for ever, and what brings a messageId by that for the horizon. */
  #isKnown({ origin, messageId, received }: Event | ImportedDecision): boolean {
    if (origin !== undefined && this.#people.imported(origin.file, origin.row)) return true
    return (origin === undefined || origin.named === true) && this.#people.seen(messageId, received)
  }
}

/** `mayBeLate`: what was kept of the person was put together with something else. */
function stored(person: Profile, source: string, mayBeLate: boolean): Applied {
  const applied: Applied = { outcome: 'stored', profile: person.id, source }
  return mayBeLate && isLateAtAll(person) ? { ...applied, late: true } : applied
}

function isLateAtAll({ signals }: Profile): boolean {
  return Object.values(signals).some(isLateSignal)
}

/** A signal that the event belongs to can no longer tell what it makes: the person has to be made again from the log. */
function isLate({ signals }: Profile, { name }: Event, plan: ApplyContext['plan']): boolean {
  const listeners = plan.byEvent.get(name)
  return listeners?.some(({ need: { kind, key } }) => kind === 'sequence' && isLateSignal(signals[key])) ?? false
}
