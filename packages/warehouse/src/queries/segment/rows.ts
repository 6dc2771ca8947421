import type { Asked } from './asked.ts'

/**
 * Who a source was at the moment: its latest link by then, in two steps as in `people.ts`. Links under whose source nothing was
 * filed are left out.
 */
function people(asked: Asked): string {
  const latest = `(
    SELECT source, argMax(canonical, (at, position)) AS canonical
    FROM identity_links
    WHERE workspace = ${asked.text(asked.moment.workspace)} AND NOT silent AND at <= ${asked.instant(asked.at)}
    GROUP BY source
  )`
  return `(
    SELECT one.source AS source, if(two.canonical = '', one.canonical, two.canonical) AS canonical
    FROM ${latest} AS one LEFT ANY JOIN ${latest} AS two ON two.source = one.canonical
  )`
}

/** What was received by the moment, whatever its own time; what the stream noted itself is left out. */
function received(asked: Asked): string {
  const { workspace, at } = asked.moment
  return `workspace = ${asked.text(workspace)} AND received <= ${asked.instant(at)} AND type != 'segment'`
}

/** 32-bit FNV-1a of the messageId's UTF-16 units, as `messageHash` of core/event: the last word in the order of events (R10). */
export const hash = `arrayFold(
  (h, unit) -> bitAnd(bitXor(h, unit) * 16777619, 4294967295),
  CAST(if(length(message_id) = lengthUTF8(message_id),
    arrayMap(byte -> toUInt16(byte), reinterpret(message_id, 'Array(UInt8)')),
    reinterpret(convertCharset(message_id, 'UTF-8', 'UTF-16LE'), 'Array(UInt16)')
  ) AS Array(UInt64)),
  toUInt64(2166136261)
)`

/** Place of a row in the total order of events (R10). */
export const STAMP = '(e.at, e.known, e.index, e.hash)'

/** Which rows of events are asked for, and what of them. */
interface Rows {
  /** Which of them, said of the table's own columns. */
  readonly which: string
  /** Expressions over a row `e`, each with its name. */
  readonly columns?: readonly string[]
  /** Their place in the total order of events is asked for: see `STAMP`. */
  readonly ordered?: boolean
}

/**
 * Rows of events as aggregates see them, as `e`: its own columns, and `person`; `at` and `known` are when it happened and when it
 * was received, epoch milliseconds.
 */
export function rowsOf(asked: Asked, { which, columns = [], ordered = false }: Rows): string {
  const own = ['type', 'name', 'group_id', 'properties', 'context']
  const made = [
    'toUnixTimestamp64Milli(timestamp) AS at',
    ...(ordered ? ['toUnixTimestamp64Milli(received) AS known', 'index', `${hash} AS hash`] : []),
  ]
  return `(
    SELECT ${["if(links.canonical = '', e.profile, links.canonical) AS person", 'e.*', ...columns].join(', ')}
    FROM (
      SELECT ${['profile', ...made, ...own].join(', ')}
      FROM events
      WHERE ${received(asked)} AND (${which})
    ) AS e LEFT ANY JOIN ${people(asked)} AS links ON links.source = e.profile
  )`
}

/** Everybody of whom something was received. */
export function everybody(asked: Asked): string {
  return `
    SELECT DISTINCT if(links.canonical = '', e.profile, links.canonical) AS person
    FROM (SELECT DISTINCT profile FROM events WHERE ${received(asked)}) AS e
    LEFT ANY JOIN ${people(asked)} AS links ON links.source = e.profile`
}

/** JSON that may have a member of this name somewhere: read before it is parsed, which costs much more. */
export function mentions(column: string, name: string): string {
  // A client may have written letters as escapes.
  return `(position(${column}, '"${name}"') > 0 OR position(${column}, '\\\\u00') > 0)`
}
