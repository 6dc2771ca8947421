import type { PublishedSet } from '../definition/definition.ts'
import type { Upkeep } from '../definition/upkeep.ts'
import type { Need } from '../signal/need.ts'
import { anyoneOf, needsOf } from './needs.ts'
import { ANYONE, type Plan } from './plan.ts'

type Noted = Upkeep['signals'][number]

const NOTHING: Upkeep = { signals: [], segments: [] }

/** What was noted of a set's signals and segments: which are filled, and of which somebody has looked who is in them. */
export function upkeepOf(set: PublishedSet): Upkeep {
  const found = set.definitions.find(({ kind, archived }) => kind === 'upkeep' && !archived)
  return (found?.body as Upkeep | undefined) ?? NOTHING
}

/** What is noted of a need; undefined: nothing. Of times that are to be more nothing is. */
export function notedOf(upkeep: Upkeep, need: Need): Noted | undefined {
  const noted = upkeep.signals.find(({ key }) => key === need.key)
  return noted !== undefined && need.kind === 'times' && (noted.keep ?? 0) < need.keep ? undefined : noted
}

/**
 * The upkeep to publish with a set: signals that it newly needs are kept since its version and not filled, the others stay as
 * they were. `planned` has the version it will have.
 */
export function nextUpkeep(planned: PublishedSet): Upkeep {
  const before = upkeepOf(planned)
  const signals = needsOf(planned).map((need): Noted => {
    const { since, filled } = notedOf(before, need) ?? { since: planned.version, filled: false }
    return { key: need.key, ...(need.kind === 'times' && { keep: need.keep }), since, filled }
  })
  const live = new Set(planned.definitions.filter(({ kind }) => kind === 'segment').map(({ key }) => key))
  for (const key of anyoneOf(planned)) live.add(ANYONE + key)
  return { authored: planned.version, signals, segments: before.segments.filter(({ key }) => live.has(key)) }
}

/**
 * Live segments of which nobody has looked yet who is in them; those that are no segment, but what is asked of anyone of an account,
 * are looked at as well.
 */
export function unseenSegments(set: PublishedSet, plan: Plan): Upkeep['segments'] {
  const seen = upkeepOf(set).segments
  return plan.segments
    .filter(({ key, version }) => !seen.some(noted => noted.key === key && noted.version === version))
    .map(({ key, version }) => ({ key, version }))
}

/** The upkeep once signals are filled and segments looked through. */
export function withDone(
  upkeep: Upkeep,
  done: { readonly signals?: readonly string[]; readonly segments?: Upkeep['segments'] },
): Upkeep {
  const looked = done.segments ?? []
  return {
    ...upkeep,
    signals: upkeep.signals.map(noted => (done.signals?.includes(noted.key) ? { ...noted, filled: true } : noted)),
    segments: [...upkeep.segments.filter(({ key }) => !looked.some(other => other.key === key)), ...looked],
  }
}
