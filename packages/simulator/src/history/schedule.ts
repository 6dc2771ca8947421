import type { Random } from '@espalier/core/random'
import { segmentOf } from '../people/person.ts'
import { BEHAVIOUR, SEGMENTS, type Segment } from '../people/segments.ts'
import { intensity } from '../shop/calendar.ts'
import type { World } from '../world.ts'

const HOUR = 3_600_000

/** Crawlers' visits as a share of people's. */
export const BOT_SHARE = 0.03

export type Arrival = { readonly at: number; readonly person: number } | { readonly at: number; readonly bot: true }

/** Who comes when, in order of time, hour by hour: by season, time of day, and how often each kind of people comes. */
export function* arrivals(world: World, from: number, to: number, rng: Random): Generator<Arrival> {
  const bySegment = segmentsOf(world)
  for (let hour = from; hour < to; hour += HOUR) {
    const length = Math.min(HOUR, to - hour)
    const inHour: Arrival[] = []
    for (const segment of SEGMENTS) {
      const members = bySegment[segment]
      if (members.length === 0) continue
      const { visits, sale } = BEHAVIOUR[segment]
      const expected = ((members.length * visits) / 168) * intensity(hour, sale) * (length / HOUR)
      for (let n = rng.poisson(expected); n > 0; n--) {
        // Some come much more often than others: the square root of a uniform number favours the last.
        const member = Math.floor(members.length * Math.sqrt(rng.uniform()))
        inHour.push({ at: hour + rng.integer(length), person: members[member]! })
      }
    }
    for (let n = rng.poisson(BOT_SHARE * inHour.length); n > 0; n--) {
      inHour.push({ at: hour + rng.integer(length), bot: true })
    }
    yield* inHour.sort((a, b) => a.at - b.at)
  }
}

function segmentsOf(world: World): Readonly<Record<Segment, readonly number[]>> {
  const members: Record<Segment, number[]> = { bargain: [], loyal: [], newcomer: [], mobile: [] }
  for (let index = 0; index < world.people; index++) members[segmentOf(world.rng, index)].push(index)
  return members
}
