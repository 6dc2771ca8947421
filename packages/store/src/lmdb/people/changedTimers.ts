import type { Timer } from '../../port.ts'

/** How a profile's timer changed since the table was written. */
export interface TimerChange {
  /** As the table has it; undefined: it has none. */
  readonly was: number | undefined
  /** Undefined: none now. */
  readonly due: number | undefined
}

/** Timers in order, of which those before `from`, and some after it, are no longer so. */
interface Run {
  readonly timers: readonly Timer[]
  from: number
}

/**
 * Timers that changed since the table was written, in order for whoever asks. A commit costs no more than a note; what came since
 * the last question is sorted by itself, and such runs are merged when two are of about one length: of n timers each is moved some
 * log n times, however often is asked.
 */
export class ChangedTimers {
  readonly #changes = new Map<string, TimerChange>()
  /** Changed since the last run was made. */
  #fresh = new Set<string>()
  /** Each at least twice as long as the one after it. */
  #runs: Run[] = []

  has(profile: string): boolean {
    return this.#changes.has(profile)
  }

  /** `was` counts where the profile is not known here yet. */
  set(profile: string, was: number | undefined, due: number | undefined): void {
    const known = this.#changes.get(profile)
    this.#changes.set(profile, { was: known === undefined ? was : known.was, due })
    this.#fresh.add(profile)
  }

  /** Those of profiles that `later` has not are taken over from it, too. */
  addAll(later: ChangedTimers): void {
    for (const [profile, { was, due }] of later.#changes) this.set(profile, was, due)
  }

  changes(): ReadonlyMap<string, TimerChange> {
    return this.#changes
  }

  /** Timers after the instant `after` up to `until`, the earliest first. */
  *between(after: number, until: number): Generator<Timer> {
    this.#sort()
    const heads = this.#runs.map(({ timers, from }) => ({ timers, at: Math.max(from, firstAfter(timers, after)) }))
    for (let last: Timer | undefined; ; ) {
      const first = earliest(heads)
      if (first === undefined || first.due > until) return
      // Somebody's timer may have been set to an instant, away from it and back.
      if (this.#isSo(first) && (last === undefined || compareTimers(last, first) !== 0)) yield first
      last = first
    }
  }

  #sort(): void {
    if (this.#fresh.size > 0) {
      const timers: Timer[] = []
      for (const profile of this.#fresh) {
        const due = this.#changes.get(profile)?.due
        if (due !== undefined) timers.push({ profile, due })
      }
      this.#fresh = new Set()
      this.#add({ timers: timers.sort(compareTimers), from: 0 })
    }
    for (const run of this.#runs) while (run.from < run.timers.length && !this.#isSo(run.timers[run.from]!)) run.from++
  }

  #add(run: Run): void {
    let added = run
    for (let before = this.#runs.at(-1); before && length(before) < 2 * length(added); before = this.#runs.at(-1)) {
      this.#runs.pop()
      added = { timers: this.#merged(before, added), from: 0 }
    }
    if (length(added) > 0) this.#runs.push(added)
  }

  #merged(a: Run, b: Run): Timer[] {
    const both: Timer[] = []
    const heads = [a, b].map(({ timers, from }) => ({ timers, at: from }))
    for (let timer = earliest(heads); timer !== undefined; timer = earliest(heads)) {
      const last = both.at(-1)
      if (this.#isSo(timer) && (last === undefined || compareTimers(last, timer) !== 0)) both.push(timer)
    }
    return both
  }

  /** It was not changed since. */
  #isSo({ profile, due }: Timer): boolean {
    return this.#changes.get(profile)?.due === due
  }
}

/** By instant, then by profile. */
export function compareTimers(a: Timer, b: Timer): number {
  return a.due - b.due || (a.profile < b.profile ? -1 : a.profile > b.profile ? 1 : 0)
}

function length({ timers, from }: Run): number {
  return timers.length - from
}

/** Takes the earliest timer of several runs. */
function earliest(heads: { readonly timers: readonly Timer[]; at: number }[]): Timer | undefined {
  let first: { readonly timers: readonly Timer[]; at: number } | undefined
  for (const head of heads) {
    if (head.at === head.timers.length) continue
    if (first === undefined || compareTimers(head.timers[head.at]!, first.timers[first.at]!) < 0) first = head
  }
  return first?.timers[first.at++]
}

/** The place of the first timer after an instant. */
function firstAfter(sorted: readonly Timer[], instant: number): number {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (sorted[middle]!.due <= instant) from = middle + 1
    else to = middle
  }
  return from
}
