import type { JsonObject } from '../../json.ts'
import { offsetChanges, offsetIn } from '../../time/day.ts'
import type { TimeCondition } from '../condition.ts'
import { leaf } from '../leaf.ts'
import { type CompiledCondition, READS_NOTHING, TOUCHED_BY_NOTHING } from '../node.ts'
import { type Subject, zoneOfPerson } from '../subject.ts'

const MINUTE = 60_000
const DAY = 86_400_000
/** Days: the next time on a day of the week may be in the hour that the clock leaves out, and then it is a week later. */
const FORESEEN = 15
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** Holds at these times of day on these days, by the clock of the workspace or, where it is known, of the person. */
export function time(condition: TimeCondition, workspaceZone: string): CompiledCondition {
  const { from = '00:00', to = '24:00', days, zone } = condition.time
  const [begin, end] = [minutes(from), minutes(to)]
  const on = new Set<string>(days ?? DAYS)
  const workspace = offsetOf(workspaceZone)
  const offset = (subject: Subject) => {
    const own = zone === 'person' ? zoneOfPerson(subject) : undefined
    return own === undefined ? workspace : offsetOf(own)
  }
  const test = (subject: Subject) => {
    const local = subject.now + offset(subject)(subject.now)
    const minute = Math.floor(local / MINUTE) % (24 * 60)
    // Over midnight, the hours after it belong to the day before.
    const isAfterMidnight = end <= begin && minute < end
    if (!(begin < end ? minute >= begin && minute < end : minute >= begin || isAfterMidnight)) return false
    const day = new Date(isAfterMidnight ? local - DAY : local).getUTCDay()
    return on.has(DAYS[day]!)
  }
  return leaf({
    condition: condition as JsonObject,
    test,
    // Its truth changes where the clock shows the begin or the end of some day, or jumps.
    changes: subject => {
      const { now } = subject
      const ahead = offset(subject)
      const jumps = offsetChanges(ahead, now, now + FORESEEN * DAY)
      const offsets = new Set([now, ...jumps].map(ahead))
      const instants = new Set(jumps)
      const today = Math.floor((now + ahead(now)) / DAY) * DAY
      for (let day = -1; day <= FORESEEN; day++) {
        for (const minute of [begin, end, 0]) {
          for (const one of offsets) instants.add(today + day * DAY + minute * MINUTE - one)
        }
      }
      return [...instants].filter(at => at > now).sort((a, b) => a - b)
    },
    reads: { ...READS_NOTHING, facts: [{ name: `time:${JSON.stringify(condition.time)}`, read: test }] },
    // Where they are may become known.
    touched: { ...TOUCHED_BY_NOTHING, facets: zone === 'person' ? ['person'] : [] },
  })
}

function minutes(clock: string): number {
  const [hour, minute] = clock.split(':')
  return Number(hour) * 60 + Number(minute)
}

const offsets = new Map<string, (instant: number) => number>()

function offsetOf(zone: string): (instant: number) => number {
  let offset = offsets.get(zone)
  if (offset === undefined) {
    offset = offsetIn(zone)
    offsets.set(zone, offset)
  }
  return offset
}
