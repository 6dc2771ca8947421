import type { Timer } from '../../port.ts'

/** How a profile's timer changed since the table was written. */
export interface TimerChange {
  /** As the table has it; undefined: it has none. */
  readonly was: number | undefined
  /** Undefined: none now. */
  readonly due: number | undefined
}

/**
 * Timers that changed since the table was written, in order for whoever asks. What came since the last question is sorted in
 * then, so that a commit costs nothing but a note.
 */
export class ChangedTimers {
  readonly #changes = new Map<string, TimerChange>()
  /** Changed since `#sorted` was made. */
  #fresh = new Set<string>()
  #sorted: readonly Timer[] = []

  has(profile: string): boolean {
    return this.#changes.has(profile)
  }

  /** `was` counts where the profile is not known here yet. */
  set(profile: string, was: number | undefined, due: number | undefined): void {
    this.#changes.set(profile, { was: this.#changes.has(profile) ? this.#changes.get(profile)?.was : was, due })
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
    const sorted = this.#inOrder()
    for (let i = firstAfter(sorted, after); i < sorted.length && sorted[i]!.due <= until; i++) yield sorted[i]!
  }

  #inOrder(): readonly Timer[] {
    if (this.#fresh.size === 0) return this.#sorted
    const fresh: Timer[] = []
    for (const profile of this.#fresh) {
      const due = this.#changes.get(profile)?.due
      if (due !== undefined) fresh.push({ profile, due })
    }
    fresh.sort(compareTimers)
    this.#sorted = merged(
      this.#sorted.filter(({ profile }) => !this.#fresh.has(profile)),
      fresh,
    )
    this.#fresh = new Set()
    return this.#sorted
  }
}

/** By instant, then by profile. */
export function compareTimers(a: Timer, b: Timer): number {
  return a.due - b.due || (a.profile < b.profile ? -1 : a.profile > b.profile ? 1 : 0)
}

function merged(a: readonly Timer[], b: readonly Timer[]): Timer[] {
  const both: Timer[] = []
  let i = 0
  for (const timer of a) {
    while (i < b.length && compareTimers(b[i]!, timer) < 0) both.push(b[i++]!)
    both.push(timer)
  }
  while (i < b.length) both.push(b[i++]!)
  return both
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
