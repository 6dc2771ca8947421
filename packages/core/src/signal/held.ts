import type { Accumulated } from './signal.ts'

/** What two signals of one time hold together. */
export function heldByBoth(a: Accumulated, b: Accumulated): Accumulated {
  return held(a.since, [...(a.lacks ?? []), ...(b.lacks ?? [])])
}

/** `since` with what is lacking, each once; without the member where nothing is. */
export function held(since: number, lacks: readonly string[]): Accumulated {
  return lacks.length === 0 ? { since } : { since, lacks: [...new Set(lacks)] }
}
