import type { Database } from '../client/database.ts'
import { isText } from '../sql/json.ts'
import { ALL_TIME, within } from '../sql/params.ts'
import type { Summary } from '../warehouse.ts'
import { joinLinks, personOf } from './people.ts'

export interface SummaryQuestion {
  readonly workspace: string
  /** Timestamps from (inclusive) and to (exclusive). */
  readonly from?: number
  readonly to?: number
}

const inRange = `workspace = {workspace:String} AND ${within('timestamp')}`

/** Totals to check an import or a day by. People are canonical ones. */
export async function summary(database: Database, question: SummaryQuestion): Promise<Summary> {
  const params = {
    workspace: question.workspace,
    from: question.from ?? ALL_TIME.from,
    to: question.to ?? ALL_TIME.to,
  }
  const [events, [totals], revenue, countries] = await Promise.all([
    database.rows<Summary['events'][number]>(eventsSql, params),
    database.rows<Summary['totals']>(totalsSql, params),
    database.rows<Summary['revenue'][number]>(revenueSql, params),
    database.rows<Summary['countries'][number]>(countriesSql, params),
  ])
  const none = { events: 0, people: 0, accounts: 0, decisions: 0, exposures: 0, first: null, last: null }
  return { events, totals: totals ?? none, revenue, countries }
}

const eventsSql = `
SELECT name, type, count() AS count FROM events WHERE ${inRange}
GROUP BY name, type ORDER BY count DESC, name, type LIMIT 10000`

const totalsSql = `
SELECT
  count() AS events,
  uniqExact(${personOf('e')}) AS people,
  uniqExactIf(group_id, group_id != '') AS accounts,
  (SELECT count() FROM decisions WHERE ${inRange}) AS decisions,
  (SELECT count() FROM exposures WHERE ${inRange}) AS exposures,
  if(count() = 0, NULL, toUnixTimestamp64Milli(min(timestamp))) AS first,
  if(count() = 0, NULL, toUnixTimestamp64Milli(max(timestamp))) AS last
FROM (SELECT profile, group_id, timestamp FROM events WHERE ${inRange}) AS e ${joinLinks('e')}`

// Kahan's sum, so that cents stay exact over millions of rows.
const revenueSql = `
SELECT name, currency, count() AS count, sumKahan(assumeNotNull(revenue)) AS sum FROM events
WHERE ${inRange} AND revenue IS NOT NULL
GROUP BY name, currency ORDER BY name, currency LIMIT 10000`

/** The first of these that is text names the country of an event. */
const countryPaths: readonly (readonly [column: string, ...path: string[]])[] = [
  ['properties', 'country'],
  ['context', 'location', 'country'],
  ['context', 'traits', 'country'],
  ['context', 'traits', 'address', 'country'],
  ['properties', 'address', 'country'],
]

const countryOf = `multiIf(${countryPaths
  .map(([column, ...path]) => [column, ...path.map(step => `'${step}'`)].join(', '))
  .map(at => `${isText(at)} AND JSONExtractString(${at}) != '', JSONExtractString(${at})`)
  .join(', ')}, '')`

// Looking for the word first spares parsing rows that cannot name a country.
const countriesSql = `
SELECT country, uniqExact(${personOf('e')}) AS people, countIf(name = 'Order Completed') AS orders
FROM (
  SELECT profile, name, ${countryOf} AS country FROM events
  WHERE ${inRange} AND (position(properties, '"country"') > 0 OR position(context, '"country"') > 0)
) AS e ${joinLinks('e')}
WHERE country != ''
GROUP BY country ORDER BY orders DESC, people DESC, country LIMIT 1000`
