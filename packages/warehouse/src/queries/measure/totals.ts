import type { Layers } from './columns.ts'
import { inScope, members, sourceHash } from './exposed.ts'

/** A row an event of an exposed person: `person`, `head` of their first exposure, `t` milliseconds since it, and the row's columns. */
export function factsSql(layers: Layers): string {
  const { row, needs, events, binder } = layers
  const names = [...events].map(name => binder.bind('String', name)).join(', ')
  const own = needs.sessions ? '' : ` AND e.name IN (${names})`
  const session = needs.sessions ? ", if(e.session_id = '', 0, cityHash64(e.session_id)) AS session" : ''
  const read = (more: string) => [...row.sql.map(column => `, ${column}`), more].join('')
  const rows = `
    SELECT ${sourceHash('e')} AS source, toUnixTimestamp64Milli(e.timestamp) AS at${read('')}${session}${needs.exposures ? ', 0 AS shown' : ''}
    FROM events AS e
    WHERE e.workspace = {workspace:String}${own} AND e.timestamp <= fromUnixTimestamp64Milli({now:Int64}, 'UTC')`
  const shown = `
    UNION ALL SELECT ${sourceHash('e')} AS source, toUnixTimestamp64Milli(e.timestamp) AS at${row.names.map(name => `, NULL AS ${name}`).join('')}${needs.sessions ? ', 0 AS session' : ''}, 1 AS shown
    FROM exposures AS e WHERE ${inScope} AND e.timestamp <= fromUnixTimestamp64Milli({now:Int64}, 'UTC')`
  const columns = [...row.names, ...(needs.sessions ? ['session'] : []), ...(needs.exposures ? ['shown'] : [])]
  return `(
    SELECT m.person AS person, m.head AS head, e.at - bitShiftRight(m.head, 16) AS t${columns.map(name => `, e.${name} AS ${name}`).join('')}
    FROM (${rows}${needs.exposures ? shown : ''}) AS e
    LEFT SEMI JOIN ${members} AS m ON m.source = e.source
  )`
}

/** A row an exposed person with events that count, their totals formed before anything is squared. */
export function totalsSql(layers: Layers, when: readonly string[]): string {
  const { person } = layers
  return `(
    SELECT person, head${person.sql.map(column => `, ${column}`).join('')}
    FROM ${factsSql(layers)} WHERE ${[...new Set(when)].join(' OR ')} GROUP BY person, head
  )`
}
