import type { Event } from '../event/event.ts'
import { reduce, seeAt } from '../profile/reduce.ts'
import { boundedSignals, withTimes } from '../profile/signals.ts'
import type { ApplyContext } from './context.ts'
import { Drafts } from './drafts.ts'
import type { Applied, Entry, ExposedAnswer, ImportedDecision } from './entry.ts'
import { eventRow, exposureRow, importedDecisionRow, importedExposureRow } from './entry-rows.ts'
import { Identities, type Identity } from './identities.ts'
import type { People } from './people.ts'
import type { Row } from './rows.ts'

type Backfill = Extract<Entry, { kind: 'backfill' }>

const DUPLICATE: Applied = { outcome: 'duplicate' }

/** One batch on its way through the stream. */
export class Batch {
  readonly rows: Row[] = []
  readonly #people: People
  readonly #context: ApplyContext
  readonly #drafts: Drafts
  readonly #identities: Identities

  constructor(people: People, context: ApplyContext) {
    this.#people = people
    this.#context = context
    this.#drafts = new Drafts(people)
    this.#identities = new Identities(people, this.#drafts, context, row => this.rows.push(row))
  }

  take(entry: Entry): Applied {
    switch (entry.kind) {
      case 'event':
        return this.#event(entry.event, entry.exposure)
      case 'decision':
        return this.#decision(entry.decision)
      case 'appearance':
        return this.#appearance(entry)
      case 'backfill':
        return this.#backfill(entry)
    }
  }

  finish(): void {
    this.#drafts.finish()
  }

  #event(event: Event, exposure: ExposedAnswer | undefined): Applied {
    if (this.#isKnown(event)) return DUPLICATE
    const source = this.#identities.identify(event, event.timestamp, event.messageId)
    const draft = this.#drafts.draft(source)
    reduce(draft, event, this.#context.needs)
    this.rows.push(eventRow(this.#context.workspace, source, event, draft.session))
    if (exposure) this.rows.push(exposureRow(this.#context.workspace, source, event, exposure))
    return { outcome: 'stored', profile: draft.id, source }
  }

  #decision(decision: ImportedDecision): Applied {
    if (this.#isKnown(decision)) return DUPLICATE
    const source = this.#identities.identify(decision, decision.timestamp, decision.messageId)
    const draft = this.#drafts.draft(source)
    seeAt(draft, decision.timestamp)
    this.rows.push(importedDecisionRow(this.#context.workspace, source, draft.bucketKey, decision))
    if (decision.exposed) this.rows.push(importedExposureRow(this.#context.workspace, source, decision))
    return { outcome: 'stored', profile: draft.id, source }
  }

  /** `stored` also where everything was known already and nothing changed. */
  #appearance(appearance: Identity & { readonly at: number }): Applied {
    const source = this.#identities.identify(appearance, appearance.at, 'appearance')
    return { outcome: 'stored', profile: this.#drafts.known(source).id, source }
  }

  /** `duplicate` where there is no such source: nothing changes. */
  #backfill({ profile: source, signal, keep, times }: Backfill): Applied {
    if (this.#drafts.person(source) === undefined) return DUPLICATE
    const draft = this.#drafts.draft(source)
    draft.signals = boundedSignals(withTimes(draft.signals, signal, keep, times), this.#context.needs)
    return { outcome: 'stored', profile: draft.id, source }
  }

  /** R3: an import's row is remembered for ever, all else by its messageId for the horizon. */
  #isKnown({ origin, messageId, received }: Event | ImportedDecision): boolean {
    return origin ? this.#people.imported(origin.file, origin.row) : this.#people.seen(messageId, received)
  }
}
