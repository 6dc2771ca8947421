import { originOf } from '@espalier/core/identity'
import type { Profile } from '@espalier/core/profile'
import { type Applied, type Content, type Entry, eventOf, type Part, Replay } from '@espalier/core/stream'
import type { Store } from '@espalier/store'
import type { Warehouse } from '@espalier/warehouse'
import type { LiveDefinitions } from '../pipeline/definitions.ts'
import type { CommitQueue } from '../pipeline/queue.ts'
import { Problem } from '../problem.ts'
import { DRAIN_MS } from './drainTime.ts'
import type { Shipper } from './shipper.ts'

export interface RebuilderParts {
  readonly store: Pick<Store, 'people'>
  readonly warehouse: Pick<Warehouse, 'log' | 'logSize'>
  readonly shipper: Pick<Shipper, 'drain'>
  readonly queue: CommitQueue
  readonly definitions: LiveDefinitions
}

/** Events of one person that are replayed; more are refused (R11). At some 100,000 a second. */
const REPLAYED_EVENTS = 500_000
/** A person to whom something happens while their log is read is read again, so often. */
const ATTEMPTS = 6
/** A person's log as it goes to the commit queue, for its bound of waiting bytes. */
const ENTRY_BYTES = 20_000

/** What the log made of each group of a person's sources, and for which definitions. */
interface Reading {
  readonly definitions: number
  readonly contents: readonly Content[]
}

/**
 * Makes people again from the log, through the reducer that made them: to undo a merge (R12), and where events came too late for
 * what a profile keeps (R10). The log is read once everything acknowledged is in it; the commit holds only if nothing happened to
 * the person since, and otherwise it is done again. So nothing that arrives meanwhile is lost.
 */
export class Rebuilder {
  readonly #parts: RebuilderParts

  constructor(parts: RebuilderParts) {
    this.#parts = parts
  }

  /** One person becomes two: these sources are another's from now on. Throws `Problem`; nothing is half done. */
  async unmerge(workspace: string, id: string, split: readonly string[], by: string): Promise<[Profile, Profile]> {
    const gone = new Set(split)
    const { sources } = await this.#repeat(workspace, id, async person => {
      assertParts(person, gone)
      const groups = [
        person.sources.filter(source => !gone.has(source)),
        person.sources.filter(source => gone.has(source)),
      ]
      const { definitions, contents } = await this.#read(workspace, person, groups)
      const parts = contents.map((content, i): Part => ({ sources: groups[i]!, content })) as [Part, Part]
      return { kind: 'unmerge', profile: person.id, version: person.version, definitions, parts, by }
    })
    const kept = sources.find(source => !gone.has(source))!
    return [await this.#person(workspace, kept), await this.#person(workspace, split[0]!)]
  }

  /** A person as the log has them. */
  async rebuild(workspace: string, id: string): Promise<Profile> {
    await this.#repeat(workspace, id, async person => {
      const { definitions, contents } = await this.#read(workspace, person, [person.sources])
      const [content] = contents as [Content]
      return { kind: 'rebuild', profile: person.id, version: person.version, definitions, content }
    })
    return this.#person(workspace, id)
  }

  /** Two people whom an un-merge made become one again. */
  async rejoin(workspace: string, profile: string, other: string, by: string): Promise<Profile> {
    const applied = await this.#submit(workspace, { kind: 'rejoin', profile, other, by }, 100)
    if (applied.outcome !== 'stored') throw refusal(applied)
    return this.#person(workspace, profile)
  }

  /** Commits what `make` made of the person, again where it was passed by; the person as they were before. */
  async #repeat(workspace: string, id: string, make: (person: Profile) => Promise<Entry>): Promise<Profile> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const person = await this.#person(workspace, id)
      const entry = await make(person)
      const applied = await this.#submit(workspace, entry, ENTRY_BYTES)
      if (applied.outcome === 'stored') return person
      if (applied.outcome !== 'conflict') throw refusal(applied)
    }
    throw new Problem(
      'conflict',
      `Something happened to this person each of the ${ATTEMPTS} times their log was read.`,
      {
        mend: 'Try again when less happens to them.',
        retryAfter: 5,
      },
    )
  }

  async #submit(workspace: string, entry: Entry, bytes: number): Promise<Applied> {
    const [applied] = await this.#parts.queue.submit(workspace, [entry], bytes)
    return applied!
  }

  /** What the log says of each group of the person's sources. */
  async #read(workspace: string, person: Profile, groups: readonly (readonly string[])[]): Promise<Reading> {
    const { warehouse, shipper, definitions } = this.#parts
    const { plan } = (await definitions.of(workspace)).compiled
    if (!(await shipper.drain(DRAIN_MS))) {
      throw new Problem('warehouse_unavailable', 'The warehouse has not yet caught up with what was acknowledged.')
    }
    const { sources } = person
    const { events, decisions } = await warehouse.logSize({ workspace, sources })
    if (events > REPLAYED_EVENTS) {
      const message = `This person has ${events} events and ${REPLAYED_EVENTS} are replayed at most.`
      throw new Problem('log_too_long', message)
    }
    const firstSeen = (group: readonly string[]) =>
      Math.min(...group.map(source => originOf(person, source)!.firstSeen))
    const replays = groups.map(group => new Replay({ plan }, firstSeen(group)))
    const replayOf = new Map(groups.flatMap((group, i) => group.map(source => [source, replays[i]!] as const)))
    let read = 0
    for await (const page of warehouse.log({ workspace, sources })) {
      for (const event of page) replayOf.get(event.profile)?.add(eventOf(event))
      read += page.length
    }
    for (const { source, first, last } of decisions) {
      for (const at of [first, last]) replayOf.get(source)?.see(at)
    }
    // More than there were: something happened since, and the commit will be passed by.
    if (read < person.events) {
      const message = `Of this person's ${person.events} events the warehouse has ${read}: retention has removed the others, and without them nobody can say whose what was.`
      throw new Problem('log_expired', message)
    }
    return { definitions: plan.version, contents: replays.map(replay => replay.content) }
  }

  /** The person a source leads to. */
  async #person(workspace: string, id: string): Promise<Profile> {
    const person = await this.#parts.store.people.get(workspace, id)
    if (person === undefined) throw new Problem('not_found', `Nobody in this workspace has the id "${id}".`)
    return person
  }
}

function assertParts(person: Profile, gone: ReadonlySet<string>): void {
  const strange = [...gone].find(source => !person.sources.includes(source))
  if (strange !== undefined) {
    throw new Problem('not_merged', `"${strange}" is not a source of this person.`, { path: 'body.split' })
  }
  if (gone.size === 0 || gone.size === person.sources.length) {
    const message = gone.size === 0 ? 'Nothing is to be split off.' : 'That is all there is of this person.'
    throw new Problem('not_merged', message, { path: 'body.split' })
  }
}

const REASONS: Partial<Record<NonNullable<Applied['reason']>, string>> = {
  apart: 'They are different users by now, and users are never united.',
  full: 'One person would have more identifiers, sources or splits than a person may have.',
  known: 'They are one person already.',
  'not-split': 'They were never un-merged from each other; events unite whom events name together.',
  unknown: 'One of them is nobody.',
}

function refusal({ reason }: Applied): Problem {
  return new Problem('identity_refused', (reason && REASONS[reason]) ?? `It cannot be: ${reason ?? 'no reason given'}.`)
}
