import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '@espalier/core'
import type { Item, ItemType } from '../importer.ts'
import { asGuessed, cellOf } from '../mapping/cells.ts'
import { RowProblem } from '../mapping/problem.ts'
import { timeReader } from '../mapping/time.ts'
import type { Cells } from '../source/rows.ts'
import { array, eventFormat, eventItem, hasAll, object, text } from './format.ts'

/** Google's recommended events and the names that Segment's e-commerce events have for them; others keep their name. */
const NAMES: Record<string, string> = {
  search: 'Products Searched',
  view_search_results: 'Products Searched',
  view_item_list: 'Product List Viewed',
  select_item: 'Product Clicked',
  view_item: 'Product Viewed',
  add_to_cart: 'Product Added',
  remove_from_cart: 'Product Removed',
  view_cart: 'Cart Viewed',
  add_to_wishlist: 'Product Added to Wishlist',
  begin_checkout: 'Checkout Started',
  add_shipping_info: 'Checkout Step Completed',
  add_payment_info: 'Payment Info Entered',
  purchase: 'Order Completed',
  refund: 'Order Refunded',
  view_promotion: 'Promotion Viewed',
  select_promotion: 'Promotion Clicked',
}

const readMicroseconds = timeReader('epoch-us', 'UTC')

/** The GA4 export to BigQuery, extracted as NDJSON (or as CSV, with its nested columns as JSON or left out). */
export const ga4 = eventFormat(
  'ga4',
  'Google Analytics 4 export from BigQuery (NDJSON or CSV)',
  4,
  columns => hasAll(columns, 'event_name', 'event_timestamp', 'user_pseudo_id'),
  cells => {
    const name = text(cells, 'event_name')
    if (name === undefined) throw new RowProblem('it has no event_name')
    const params = parameters(cells.event_params)
    const at = readMicroseconds(cells.event_timestamp)
    const who = {
      messageId: idOf(name, cells),
      userId: text(cells, 'user_id'),
      anonymousId: text(cells, 'user_pseudo_id'),
      context: contextOf(name, cells, params),
    }
    const [type, body] = eventOf(name, cells, params)
    return eventItem(type, at, { ...(who as JsonObject), ...body }) satisfies Item
  },
)

/**
 * The export names no event. What it has since July 2024 tells one from all others, and is the same in every export: whose it is, when,
 * which batch it was sent in and its place there. Without that two events of one name and instant cannot be told apart: undefined.
 */
function idOf(name: string, cells: Cells): string | undefined {
  const index = text(cells, 'batch_event_index')
  const page = text(cells, 'batch_page_id')
  const request = text(cells, 'batch_ordering_id')
  const batch = page === undefined && request === undefined ? text(cells, 'event_bundle_sequence_id') : ''
  if (index === undefined || batch === undefined) return undefined
  const whose = [text(cells, 'stream_id'), text(cells, 'user_pseudo_id'), text(cells, 'event_timestamp'), name]
  const all = [...whose, page, request, batch, index].map(part => part ?? '')
  return `ga4:${createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 32)}`
}

function eventOf(name: string, cells: Cells, params: JsonObject): [ItemType, JsonObject] {
  if (name === 'page_view') {
    const url = params.page_location
    const properties = {
      ...params,
      ...(typeof url === 'string' ? { url, path: pathOf(url) } : {}),
      title: params.page_title ?? '',
      referrer: params.page_referrer ?? '',
    }
    return ['page', { name: typeof params.page_title === 'string' ? params.page_title : '', properties }]
  }
  if (name === 'screen_view')
    return ['screen', { name: params.firebase_screen ?? params.screen_name ?? '', properties: params }]
  return ['track', { event: NAMES[name] ?? name, properties: { ...params, ...commerceOf(cells, params) } }]
}

/** `ecommerce` and `items` as Segment's order fields. Google's value of a purchase is what `purchase_revenue` says. */
function commerceOf(cells: Cells, params: JsonObject): JsonObject {
  const commerce = object(cells.ecommerce)
  const products = array(cells.items).map(item => productOf(object(item)))
  // Of one product the event is that product's as well; what the order says of itself, such as its coupon, goes before.
  const made: JsonObject = products.length === 1 ? { ...products[0] } : {}
  const set = (field: string, value: Json | undefined) => {
    if (value !== undefined && value !== null && value !== '' && value !== '(not set)') made[field] = value
  }
  set('order_id', commerce.transaction_id ?? params.transaction_id ?? textCell(cells, 'ecommerce.transaction_id'))
  set(
    'total',
    number(
      commerce.purchase_revenue ??
        commerce.refund_value ??
        textCell(cells, 'ecommerce.purchase_revenue') ??
        params.value,
    ),
  )
  set('shipping', number(commerce.shipping_value ?? params.shipping))
  set('tax', number(commerce.tax_value ?? params.tax))
  set('coupon', params.coupon)
  set('query', params.search_term)
  if (products.length > 0) made.products = products
  return made
}

function productOf(item: JsonObject): JsonObject {
  const made: JsonObject = {}
  for (const [to, from] of [
    ['product_id', 'item_id'],
    ['name', 'item_name'],
    ['brand', 'item_brand'],
    ['category', 'item_category'],
    ['variant', 'item_variant'],
    ['price', 'price'],
    ['quantity', 'quantity'],
    ['coupon', 'coupon'],
  ] as const) {
    const value = item[from]
    if (value === undefined || value === null || value === '' || value === '(not set)') continue
    made[to] = to === 'price' || to === 'quantity' ? (number(value) ?? value) : value
  }
  return made
}

function contextOf(name: string, cells: Cells, params: JsonObject): JsonObject {
  const context: JsonObject = {}
  const device = object(cells.device)
  const geo = object(cells.geo)
  const type = device.category ?? textCell(cells, 'device.category')
  if (type) context.device = { type, ...(device.mobile_model_name ? { model: device.mobile_model_name } : {}) }
  if (device.operating_system) context.os = { name: device.operating_system }
  if (device.language) context.locale = device.language
  const country = geo.country ?? textCell(cells, 'geo.country')
  if (country) context.location = { country }
  const page = told({ url: params.page_location, title: params.page_title, referrer: params.page_referrer })
  if (typeof page.url === 'string') context.page = { ...page, path: pathOf(page.url) }
  const campaign = campaignOf(name, cells, params)
  if (Object.keys(campaign).length > 0) context.campaign = campaign
  return context
}

/** Events at which somebody is seen for the first time, of whom `traffic_source` then tells. */
const FIRSTS = ['first_visit', 'first_open']

/**
 * Where this event's visit came from: what was collected with it. `traffic_source` stands in every row, but says where the person came
 * from at first, years ago maybe; it would make each visit one of that campaign.
 */
function campaignOf(name: string, cells: Cells, params: JsonObject): JsonObject {
  const own = told({
    source: params.source,
    medium: params.medium,
    name: params.campaign,
    term: params.term,
    content: params.content,
  })
  if (Object.keys(own).length > 0) return own
  const collected = object(cells.collected_traffic_source)
  const manual = told({
    source: collected.manual_source,
    medium: collected.manual_medium,
    name: collected.manual_campaign_name,
    term: collected.manual_term,
    content: collected.manual_content,
  })
  if (Object.keys(manual).length > 0) return manual
  if (told({ gclid: collected.gclid }).gclid !== undefined) return { source: 'google', medium: 'cpc' }
  if (!FIRSTS.includes(name)) return {}
  const { source, medium, name: campaign } = object(cells.traffic_source)
  return told({ source, medium, name: campaign })
}

/** What Google writes where it has nothing to tell. */
const UNTOLD: readonly (Json | undefined)[] = [undefined, null, '', '(not set)', '(direct)', '(none)']

function told(fields: Record<string, Json | undefined>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, Json] => !UNTOLD.includes(entry[1])),
  )
}

/** `[{key, value: {string_value | int_value | float_value | double_value}}]` as an object; integers come as text in JSON. */
function parameters(cell: Json | undefined): JsonObject {
  const made: JsonObject = {}
  for (const entry of array(cell)) {
    const { key, value } = object(entry)
    if (typeof key !== 'string') continue
    const typed = object(value)
    const plain = typed.int_value ?? typed.double_value ?? typed.float_value
    const known = plain !== undefined && plain !== null ? number(plain) : typed.string_value
    if (known !== undefined && known !== null) made[key] = known
  }
  return made
}

function textCell(cells: Cells, column: string): Json | undefined {
  const value = cellOf(cells, column)
  return value === undefined ? undefined : asGuessed(value)
}

function number(value: Json | undefined): number | undefined {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : undefined
}

function pathOf(url: string): string {
  try {
    return new URL(url).pathname
  } catch {
    return url
  }
}
