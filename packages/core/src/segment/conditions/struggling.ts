import type { JsonObject } from '../../json.ts'
import { PROFILE_LIMITS } from '../../profile/limits.ts'
import type { RecentEvent } from '../../profile/profile.ts'
import type { StrugglingCondition } from '../condition.ts'
import { leaf } from '../leaf.ts'
import { type CompiledCondition, READS_NOTHING, TOUCHED_BY_NOTHING } from '../node.ts'
import type { Considered } from '../subject.ts'

/** What `struggling: true` stands for. */
export const STRUGGLE = { repeats: 4, errors: 2, back: 3 } as const

export interface Struggle {
  /** How often the same action (name and items, or page) happened that happened most often. */
  readonly repeats: number
  /** How many events have "error" in their name, in small or capital letters. */
  readonly errors: number
  /** How often somebody went to another action and straight back: A, B, A. */
  readonly back: number
}

const GAP = PROFILE_LIMITS.sessionGapMs

/** Holds when any of what is named happened so often in the session that goes on, of its last 100 actions. */
export function struggling(condition: StrugglingCondition): CompiledCondition {
  const least = condition.struggling === true ? STRUGGLE : condition.struggling
  const {
    repeats = Number.POSITIVE_INFINITY,
    errors = Number.POSITIVE_INFINITY,
    back = Number.POSITIVE_INFINITY,
  } = least
  const test = (profile: Considered, now: number) => {
    const struggle = struggleAt(profile, now)
    return struggle.repeats >= repeats || struggle.errors >= errors || struggle.back >= back
  }
  return leaf({
    condition: condition as JsonObject,
    test: ({ profile, now }) => test(profile, now),
    changes: ({ profile: { recent = [] }, now }) => {
      const instants = new Set<number>()
      // Of what was, only the last action ends anything: half an hour after it.
      for (let i = recent.length - 1; i >= 0; i--) {
        const { at } = recent[i]!
        if (at + GAP + 1 > now) instants.add(at + GAP + 1)
        if (at <= now) break
        instants.add(at)
      }
      return [...instants].sort((a, b) => a - b)
    },
    actual: ({ profile, now }): JsonObject => ({ actual: { ...struggleAt(profile, now) } }),
    reads: {
      ...READS_NOTHING,
      facts: [{ name: 'struggling', read: ({ profile, now }) => ({ ...struggleAt(profile, now) }) }],
    },
    touched: { ...TOUCHED_BY_NOTHING, facets: ['action'] },
  })
}

/** The signs of struggle in the session that goes on at an instant. */
export function struggleAt({ recent = [] }: Considered, now: number): Struggle {
  const session = currentSession(recent, now)
  const actions = session.map(({ name, items = [] }) =>
    items.length === 0 ? `name ${name}` : `items ${JSON.stringify([name, items])}`,
  )
  const counts = new Map<string, number>()
  let errors = 0
  let back = 0
  for (const [i, action] of actions.entries()) {
    counts.set(action, (counts.get(action) ?? 0) + 1)
    if (/error/i.test(session[i]!.name)) errors++
    if (i >= 2 && actions[i - 2] === action && actions[i - 1] !== action) back++
  }
  return { repeats: Math.max(0, ...counts.values()), errors, back }
}

/** The last of the actions up to now with no gap of more than half an hour, also up to now. */
function currentSession(recent: readonly RecentEvent[], now: number): readonly RecentEvent[] {
  let end = recent.length
  while (end > 0 && recent[end - 1]!.at > now) end--
  let later = now
  let begin = end
  while (begin > 0 && later - recent[begin - 1]!.at <= GAP) later = recent[--begin]!.at
  return recent.slice(begin, end)
}
