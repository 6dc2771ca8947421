import { compareEvents, type Event } from '../../event/event.ts'

/** An event with the source profile it is filed under. */
export interface Filed {
  readonly source: string
  readonly event: Event
}

/** A source is somebody's from an instant on. */
export interface Link {
  readonly source: string
  readonly canonical: string
  readonly at: number
}

/** Everything that was ever taken in, in order of arrival, and nothing that was made of it. */
export interface World {
  readonly filed: readonly Filed[]
  readonly links: readonly Link[]
}

/** The two axes of time (R5): what was received and linked by `known` counts, as far as it is timed up to `now`. */
export interface Instant {
  readonly now: number
  readonly known: number
}

/** Who is whom and what they did, as known at an instant. */
export class Known {
  readonly #world: World
  readonly #latest = new Map<string, Link>()
  readonly #events = new Map<string, Event[]>()

  constructor(world: World, known: number) {
    this.#world = world
    for (const link of world.links) {
      const before = this.#latest.get(link.source)
      if (link.at <= known && (before === undefined || link.at >= before.at)) this.#latest.set(link.source, link)
    }
    for (const { source, event } of this.#world.filed) {
      if (event.received > known) continue
      const person = this.personOf(source)
      const events = this.#events.get(person)
      if (events === undefined) this.#events.set(person, [event])
      else events.push(event)
    }
    for (const events of this.#events.values()) events.sort(compareEvents)
  }

  personOf(source: string): string {
    return this.#latest.get(source)?.canonical ?? source
  }

  /** Everybody of whom an event was received, in order of id. */
  get people(): string[] {
    return [...this.#events.keys()].sort()
  }

  /** All events received of a person in their total order (R10), those timed ahead included. */
  events(person: string): readonly Event[] {
    return this.#events.get(person) ?? []
  }
}
