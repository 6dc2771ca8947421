import type { Event } from '../event/event.ts'
import { newProfile } from '../profile/newProfile.ts'
import type { Profile } from '../profile/profile.ts'
import { reduce, seeAt } from '../profile/reduce.ts'
import type { ApplyContext } from './context.ts'

/** The members of a profile that say who somebody is. */
type Identified = 'id' | 'version' | 'bucketKey' | 'userId' | 'identifiers' | 'sources' | 'origins' | 'splits'

/** What is made of a profile, not of its events: looked at anew where the profile is. */
type Derived = 'memberships' | 'due' | 'scores'

/** What the log says of somebody: all of a profile that events make. Plain JSON. */
export type Content = Omit<Profile, Identified | Derived>

/**
 * A profile made again from the log, by the reducer that made it (R12). Events are given in their total order (R10), so that none
 * of them is late. Whatever else the reducer keeps of a person comes along.
 */
export class Replay {
  readonly #context: Pick<ApplyContext, 'plan'>
  readonly #draft: Profile

  /** `firstSeen`: when the oldest of the sources came into being, which an event need not say. */
  constructor(context: Pick<ApplyContext, 'plan'>, firstSeen: number) {
    this.#context = context
    // Without sources: nothing is lacking of a log that is read from its beginning.
    this.#draft = { ...newProfile('', ['nobody:'], firstSeen), sources: [] }
  }

  add(event: Event): void {
    reduce(this.#draft, event, this.#context.plan)
  }

  /** Something besides events says that the person was there at this time: a decision that was imported. */
  see(at: number): void {
    seeAt(this.#draft, at)
  }

  get content(): Content {
    const { id, version, bucketKey, userId, identifiers, sources, origins, splits, ...made } = this.#draft
    const { memberships, due, scores, ...content } = made
    return content
  }
}
