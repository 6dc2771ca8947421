import { first, inScope, joinLinks, personOf, sourceHash } from './exposed.ts'
import type { Layers } from './layers.ts'

const inTime =
  "e.timestamp >= fromUnixTimestamp64Milli({earliest:Int64}, 'UTC') AND e.timestamp <= fromUnixTimestamp64Milli({latest:Int64}, 'UTC')"

/** A row an event: `person`, `at` in epoch milliseconds, and the row's columns. */
export function rowsSql(layers: Layers): string {
  const { amounts, row, needs, events, binder } = layers
  const select = (table: string, columns: readonly string[]) =>
    `SELECT ${[`${sourceHash('e')} AS source`, 'toUnixTimestamp64Milli(e.timestamp) AS at', ...columns].join(', ')} FROM ${table} AS e`
  const own = needs.sessions
    ? ''
    : ` AND e.name IN (${[...events].map(name => binder.bind('String', name)).join(', ')})`
  const rows = `${select('events', [
    ...amounts.sql,
    ...row.sql,
    ...(needs.sessions ? ["if(e.session_id = '', 0, cityHash64(e.session_id)) AS session"] : []),
    ...(needs.exposures ? ['0 AS shown'] : []),
  ])} WHERE e.workspace = {workspace:String}${own} AND ${inTime}`
  const shown = `${select('exposures', [
    ...[...amounts.names, ...row.names].map(name => `NULL AS ${name}`),
    ...(needs.sessions ? ['0 AS session'] : []),
    '1 AS shown',
  ])} WHERE ${inScope} AND ${inTime}`
  const all = needs.exposures ? `${rows} UNION ALL ${shown}` : rows
  const read = ['at', ...columnsOf(layers)].filter(name => !layers.made.names.includes(name))
  return `(SELECT ${[`${personOf('e')} AS person`, ...read.map(name => `e.${name} AS ${name}`), ...layers.made.sql].join(', ')} FROM (${all}) AS e ${joinLinks('e')})`
}

const columnsOf = ({ row, made, needs }: Layers) => [
  ...row.names,
  ...made.names,
  ...(needs.sessions ? ['session'] : []),
  ...(needs.exposures ? ['shown'] : []),
]

const columns = (layers: Layers) => [
  'f.person AS person',
  'f.head AS head',
  'e.at - bitShiftRight(f.head, 16) AS t',
  ...columnsOf(layers).map(name => `e.${name} AS ${name}`),
]

/** A row an event of an exposed person: `person`, `head` of their first exposure, `t` milliseconds since it, and the row's columns. */
export function factsSql(layers: Layers): string {
  return `(SELECT ${columns(layers).join(', ')} FROM ${rowsSql(layers)} AS e INNER JOIN ${first} AS f ON f.person = e.person)`
}

/**
 * A row an exposed person, also those without any event: what `first` says of them, and their totals, formed before anything is squared.
 */
export function totalsSql(layers: Layers): string {
  // Of a person without events the columns of the one row are all 0, and count for nothing.
  const facts = `(
    SELECT ${[...columns(layers), 'f.exposures AS exposures', 'f.mixed AS mixed'].join(', ')}
    FROM ${rowsSql(layers)} AS e RIGHT JOIN ${first} AS f ON f.person = e.person
  )`
  const own = ['head', 'exposures', 'mixed'].map(name => `any(facts.${name}) AS ${name}`)
  const { flags, person } = layers
  const totals = `SELECT ${['person', ...own, ...flags.words, ...person.sql].join(', ')} FROM ${facts} AS facts GROUP BY person`
  return `(SELECT ${['person', 'head', 'exposures', 'mixed', ...person.names, ...flags.sql].join(', ')} FROM (${totals}))`
}
