import type { Event } from '../event/event.ts'
import type { Json, JsonObject } from '../json.ts'

/**
 * Rows as the stream writes them for the warehouse, one JSON object a line. They are made once, at commit, and never
 * change afterwards. Times are epoch milliseconds (the warehouse reads them as DateTime64(3)).
 */
export type Table = 'events' | 'decisions' | 'exposures' | 'identity_links'

/** A line ready to ship: `partition` is the UTC month of its timestamp, `yyyymm`, since a batch holds one partition. */
export interface Row {
  readonly table: Table
  readonly partition: number
  /** One JSON object without line break. */
  readonly line: string
  /** Writes the line: for whom it costs less not to put it together first. */
  writeTo?(out: LineWriter): void
  /** The event that can be read back from the line: a store that journals the line need not journal the event. */
  readonly event?: Event
}

/** Where a line is written to, piece by piece. */
export interface LineWriter {
  /** A piece of JSON. */
  raw(json: string): void
  /** Any text, as a JSON string. */
  quoted(text: string): void
  number(value: number): void
}

/** The line of a row that is written piece by piece. */
export function lineOf(row: Required<Pick<Row, 'writeTo'>>): string {
  const out = new Text()
  row.writeTo(out)
  return out.text
}

class Text implements LineWriter {
  text = ''

  raw(json: string): void {
    this.text += json
  }

  quoted(text: string): void {
    this.text += JSON.stringify(text)
  }

  number(value: number): void {
    this.text += value
  }
}

export interface EventRow {
  workspace: string
  /** The source profile: that of the identifier the event came with, for ever. */
  profile: string
  timestamp: number
  received: number
  index: number
  message_id: string
  type: string
  name: string
  user_id: string
  anonymous_id: string
  group_id: string
  session_id: string
  /** Money of the event where it has any, by `moneyOf`: refunds negative, otherwise null. */
  revenue: number | null
  currency: string
  properties: JsonObject
  context: JsonObject
  /** Version of the definitions whose signals it was applied to: what the log gives a new signal ends before its version. */
  definitions: number
}

/** One row a decide request, its answers nested as parallel arrays (R7). */
export interface DecisionRow {
  workspace: string
  profile: string
  timestamp: number
  request_id: string
  bucket_key: string
  /** The definitions' version the request saw. */
  definitions: number
  context: JsonObject
  /** Traits and signals the audiences read, by name. */
  inputs: JsonObject
  'answers.touchpoint': string[]
  'answers.experience': string[]
  'answers.version': number[]
  'answers.variant': string[]
  'answers.reason': string[]
  'answers.propensity': number[]
  'answers.control': boolean[]
  'answers.holdout': boolean[]
  'answers.model': string[]
}

/** The person really saw it, the default content of a control included. */
export interface ExposureRow {
  workspace: string
  profile: string
  timestamp: number
  message_id: string
  request_id: string
  touchpoint: string
  experience: string
  version: number
  /** Variant key; for control and holdout the one they would have got is not drawn: ''. */
  variant: string
  control: boolean
  holdout: boolean
  propensity: number
}

/** A change of who a source profile is: the latest row by `at` wins. `canonical = source` gives it back. */
export interface IdentityLinkRow {
  workspace: string
  source: string
  canonical: string
  at: number
  /** What caused it: the rule and the event's messageId. */
  cause: string
  /** The identifier whose source it is. */
  identifier: string
  /** The identifier it was seen with, which led to the person; '' where it was none. */
  evidence: string
  /** Of a merge: why the canonical profile survived; else ''. */
  won: string
  /** What the person is bucketed by from now on. */
  bucket_key: string
  /** Nothing is filed under the source yet: reports need not join it. */
  silent: boolean
}

export type AnyRow = EventRow | DecisionRow | ExposureRow | IdentityLinkRow

/** A text, which may hold anything, or a whole number that 64 bits may not hold. */
const LONG_NUMBER = /"(?:[^"\\]|\\.)*"|(-?[0-9]{19,})(?=[,\]}]|$)/g

/**
 * JSON of which the warehouse reads every part. It finds nothing at all in an object with a whole number beyond 64 bits, which
 * JavaScript writes out up to 21 digits; with an exponent it takes it for the double that it is.
 */
export function jsonLine(value: Json): string {
  const json = JSON.stringify(value)
  return hasLongNumber(json)
    ? json.replace(LONG_NUMBER, (part, number?: string) => (number === undefined ? part : `${number}e0`))
    : json
}

/** Digits of a whole number that 64 bits may not hold. */
const LONG = 19

/** Whether there are so many digits in a row. Until one is met only each nineteenth character is looked at; a pattern looks at all. */
export function hasLongNumber(text: string): boolean {
  for (let at = LONG - 1; at < text.length; ) {
    let digits = 0
    while (digits < LONG && isDigit(text.charCodeAt(at - digits))) digits++
    if (digits === LONG) return true
    at += LONG - digits
  }
  return false
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

const DAY_MS = 86_400_000
const DAYS_OF_400_YEARS = 146_097

/** UTC month of a time as `yyyymm`: the warehouse's partition key. (`Date` needs ten times as long.) */
export function partitionOf(timestamp: number): number {
  // Years that begin in March have their leap day at the end: the month follows from the day of the year.
  const days = Math.floor(timestamp / DAY_MS) + 719_468
  const era = Math.floor(days / DAYS_OF_400_YEARS)
  const day = days - era * DAYS_OF_400_YEARS
  const year = Math.floor((day - Math.floor(day / 1460) + Math.floor(day / 36_524) - Math.floor(day / 146_096)) / 365)
  const dayOfYear = day - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const month = Math.floor((5 * dayOfYear + 2) / 153)
  const january = month >= 10
  return (era * 400 + year + (january ? 1 : 0)) * 100 + (january ? month - 9 : month + 3)
}

/** A row of the warehouse as its outbox keeps it: one line of JSON, in the month of its timestamp (epoch milliseconds). */
export function toRow(table: Table, timestamp: number, row: AnyRow): Row {
  return { table, partition: partitionOf(timestamp), line: jsonLine(row as unknown as Json) }
}
