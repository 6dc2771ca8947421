import type { JsonObject } from '@espalier/core'
import type { Item, ItemType } from '../importer.ts'
import { asGuessed } from '../mapping/cells.ts'
import { RowProblem } from '../mapping/problem.ts'
import type { Cells } from '../source/rows.ts'
import { eventFormat, eventItem, hasAll, most, object, readTime, text } from './format.ts'

const TYPES: readonly string[] = ['track', 'identify', 'page', 'screen', 'group', 'alias']
/** Seen in Segment's raw files, and no part of an event's meaning. */
const TRANSPORT = [
  'receivedAt',
  'sentAt',
  'originalTimestamp',
  'version',
  'writeKey',
  'projectId',
  'integrations',
  'channel',
]

/** Segment's raw events, one JSON object a line (S3 destination, debugger, replays), and what else speaks its format. */
export const segment = eventFormat(
  'segment',
  'Segment raw events (NDJSON)',
  1,
  (columns, sample) =>
    columns.has('type') &&
    (columns.has('messageId') || columns.has('anonymousId') || columns.has('userId')) &&
    most(sample, cells => TYPES.includes(String(cells.type))),
  cells => {
    const type = TYPES.find(name => name === cells.type) as ItemType | undefined
    if (!type) throw new RowProblem(`its type is "${String(cells.type)}", not one of ${TYPES.join(', ')}`)
    const { type: _, timestamp, ...rest } = cells
    const body: JsonObject = {}
    for (const [name, value] of Object.entries(rest))
      if (!TRANSPORT.includes(name) && value !== null) body[name] = value
    return eventItem(type, readTime(timestamp ?? cells.originalTimestamp ?? cells.receivedAt), body)
  },
)

/** Columns of Segment's (and RudderStack's) warehouse tables that are fields of the event; others are its properties. */
const WAREHOUSE = [
  'id',
  'anonymous_id',
  'user_id',
  'event',
  'event_text',
  'timestamp',
  'original_timestamp',
  'received_at',
  'sent_at',
  'loaded_at',
  'uuid',
  'uuid_ts',
  'channel',
]

/** An extract of a Segment warehouse table: tracks or one event's (with `event_text`), pages, identifies, groups, aliases. */
export const segmentWarehouse = eventFormat(
  'segment-warehouse',
  'Segment warehouse table (CSV or NDJSON)',
  2,
  columns =>
    hasAll(columns, 'id', 'received_at', 'original_timestamp') &&
    (columns.has('anonymous_id') || columns.has('user_id')),
  cells => {
    const context: JsonObject = {}
    const values: JsonObject = {}
    for (const [column, cell] of Object.entries(cells)) {
      if (cell === '' || cell === null || WAREHOUSE.includes(column)) continue
      if (column.startsWith('context_')) nest(context, column.slice('context_'.length), asGuessed(cell))
      else values[column] = asGuessed(cell)
    }
    const who = {
      messageId: text(cells, 'id'),
      userId: text(cells, 'user_id'),
      anonymousId: text(cells, 'anonymous_id'),
      context,
    }
    const at = readTime(cells.timestamp || cells.original_timestamp || cells.received_at)
    return warehouseItem(cells, at, who as JsonObject, values)
  },
)

/** A table of tracks has `event`; aliases and groups have their ids; pages have `path` or `url`; what is none of these is identifies. */
function warehouseItem(cells: Cells, at: number, who: JsonObject, values: JsonObject): Item {
  const event = text(cells, 'event_text', 'event')
  if (event !== undefined) return eventItem('track', at, { ...who, event, properties: values })
  if ('previous_id' in cells) {
    return eventItem('alias', at, { ...who, previousId: text(cells, 'previous_id') ?? '' })
  }
  if ('group_id' in cells) {
    const { group_id: _, ...traits } = values
    return eventItem('group', at, { ...who, groupId: text(cells, 'group_id') ?? '', traits })
  }
  if ('path' in cells || 'url' in cells) {
    const { name, category, ...properties } = values
    return eventItem('page', at, { ...who, name: name ?? '', category: category ?? '', properties })
  }
  return eventItem('identify', at, { ...who, traits: values })
}

/** Segment flattens one level with an underscore: `context_page_url` was `context.page.url`. */
function nest(context: JsonObject, column: string, value: JsonObject[string]): void {
  const match = /^(app|campaign|device|library|network|os|page|screen|traits)_(.+)$/.exec(column)
  if (!match) context[column === 'user_agent' ? 'userAgent' : column] = value
  else context[match[1]!] = { ...object(context[match[1]!]), [match[2]!]: value }
}
