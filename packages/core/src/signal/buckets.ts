import { dayIn } from '../time/day.ts'
import type { Buckets } from './need.ts'

const HOUR = 3_600_000

/** Tells the bucket of an instant, and when a bucket begins. */
export interface Bucketing {
  readonly of: (instant: number) => number
  /** Epoch milliseconds; -Infinity for the one bucket of `ever`. */
  readonly start: (bucket: number) => number
}

const EVER: Bucketing = { of: () => 0, start: () => Number.NEGATIVE_INFINITY }
const HOURS: Bucketing = { of: instant => Math.floor(instant / HOUR), start: bucket => bucket * HOUR }

/** Hours since 1970, days since 1970 on the calendar of the zone, or one for all time (R11). */
export function bucketing({ unit, zone }: Buckets): Bucketing {
  return unit === 'ever' ? EVER : unit === 'hour' ? HOURS : dayIn(zone)
}

/** Of a list by bucket, ascending: what the newest bucket's window of `keep` still holds. */
export function inWindow<T extends readonly [bucket: number, ...unknown[]]>(
  list: readonly T[],
  keep: number,
): readonly T[] {
  const oldest = list.length === 0 ? 0 : list.at(-1)![0] - keep + 1
  return list.length > 0 && list[0]![0] < oldest ? list.filter(([bucket]) => bucket >= oldest) : list
}

/** With one element put in its place by bucket, or combined with the one that is there. */
export function withBucket<T extends readonly [bucket: number, ...unknown[]]>(
  list: readonly T[],
  one: T,
  combine: (old: T, one: T) => T,
): readonly T[] {
  let place = list.length
  while (place > 0 && list[place - 1]![0] > one[0]) place--
  const old = place > 0 && list[place - 1]![0] === one[0] ? list[place - 1]! : undefined
  const next = [...list]
  if (old === undefined) next.splice(place, 0, one)
  else next[place - 1] = combine(old, one)
  return next
}
