import { type PermissionBy, permits } from '../consent/permits.ts'
import { placeOf, placeOfTraits } from '../consent/place.ts'
import { ANALYTICS } from '../consent/rules.ts'
import { type Asked, askedBy } from '../event/asked.ts'
import type { Event, ImportOrigin } from '../event/event.ts'
import { type Stamp, stampOf, united } from '../event/stamp.ts'
import { PROFILE_LIMITS } from '../profile/limits.ts'
import { newProfile } from '../profile/newProfile.ts'
import type { Profile } from '../profile/profile.ts'
import { stated } from '../profile/statements.ts'
import type { ApplyContext } from './context.ts'
import type { Drafts } from './drafts.ts'
import type { Applied, Entry, ImportedDecision } from './entry.ts'
import type { Memberships } from './memberships.ts'
import type { People } from './people.ts'

/** All that is kept of an event which somebody refused to have stored (R8): who said what of which purpose, and when. */
export interface ConsentStatement extends Stamp {
  /** The identifiers it came with, each `kind:value`. */
  readonly identifiers: readonly string[]
  readonly said: Readonly<Record<string, boolean>>
}

/**
 * Holds back what a person refused to have stored (R8), before anything of it is looked at: the people it concerns are
 * found and nobody is made, linked or merged. Since this happens where the state is consistent, whoever withdrew on one node is
 * heard on all from the next commit on (R4). What it lets through is what the journal holds, so a replay, which has no
 * `consent` in its context, lets everything through and comes to the same (R6).
 */
export class ConsentGate {
  readonly #people: People
  readonly #drafts: Drafts
  readonly #context: ApplyContext
  readonly #memberships: Memberships
  readonly #letsSilencePass: boolean

  constructor(people: People, drafts: Drafts, context: ApplyContext, memberships: Memberships) {
    this.#people = people
    this.#drafts = drafts
    this.#context = context
    this.#memberships = memberships
    this.#letsSilencePass = context.consent?.letsSilencePass(ANALYTICS) === true
  }

  /** What became of an event that may not be stored; undefined where it may. Its own statement is noted all the same. */
  refuseEvent(event: Event, keys: readonly string[]): Applied | undefined {
    if (this.#context.consent === undefined) return undefined
    const asked = askedBy(event.context)
    const by = this.#refusedBy(keys, event, asked, event)
    if (by === undefined) return undefined
    const refused: Applied = { outcome: 'refused', reason: 'consent', by }
    const { stated: said } = asked
    if (isEmpty(said)) return refused
    const statement: ConsentStatement = { identifiers: keys, said, ...stampOf(event) }
    this.note(statement)
    const instead: Entry = { kind: 'consent', statement }
    return { ...refused, instead }
  }

  /** As `refuseEvent`, for a decision brought in from elsewhere: it states nothing. */
  refuseDecision(decision: ImportedDecision, keys: readonly string[]): Applied | undefined {
    const by = this.#refusedBy(keys, decision, askedBy(decision.context))
    return by && { outcome: 'refused', reason: 'consent', by }
  }

  /** Each identifier's person said so, for themselves: they are not united by it. Who is not known yet becomes known by this. */
  note({ identifiers, said, at, lag, index, hash }: ConsentStatement): void {
    for (const identifier of identifiers) {
      const source = this.#people.link(identifier) ?? this.#make(identifier, at)
      const draft = this.#drafts.draft(source)
      this.#memberships.catchUp(draft)
      draft.consent = stated(draft.consent, said, { at, lag, index, hash })
      // Segments may look at what somebody agreed to.
      this.#memberships.touchAll(source)
    }
  }

  /**
   * `states`: the event whose own statement counts already. An import brings what was stored elsewhere with whatever consent
   * there was: it is held back by what somebody said, not by what holds where nobody said anything.
   */
  #refusedBy(
    keys: readonly string[],
    { context, origin }: { readonly context: Event['context']; readonly origin?: ImportOrigin },
    asked: Asked,
    states?: Event,
  ): PermissionBy | undefined {
    const rules = this.#context.consent
    if (rules === undefined) return undefined
    const people = this.#concerned(keys)
    const isSilent = isEmpty(asked.stated) && asked.signals.length === 0 && people.every(one => isEmpty(one.consent))
    if (isSilent && this.#letsSilencePass) return undefined
    let consent: Profile['consent'] = people[0]?.consent ?? {}
    for (const { consent: more } of people.slice(1)) consent = united(consent, more, PROFILE_LIMITS.purposes)
    if (states !== undefined && !isEmpty(asked.stated)) consent = stated(consent, asked.stated, stampOf(states))
    const place = placeOf(context) ?? (people[0] && placeOfTraits(people[0].traits))
    const { permitted, by } = permits(ANALYTICS, consent, asked, place, rules)
    if (permitted || (origin !== undefined && (by === 'region' || by === 'default'))) return undefined
    return by
  }

  /** The people that identifiers lead to. */
  #concerned(keys: readonly string[]): Profile[] {
    const people: Profile[] = []
    for (const key of keys) {
      const source = this.#people.link(key)
      const person = source === undefined ? undefined : this.#drafts.known(source)
      if (person !== undefined && !people.includes(person)) people.push(person)
    }
    return people
  }

  #make(identifier: string, at: number): string {
    const { id } = this.#drafts.add({ ...newProfile(this.#context.newId(), [identifier], at), version: 1 })
    this.#people.setLink(identifier, id)
    return id
  }
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false
  return true
}
