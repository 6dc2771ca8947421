import type { Json, JsonObject } from '@espalier/core'
import { SET_ONCE } from '@espalier/core/event'
import type { Item } from '../importer.ts'
import { asGuessed, asText } from '../mapping/cells.ts'
import { RowProblem } from '../mapping/problem.ts'
import type { Cells } from '../source/rows.ts'
import { eventFormat, eventItem, hasAll, object, readTime, text } from './format.ts'

const NEEDED = ['event', 'distinct_id', 'timestamp']
/** What the name of a column begins with that holds one property. */
const PROPERTY = 'properties.'

/** PostHog's events: batch exports, the events table of the SQL editor, `posthog events export`; NDJSON or CSV. */
export const posthog = eventFormat(
  'posthog',
  'PostHog events export (NDJSON or CSV)',
  3,
  columns => hasAll(columns, ...NEEDED) && (columns.has('properties') || columns.has('uuid')),
  cells => itemOf(cells, object(cells.properties)),
)

/** The CSV that PostHog's interface exports: a column a property, as in `properties.$browser`. */
export const posthogTable = eventFormat(
  'posthog-table',
  'PostHog events with a column a property (CSV)',
  2,
  columns =>
    hasAll(columns, ...NEEDED) && !columns.has('properties') && [...columns].some(name => name.startsWith(PROPERTY)),
  cells => itemOf(cells, gathered(cells)),
)

function itemOf(cells: Cells, all: JsonObject): Item {
  const event = text(cells, 'event')
  const distinct = text(cells, 'distinct_id')
  if (event === undefined) throw new RowProblem('it has no event')
  if (distinct === undefined) throw new RowProblem('it has no distinct_id')
  const common = {
    messageId: text(cells, 'uuid', 'id'),
    ...people(distinct, all),
    context: { ...contextOf(all), ...compact({ traits: STATES.has(event) ? {} : own(object(all.$set)) }) },
  } as JsonObject
  return eventOf(event, readTime(cells.timestamp), common, own(all), all)
}

/** Events that are nothing but what they state. */
const STATES = new Set(['$identify', '$set', '$groupidentify', '$create_alias', '$merge_dangerously'])

/** The properties as they were sent: lists and objects have a column for each of their values, `properties.products.0.sku`. */
function gathered(cells: Cells): JsonObject {
  const root: Branch = new Map()
  for (const [column, cell] of Object.entries(cells)) {
    if (!column.startsWith(PROPERTY) || asText(cell) === undefined) continue
    const names = column.slice(PROPERTY.length).split('.')
    const last = names.pop()!
    let branch = root
    for (const name of names) {
      const inner = branch.get(name)
      const next: Branch = inner instanceof Map ? inner : new Map()
      branch.set(name, next)
      branch = next
    }
    branch.set(last, sentAs(cell!))
  }
  return jsonOf(root) as JsonObject
}

type Branch = Map<string, Json | Branch>

function jsonOf(branch: Branch): Json {
  const entries = [...branch].map(([name, value]) => [name, value instanceof Map ? jsonOf(value) : value] as const)
  const items = entries.map((_, i) => entries.find(([name]) => name === String(i)))
  const isList = items.length > 0 && items.every(item => item !== undefined)
  return isList ? items.map(([, value]) => value) : Object.fromEntries(entries)
}

/** It writes yes and no as Python does. */
function sentAs(cell: Json): Json {
  return cell === 'True' || cell === 'False' ? cell === 'True' : asGuessed(cell)
}

function eventOf(event: string, at: number, common: JsonObject, properties: JsonObject, all: JsonObject): Item {
  switch (event) {
    case '$pageview':
      return eventItem('page', at, {
        ...common,
        name: asText(all.title) ?? '',
        properties: { ...properties, ...pageOf(all) },
      })
    case '$screen':
      return eventItem('screen', at, { ...common, name: asText(all.$screen_name) ?? '', properties })
    case '$identify':
    case '$set':
      return eventItem('identify', at, { ...common, traits: traitsOf(object(all.$set), object(all.$set_once)) })
    case '$groupidentify':
      return eventItem('group', at, {
        ...common,
        groupId: asText(all.$group_key) ?? '',
        traits: object(all.$group_set),
      })
    case '$create_alias':
    case '$merge_dangerously':
      return eventItem('alias', at, {
        messageId: common.messageId ?? '',
        userId: asText(common.userId ?? common.anonymousId) ?? '',
        previousId: asText(all.alias) ?? '',
      })
    default:
      return eventItem('track', at, { ...common, event, properties })
  }
}

/** What is said once is told so: the server sets it where nothing is. */
function traitsOf(set: JsonObject, once: JsonObject): JsonObject {
  return Object.keys(once).length === 0 ? set : { ...set, [SET_ONCE]: once }
}

/**
 * A distinct id is a known person's, or the browser's own until somebody logs in: then it equals `$device_id`, and
 * `$is_identified` is false.
 */
function people(distinct: string, all: JsonObject): { userId?: string; anonymousId?: string } {
  const device = asText(all.$device_id)
  const before = asText(all.$anon_distinct_id) ?? device
  if (all.$user_id) return { userId: asText(all.$user_id)!, ...(before ? { anonymousId: before } : {}) }
  const anonymous = all.$is_identified === false || all.$process_person_profile === false || distinct === device
  if (anonymous) return { anonymousId: distinct }
  return { userId: distinct, ...(before && before !== distinct ? { anonymousId: before } : {}) }
}

/** What the business sent: PostHog's own properties begin with a dollar sign. */
function own(all: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => !name.startsWith('$') && value !== null))
}

function pageOf(all: JsonObject): JsonObject {
  return compact({ url: all.$current_url, path: all.$pathname, referrer: all.$referrer, title: all.title })
}

function contextOf(all: JsonObject): JsonObject {
  return compact({
    page: compact({ url: all.$current_url, path: all.$pathname, referrer: all.$referrer }),
    campaign: compact({
      source: all.utm_source,
      medium: all.utm_medium,
      name: all.utm_campaign,
      term: all.utm_term,
      content: all.utm_content,
    }),
    device: compact({ type: asText(all.$device_type)?.toLowerCase() }),
    os: compact({ name: all.$os, version: all.$os_version }),
    location: compact({ country: all.$geoip_country_name }),
    locale: all.$browser_language,
    timezone: all.$timezone,
    ip: all.$ip,
    userAgent: all.$raw_user_agent,
  })
}

function compact(fields: Record<string, JsonObject[string] | undefined>): JsonObject {
  const made: JsonObject = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null || value === '') continue
    if (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0) continue
    made[name] = value
  }
  return made
}
