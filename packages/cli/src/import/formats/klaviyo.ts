import type { JsonObject } from '@espalier/core'
import { asGuessed, asText } from '../mapping/cells.ts'
import { RowProblem } from '../mapping/problem.ts'
import { array, eventFormat, eventItem, most, object, readTime, text } from './format.ts'

/** Klaviyo's metrics and the names that Segment's events have for them; others keep their name. */
const NAMES: Record<string, string> = {
  'Viewed Product': 'Product Viewed',
  'Added to Cart': 'Product Added',
  'Started Checkout': 'Checkout Started',
  'Checkout Started': 'Checkout Started',
  'Placed Order': 'Order Completed',
  'Cancelled Order': 'Order Cancelled',
  'Refunded Order': 'Order Refunded',
  'Received Email': 'Email Delivered',
  'Opened Email': 'Email Opened',
  'Clicked Email': 'Email Link Clicked',
  'Bounced Email': 'Email Bounced',
  'Marked Email as Spam': 'Email Marked as Spam',
  Unsubscribed: 'Unsubscribed',
}

const NAME_COLUMNS = [
  'event_name',
  'metric_name',
  'metric.name',
  'Metric',
  'Metric Name',
  'Event',
  'attributes.metric_name',
]
const PROPERTY_COLUMNS = ['event_properties', 'properties', 'Event Properties', 'attributes.event_properties']
const TIME_COLUMNS = [
  'datetime',
  'attributes.datetime',
  'timestamp',
  'attributes.timestamp',
  'Timestamp',
  'Date',
  'Event Date',
]
const PERSON_COLUMNS = ['person.email', 'person.$email', 'profile.email', 'email', 'Email', 'profile_email']
const ID_COLUMNS = ['profile_id', 'person_id', 'Klaviyo ID', 'relationships.profile.data.id', 'profile.id', 'person.id']
const KNOWN = [
  ...NAME_COLUMNS,
  ...PROPERTY_COLUMNS,
  ...TIME_COLUMNS,
  ...PERSON_COLUMNS,
  ...ID_COLUMNS,
  'id',
  'uuid',
  'type',
  'person',
  'profile',
]

/** Klaviyo's events, from its API or an extract of it (NDJSON or CSV): a metric's name, a time, a profile, properties. */
export const klaviyoEvents = eventFormat(
  'klaviyo-events',
  'Klaviyo events (NDJSON or CSV)',
  1,
  (columns, sample) => {
    const has = (names: string[]) => most(sample, cells => text(cells, ...names) !== undefined)
    const flat =
      columns.has('event_properties') ||
      columns.has('Event Properties') ||
      columns.has('Metric') ||
      columns.has('metric_name')
    return (
      (flat || columns.has('attributes')) &&
      has(NAME_COLUMNS) &&
      has(TIME_COLUMNS) &&
      has([...PERSON_COLUMNS, ...ID_COLUMNS])
    )
  },
  cells => {
    const metric = text(cells, ...NAME_COLUMNS)
    if (metric === undefined) throw new RowProblem('it has no metric')
    const email = text(cells, ...PERSON_COLUMNS)?.toLowerCase()
    const id = text(cells, ...ID_COLUMNS)
    if (email === undefined && id === undefined) throw new RowProblem('it has neither an e-mail nor a profile id')
    const nested = object(cells.attributes)
    const given = PROPERTY_COLUMNS.map(column => object(cells[column] ?? nested.event_properties)).find(
      found => Object.keys(found).length > 0,
    )
    const properties: JsonObject = { ...given }
    for (const [column, cell] of Object.entries(cells)) {
      if (!KNOWN.includes(column) && typeof cell !== 'object' && cell !== '') properties[column] = asGuessed(cell)
    }
    return eventItem('track', readTime(text(cells, ...TIME_COLUMNS)), {
      messageId: text(cells, 'uuid', 'attributes.uuid', 'id') ?? '',
      userId: email ?? `klaviyo:${id}`,
      event: NAMES[metric] ?? metric,
      properties: { ...properties, ...orderOf(properties) },
      context: email ? { traits: { email } } : {},
    })
  },
)

/** `$value`, `OrderId`, `Items` as Segment's order fields. */
function orderOf(properties: JsonObject): JsonObject {
  const made: JsonObject = {}
  const value = Number(asText(properties.$value) ?? Number.NaN)
  if (Number.isFinite(value)) made.total = value
  const order = asText(properties.OrderId ?? properties.$event_id)
  if (order !== undefined) made.order_id = order
  const currency = asText(properties.$currency_code ?? properties.$currency)
  if (currency !== undefined) made.currency = currency
  const items = array(properties.Items).filter(item => typeof item === 'object')
  if (items.length > 0) made.products = items.map(item => productOf(object(item)))
  return made
}

function productOf(item: JsonObject): JsonObject {
  const made: JsonObject = {}
  for (const [to, from] of [
    ['product_id', 'ProductID'],
    ['sku', 'SKU'],
    ['name', 'ProductName'],
    ['price', 'ItemPrice'],
    ['quantity', 'Quantity'],
  ] as const) {
    if (item[from] !== undefined && item[from] !== null) made[to] = item[from]
  }
  return made
}
