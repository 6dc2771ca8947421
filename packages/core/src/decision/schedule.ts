import { DAYS, type Schedule } from '../definition/schedule.ts'
import { isLocal, parseWhen } from '../definition/scheduleProblems.ts'
import { instantIn, localIn } from '../time/local.ts'
import type { Moment } from './moment.ts'

export type OffSchedule = 'not-started' | 'over' | 'hours'

export interface CompiledSchedule {
  /** Nowhere does it run before this instant, epoch milliseconds; -Infinity where it has no start. */
  readonly start: number
  /** Nowhere does it run from this instant on; Infinity where it has no end. */
  readonly end: number
  /** Whether it runs for somebody within these; undefined: always. */
  readonly within: ((moment: Moment) => OffSchedule | undefined) | undefined
}

/** Clocks differ from UTC by at most 14 hours. */
const FARTHEST = 14 * 3_600_000
const DAY_MINUTES = 24 * 60

export function compileSchedule(schedule: Schedule = {}): CompiledSchedule {
  const { zone, days, hours } = schedule
  const start = boundary(schedule.start, zone, Number.NEGATIVE_INFINITY)
  const end = boundary(schedule.end, zone, Number.POSITIVE_INFINITY)
  const bounds = start.local || end.local ? boundsIn(start, end) : undefined
  const open = days === undefined && hours === undefined ? undefined : opening(days, hours)
  return {
    start: start.local ? start.at - FARTHEST : start.at,
    end: end.local ? end.at + FARTHEST : end.at,
    within:
      bounds === undefined && open === undefined
        ? undefined
        : moment => {
            const where = zoneOf(zone, moment)
            const { now } = moment.subject
            const [from, to] = bounds?.(where) ?? [start.at, end.at]
            if (now < from) return 'not-started'
            if (now >= to) return 'over'
            return open === undefined || open(where, now) ? undefined : 'hours'
          },
  }
}

function zoneOf(zone: string | undefined, moment: Moment): string {
  if (zone === 'person') return moment.zone
  return zone === undefined || zone === 'workspace' ? moment.set.zone : zone
}

interface Boundary {
  readonly at: number
  /** By the clock of a zone: `at` is as if it were UTC. */
  readonly local: boolean
}

function boundary(text: string | undefined, zone: string | undefined, otherwise: number): Boundary {
  if (text === undefined) return { at: otherwise, local: false }
  return { at: parseWhen(text) ?? otherwise, local: zone !== undefined && isLocal(text) }
}

/** Start and end as instants, by zone: there are some 600 of them. */
function boundsIn(start: Boundary, end: Boundary): (zone: string) => readonly [number, number] {
  const known = new Map<string, readonly [number, number]>()
  return zone => {
    let bounds = known.get(zone)
    if (bounds === undefined) {
      bounds = [instantOf(start, zone), instantOf(end, zone)]
      known.set(zone, bounds)
    }
    return bounds
  }
}

function instantOf({ at, local }: Boundary, zone: string): number {
  return local ? instantIn(zone, at) : at
}

/** Whether a clock in the zone shows one of the hours on one of the days. */
function opening(days: Schedule['days'], hours: Schedule['hours']): (zone: string, now: number) => boolean {
  const open = DAYS.map(day => days?.includes(day) ?? true)
  const spans = (hours ?? [{ from: '00:00', to: '24:00' }]).map(({ from, to }) => [minutes(from), minutes(to)] as const)
  return (zone, now) => {
    const { weekday, hour, minute } = localIn(zone)(now)
    const at = hour * 60 + minute
    const today = open[weekday]!
    const yesterday = open[(weekday + 6) % 7]!
    return spans.some(([from, to]) => {
      if (from < to) return today && at >= from && at < to
      return (today && at >= from) || (yesterday && at < to)
    })
  }
}

function minutes(clock: string): number {
  const [hour, minute] = clock.split(':').map(Number)
  return (hour! * 60 + minute!) % (DAY_MINUTES + 1)
}
