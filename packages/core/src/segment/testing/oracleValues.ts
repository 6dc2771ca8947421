import type { Event } from '../../event/event.ts'
import type { Json, JsonObject } from '../../json.ts'
import { durationMs } from '../../time/duration.ts'
import type { Aggregate } from '../aggregate.ts'
import { compares } from './compares.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const GAP = 30 * MINUTE

/** What a path leads to; null and nothing are the same. */
export function at(data: Json | undefined, path: readonly string[]): Json | undefined {
  let here = data
  for (const step of path) {
    if (typeof here !== 'object' || here === null || Array.isArray(here) || !Object.hasOwn(here, step)) return undefined
    here = here[step]
  }
  return here ?? undefined
}

type Filter = { readonly property: string }[] | undefined

/** Of all events those of a name for which the filter holds. */
export function named(events: readonly Event[], name: string, where: Filter): Event[] {
  return events.filter(event => event.name === name && fits(event.properties, where))
}

function fits(properties: JsonObject, where: Filter): boolean {
  return (where ?? []).every(({ property, ...comparisons }) =>
    compares(comparisons, at(properties, property.split('.')), 0),
  )
}

/** An aggregate of the events up to `now`, in their total order, by going through all of them. */
export function aggregateOf(aggregate: Aggregate, past: readonly Event[], now: number, zone: string): Json | undefined {
  if ('sessions' in aggregate) {
    const since = aggregate.within === undefined ? -Infinity : now - durationMs(aggregate.within)
    return sessionsOf(past)
      .slice(-108)
      .filter(([first]) => first! > since).length
  }
  const { where } = aggregate
  const within = 'within' in aggregate ? aggregate.within : undefined
  const name = 'count' in aggregate ? aggregate.count : aggregate.of
  const events = named(past, name, where)
  if ('first' in aggregate || 'last' in aggregate) {
    const path = ('first' in aggregate ? aggregate.first : aggregate.last).split('.')
    const given = events.flatMap(event => {
      const value = at(event.properties, path)
      return value === undefined || typeof value === 'object' ? [] : [{ when: event.timestamp, value }]
    })
    if ('first' in aggregate) return given[0]?.value
    const last = given.at(-1)
    return last !== undefined && (within === undefined || last.when > now - durationMs(within)) ? last.value : undefined
  }
  if ('daysSince' in aggregate) {
    const one = aggregate.daysSince === 'first' ? events[0] : events.at(-1)
    return one && Math.floor((now - one.timestamp) / DAY)
  }
  const inWindow = events.filter(event => isInWindow(event.timestamp, now, within, zone))
  if ('count' in aggregate) return inWindow.length
  if ('distinct' in aggregate || 'mostFrequent' in aggregate || 'list' in aggregate) {
    return ofValues(aggregate, inWindow, within, zone)
  }
  const property =
    'sum' in aggregate
      ? aggregate.sum
      : 'average' in aggregate
        ? aggregate.average
        : 'min' in aggregate
          ? aggregate.min
          : aggregate.max
  const amounts = inWindow.flatMap(event => {
    const value = at(event.properties, property.split('.'))
    return typeof value === 'number' && Math.abs(value) <= 100_000_000_000 ? [Math.floor(value * 10_000 + 0.5)] : []
  })
  const sum = amounts.reduce((a, b) => a + b, 0)
  if ('sum' in aggregate) return sum / 10_000
  if (amounts.length === 0) return undefined
  if ('average' in aggregate) return sum / 10_000 / amounts.length
  return ('min' in aggregate ? Math.min(...amounts) : Math.max(...amounts)) / 10_000
}

/** Whole hours up to two days, else days of the zone; the current one and those before it. */
function isInWindow(then: number, now: number, within: string | undefined, zone: string): boolean {
  if (within === undefined) return true
  const bucket = bucketOf(within, zone)
  return bucket(then) > bucket(now) - Math.ceil(durationMs(within) / (durationMs(within) <= 2 * DAY ? HOUR : DAY))
}

function bucketOf(within: string | undefined, zone: string): (instant: number) => number {
  if (within === undefined) return () => 0
  return durationMs(within) <= 2 * DAY ? instant => Math.floor(instant / HOUR) : instant => dayNumber(instant, zone)
}

const days = new Map<string, number>()
const formats = new Map<string, Intl.DateTimeFormat>()

/** Days since 1970 on the calendar of the zone. */
function dayNumber(instant: number, zone: string): number {
  const minute = Math.floor(instant / MINUTE)
  const key = `${zone} ${minute}`
  let day = days.get(key)
  if (day === undefined) {
    let format = formats.get(zone)
    if (format === undefined) {
      format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
      formats.set(zone, format)
    }
    day = Date.parse(`${format.format(minute * MINUTE)}T00:00:00Z`) / DAY
    days.set(key, day)
  }
  return day
}

/** Values and how often each occurred: of more than 200 different ones of a bucket the newest buckets' count (R11). */
function ofValues(
  aggregate: Extract<Aggregate, { distinct: string } | { mostFrequent: string } | { list: string }>,
  events: readonly Event[],
  within: string | undefined,
  zone: string,
): Json | undefined {
  const property =
    'distinct' in aggregate ? aggregate.distinct : 'list' in aggregate ? aggregate.list : aggregate.mostFrequent
  const bucket = bucketOf(within, zone)
  const entries = new Map<string, { bucket: number; text: string; count: number }>()
  for (const event of events) {
    const value = at(event.properties, property.split('.'))
    const list = Array.isArray(value) ? value : value === undefined ? [] : [value]
    for (const text of new Set(
      list.filter(one => one !== null && typeof one !== 'object').map(one => JSON.stringify(one)),
    )) {
      if (text.length > 200) continue
      const key = `${bucket(event.timestamp)} ${text}`
      const entry = entries.get(key) ?? { bucket: bucket(event.timestamp), text, count: 0 }
      entries.set(key, { ...entry, count: entry.count + 1 })
    }
  }
  const kept = [...entries.values()].sort((a, b) => b.bucket - a.bucket || byBytes(a.text, b.text)).slice(0, 200)
  const counts = new Map<string, number>()
  for (const { text, count } of kept) counts.set(text, (counts.get(text) ?? 0) + count)
  const texts = [...counts.keys()].sort(byBytes)
  if ('distinct' in aggregate) return texts.length
  if (texts.length === 0) return undefined
  if ('list' in aggregate) return texts.map(text => JSON.parse(text) as Json)
  const most = Math.max(...counts.values())
  return JSON.parse(texts.find(text => counts.get(text) === most)!) as Json
}

/** UTF-8 keeps the order of code points. */
function byBytes(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  const i = left.findIndex((char, i) => char !== right[i])
  if (i === -1) return left.length - right.length
  return right[i] === undefined ? 1 : left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!
}

export function isAction({ type }: Event): boolean {
  return type === 'track' || type === 'page' || type === 'screen'
}

/** The times of each session: actions with no gap of more than half an hour. */
export function sessionsOf(past: readonly Event[]): number[][] {
  const sessions: number[][] = []
  for (const { timestamp } of past.filter(isAction)) {
    const last = sessions.at(-1)
    if (last === undefined || timestamp - last.at(-1)! > GAP) sessions.push([timestamp])
    else last.push(timestamp)
  }
  return sessions
}
