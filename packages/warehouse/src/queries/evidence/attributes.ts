import { SET_ONCE } from '@espalier/core/event'
import { isBoolean, isNumber, isText, pathInto, textAt } from '../../sql/json.ts'
import type { Binder } from '../../sql/params.ts'
import { first, inScope, joinLinks, personOf, sourceHash } from '../measure/exposed.ts'

/** What people are told apart by, as it was at their first exposure: what they are later may be the effect. */
export type Attribute =
  /** Whether they were in a segment: `in` or `out`. */
  | { readonly kind: 'segment'; readonly key: string }
  /** What was last stated of them. */
  | { readonly kind: 'trait'; readonly key: string }
  /** A path into the context of the decision they were shown first. */
  | { readonly kind: 'context'; readonly key: string }

/** Of somebody of whom it is not known. */
const UNKNOWN = 'unknown'

/** A text, number or truth value as text; '' for what is not there, and for lists and objects, which are no one value. */
const valueText = (at: string) =>
  `multiIf(${isText(at)}, ${textAt(at)}, ${isNumber(at)} OR ${isBoolean(at)}, JSONExtractRaw(${at}), '')`

/** A row an exposed person: `person`, and `v0`, `v1`… the values of the attributes in their order. */
export function attributesSql(attributes: readonly Attribute[], binder: Binder): string {
  const stated = attributes.map((attribute, index) => ({ attribute, index }))
  const ofEvents = stated.filter(({ attribute }) => attribute.kind !== 'context')
  const ofDecisions = stated.filter(({ attribute }) => attribute.kind === 'context')
  const columns = attributes.map(({ kind }, index) => {
    if (kind === 'segment') return `if(said.v${index} = '', 'out', said.v${index}) AS v${index}`
    const table = kind === 'trait' ? 'said' : 'decided'
    return `if(${table}.v${index} = '', '${UNKNOWN}', substring(${table}.v${index}, 1, 100)) AS v${index}`
  })
  const joins = [
    ...(ofEvents.length > 0 ? [`LEFT ANY JOIN ${saidSql(ofEvents, binder)} AS said ON said.person = f.person`] : []),
    ...(ofDecisions.length > 0
      ? [`LEFT ANY JOIN ${decidedSql(ofDecisions, binder)} AS decided ON decided.person = f.person`]
      : []),
  ]
  return `(SELECT f.person AS person, ${columns.join(', ')} FROM ${first} AS f ${joins.join(' ')})`
}

type Indexed = { readonly attribute: Attribute; readonly index: number }

/** The last statement at or before the first exposure; where there is none, the first of those that are made for that. */
function saidSql(attributes: readonly Indexed[], binder: Binder): string {
  const rows = attributes.map(({ attribute: { kind, key }, index }) => {
    if (kind === 'segment') {
      const mine = `e.type = 'segment' AND JSONExtractString(e.properties, 'segment') = ${binder.bind('String', key)}`
      return `if(${mine}, if(e.name = 'Segment Entered', 'in', 'out'), '') AS x${index}`
    }
    const of = (path: string) => `if(e.type = 'identify', ${valueText(pathInto('e.properties', path, binder))}, '')`
    return `${of(key)} AS x${index}, ${of(`${SET_ONCE}.${key}`)} AS y${index}`
  })
  const stamp = '(e.at, e.received, e.place)'
  const last = attributes.map(({ attribute: { kind }, index }) => {
    const said = `argMaxIf(e.x${index}, ${stamp}, e.x${index} != '')`
    if (kind === 'segment') return `${said} AS v${index}`
    return `if(${said} != '', ${said}, argMinIf(e.y${index}, ${stamp}, e.y${index} != '')) AS v${index}`
  })
  const names = attributes.flatMap(({ attribute: { kind }, index }) => [
    `e.x${index} AS x${index}`,
    ...(kind === 'segment' ? [] : [`e.y${index} AS y${index}`]),
  ])
  return `(
    SELECT e.person AS person, ${last.join(', ')}
    FROM (
      SELECT ${personOf('e')} AS person, e.at AS at, e.received AS received, e.place AS place, ${names.join(', ')}
      FROM (
        SELECT ${sourceHash('e')} AS source, toUnixTimestamp64Milli(e.timestamp) AS at, toUnixTimestamp64Milli(e.received) AS received,
          e.index * 2 + (e.name = 'Segment Left') AS place, ${rows.join(', ')}
        FROM events AS e WHERE e.workspace = {workspace:String} AND e.type IN ('identify', 'segment')
      ) AS e ${joinLinks('e')}
    ) AS e INNER JOIN ${first} AS f ON f.person = e.person
    WHERE e.at <= bitShiftRight(f.head, 16)
    GROUP BY person
  )`
}

/** The context of the decision that was seen first. */
function decidedSql(attributes: readonly Indexed[], binder: Binder): string {
  const values = attributes.map(
    ({ attribute, index }) => `${valueText(pathInto('d.context', attribute.key, binder))} AS v${index}`,
  )
  return `(
    SELECT seen.person AS person, ${values.join(', ')}
    FROM (
      SELECT request_id, context FROM decisions
      WHERE workspace = {workspace:String} AND has(answers.experience, {experience:String})
    ) AS d
    INNER JOIN (
      SELECT ${personOf('e')} AS person, argMin(e.request, (e.at, e.request)) AS request
      FROM (
        SELECT ${sourceHash('e')} AS source, toUnixTimestamp64Milli(e.timestamp) AS at, e.request_id AS request
        FROM exposures AS e WHERE ${inScope}
      ) AS e ${joinLinks('e')} GROUP BY person
    ) AS seen ON seen.request = d.request_id
  )`
}
