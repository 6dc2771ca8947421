import type { Timer } from '../../port.ts'
import { ChangedTimers, compareTimers, type TimerChange } from './changedTimers.ts'

/** The timers of one workspace in the checkpoint, the earliest first, those of one instant by profile. */
export interface TimerTable {
  /** From `from` on, or all of those after an instant. */
  timers(from: Timer | { readonly after: number }): Iterable<Timer>
}

const FIRST: Timer = { profile: '', due: -Infinity }
const LAST: Timer = { profile: '', due: Infinity }

/**
 * All timers of one workspace, in order (R5): those in the checkpoint's table, which a million people may have, and over
 * them those that changed since, which are no more than the changed profiles in memory.
 */
export class Timers {
  readonly #table: TimerTable
  #changed = new ChangedTimers()
  /** Those a running checkpoint writes. */
  #frozen: ChangedTimers | undefined
  /** All of the table before it have changed: many that are over need not be passed again and again. */
  #from = FIRST

  constructor(table: TimerTable) {
    this.#table = table
  }

  /** A profile's timer was `was` and is `due` now. */
  set(profile: string, was: number | undefined, due: number | undefined): void {
    this.#changed.set(profile, was, due)
  }

  due(now: number, limit: number): Timer[] {
    return this.#collect(-Infinity, now, limit)
  }

  next(after: number): number | undefined {
    return this.#collect(after, Infinity, 1)[0]?.due
  }

  /** What a checkpoint has to write; later changes are not part of it. */
  freeze(): ReadonlyMap<string, TimerChange> {
    this.#frozen = this.#changed
    this.#changed = new ChangedTimers()
    return this.#frozen.changes()
  }

  /** The table has what was frozen. */
  thaw(): void {
    this.#frozen = undefined
    this.#from = FIRST
  }

  /** The checkpoint failed: what was frozen is still to be written. */
  unfreeze(): void {
    if (!this.#frozen) return
    this.#frozen.addAll(this.#changed)
    this.#changed = this.#frozen
    this.#frozen = undefined
  }

  #collect(after: number, until: number, limit: number): Timer[] {
    const found: Timer[] = []
    for (const source of [
      this.#changed.between(after, until),
      this.#frozenBetween(after, until),
      this.#settled(after),
    ]) {
      let n = 0
      for (const timer of source) {
        if (timer.due > until || n++ === limit) break
        found.push(timer)
      }
    }
    return found.sort(compareTimers).slice(0, limit)
  }

  *#frozenBetween(after: number, until: number): Generator<Timer> {
    for (const timer of this.#frozen?.between(after, until) ?? []) if (!this.#changed.has(timer.profile)) yield timer
  }

  /** Those of the table that are still so. */
  *#settled(after: number): Generator<Timer> {
    const fromStart = after < this.#from.due || after === -Infinity
    let isFirst = fromStart
    for (const timer of this.#table.timers(fromStart ? this.#from : { after })) {
      if (this.#changed.has(timer.profile) || this.#frozen?.has(timer.profile)) continue
      if (isFirst) this.#from = timer
      isFirst = false
      yield timer
    }
    if (isFirst) this.#from = LAST
  }
}
