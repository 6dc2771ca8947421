import { hotAmounts } from '../../schema/hot.ts'
import type { Asked } from './asked.ts'

/** How people are told apart. */
interface Telling {
  /** The source profile of a row of events. */
  readonly source: string
  /** That of a link's end. */
  readonly end: (id: string) => string
  /** Nobody. */
  readonly none: string
}

/** By their ids, or by 64-bit hashes of them, which is twice as fast: see 0022. */
function telling({ who }: Asked): Telling {
  if (who === 'ids') return { source: 'profile', end: id => id, none: "''" }
  return { source: 'profile_hash', end: id => `cityHash64(${id})`, none: '0' }
}

/**
 * Who a source was at the moment: its latest link by then, in two steps as in `people.ts`. Links under whose source nothing was
 * filed are left out.
 */
function people(asked: Asked): string {
  const { end, none } = telling(asked)
  const latest = `(
    SELECT ${end('i.source')} AS source, argMax(${end('i.canonical')}, (i.at, i.position)) AS canonical
    FROM identity_links AS i
    WHERE i.workspace = ${asked.text(asked.moment.workspace)} AND NOT i.silent AND i.at <= ${asked.instant(asked.at)}
    GROUP BY source
  )`
  return `(
    SELECT one.source AS source, if(two.canonical = ${none}, one.canonical, two.canonical) AS canonical
    FROM ${latest} AS one LEFT ANY JOIN ${latest} AS two ON two.source = one.canonical
  )`
}

/** What was received by the moment, whatever its own time; what the stream noted itself is left out. */
function received(asked: Asked): string {
  const { workspace, at, latest = false } = asked.moment
  const inTime = latest ? '' : ` AND received <= ${asked.instant(at)}`
  return `workspace = ${asked.text(workspace)}${inTime} AND type != 'segment'`
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

/** Columns beside the rows, which only stand for what is in them: those that nothing asks for are not read. */
const KEPT = [...hotAmounts.values()].flatMap(({ amount, isText }) => [amount.name, isText.name])

/**
 * Rows of events as aggregates see them, as `e`: its own columns, and `person`; `at` and `known` are when it happened and when it
 * was received, epoch milliseconds.
 */
export function rowsOf(asked: Asked, { which, columns = [], ordered = false }: Rows): string {
  const { source, none } = telling(asked)
  const own = ['type', 'name', 'group_id', 'properties', 'context', ...KEPT]
  const made = [
    'toUnixTimestamp64Milli(timestamp) AS at',
    ...(ordered ? ['toUnixTimestamp64Milli(received) AS known', 'index', `${hash} AS hash`] : []),
  ]
  return `(
    SELECT ${[`if(links.canonical = ${none}, e.source, links.canonical) AS person`, 'e.*', ...columns].join(', ')}
    FROM (
      SELECT ${[`${source} AS source`, ...made, ...own].join(', ')}
      FROM events
      WHERE ${received(asked)} AND (${which})
    ) AS e LEFT ANY JOIN ${people(asked)} AS links ON links.source = e.source
  )`
}

/** Everybody of whom something was received. */
export function everybody(asked: Asked): string {
  const { source, none } = telling(asked)
  return `
    SELECT if(links.canonical = ${none}, e.source, links.canonical) AS person
    FROM (SELECT ${source} AS source FROM events WHERE ${received(asked)} GROUP BY source) AS e
    LEFT ANY JOIN ${people(asked)} AS links ON links.source = e.source
    GROUP BY person`
}

/** JSON that may have a member of this name somewhere: read before it is parsed, which costs much more. */
export function mentions(column: string, name: string): string {
  // A client may have written letters as escapes.
  return `(position(${column}, '"${name}"') > 0 OR position(${column}, '\\\\u00') > 0)`
}
