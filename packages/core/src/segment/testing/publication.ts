import type { Definition, PublishedSet } from '../../definition/definition.ts'
import { UPKEEP_KEY, type Upkeep } from '../../definition/upkeep.ts'
import { compareEvents } from '../../event/event.ts'
import { planSourceOf } from '../../plan/needs.ts'
import { planOf } from '../../plan/plan.ts'
import { nextUpkeep, upkeepOf, withDone } from '../../plan/upkeep.ts'
import { isAction } from '../../signal/sessions.ts'
import type { Entry } from '../../stream/entry.ts'
import { eventOf } from '../../stream/logged.ts'
import { pastEntry, pastNeeded } from '../../stream/past.ts'
import type { Life } from './life.ts'

/** A set with this upkeep. */
export function withUpkeep({ version, definitions }: PublishedSet, body: Upkeep): PublishedSet {
  const upkeep: Definition<'upkeep'> = {
    kind: 'upkeep',
    key: UPKEEP_KEY,
    version,
    published: 0,
    author: '',
    archived: false,
    body,
  }
  return { version, definitions: [...definitions.filter(({ kind }) => kind !== 'upkeep'), upkeep] }
}

/**
 * For tests: a set that is published while a life goes on, and what the server does then, a piece at a time: new signals are filled
 * from the log, then everybody is looked at. A piece may be done again, as after a crash.
 */
export class Publication {
  readonly #life: Life
  #set: PublishedSet
  #todo: Entry[] = []
  #all: Entry[] = []
  #step: 'fill' | 'look' | 'done' = 'fill'

  /** `definitions` replace those of `before`; `version` follows its own. */
  constructor(life: Life, before: PublishedSet, definitions: PublishedSet['definitions']) {
    this.#life = life
    const planned = withUpkeep({ version: before.version + 1, definitions }, upkeepOf(before))
    this.#set = withUpkeep(planned, nextUpkeep(planned))
    this.#publish()
    this.#begin(this.#past())
  }

  get isDone(): boolean {
    return this.#step === 'done'
  }

  /** Some of what is left to do is done. */
  go(pieces: number): void {
    const entries = this.#todo.splice(0, pieces)
    if (entries.length > 0) this.#life.stream.take(...(JSON.parse(JSON.stringify(entries)) as Entry[]))
    if (this.#todo.length > 0 || this.#step === 'done') return
    const { segments, signals } = this.#life.plan
    if (this.#step === 'fill') {
      this.#done({ signals: [...signals.keys()] })
      this.#step = 'look'
      const keys = this.#life.plan.segments.map(({ key }) => key)
      this.#begin(this.#life.people.map(({ id }) => ({ kind: 'tick', profile: id, segments: keys })))
      if (this.#todo.length > 0) return
    }
    this.#done({ segments: segments.map(({ key, version }) => ({ key, version })) })
    this.#step = 'done'
  }

  /** The node that did it is gone, and another begins the step anew. */
  crash(): void {
    this.#todo = [...this.#all]
  }

  #begin(entries: Entry[]): void {
    this.#all = entries
    this.#todo = [...entries]
  }

  #done(done: Parameters<typeof withDone>[1]): void {
    const { version, definitions } = this.#set
    this.#set = withUpkeep({ version: version + 1, definitions }, withDone(upkeepOf(this.#set), done))
    this.#publish()
  }

  #publish(): void {
    this.#life.stream.plan = planOf(planSourceOf(this.#set))
  }

  /** What the log has from before, a source at a time. */
  #past(): Entry[] {
    const unfilled = [...this.#life.plan.signals.values()].filter(({ filled }) => !filled)
    const rows = this.#life.stream.lines('events').filter(row => row.type !== 'segment')
    const sources = [...new Set(rows.map(row => row.profile as string))].sort()
    return [...new Set(unfilled.map(({ since }) => since))].flatMap(below =>
      pastNeeded(unfilled.filter(({ since }) => since === below)).flatMap(({ events, properties, signals }) =>
        sources.flatMap(source => {
          const past = rows
            .filter(row => row.profile === source && (row.definitions as number) < below)
            .map(row => eventOf(row as never))
            .filter(event => (events === undefined ? isAction(event) : events.includes(event.name)))
            .map(event => (properties ? event : { ...event, properties: {} }))
          past.sort(compareEvents)
          // In parts, as that of somebody with many events comes.
          const half = Math.ceil(past.length / 2)
          return pastEntry(source, past.slice(half), signals, pastEntry(source, past.slice(0, half), signals)) ?? []
        }),
      ),
    )
  }
}
