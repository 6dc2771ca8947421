import type { JsonObject } from '@espalier/core'
import { describe, expect, it } from 'vitest'
import { explain, UsageError } from '../../errors.ts'
import { temporaryFile } from '../../testing/shell.ts'
import { Builder } from '../build.ts'
import type { Importer } from '../importer.ts'
import { Rejects } from '../rejects.ts'
import { openTable } from '../source/rows.ts'
import type { Kind } from './plain.ts'
import { recognise } from './recognise.ts'

const NOW = Date.UTC(2025, 0, 1)

/** What a file becomes without a mapping: who recognised it, and its items in order of time. */
async function imported(
  text: string,
  kind?: Kind,
): Promise<{ importer: Importer; items: JsonObject[]; reasons: string[] }> {
  const path = temporaryFile('export', text)
  const table = await openTable(path)
  const importer = recognise(table, kind, path, NOW)
  const rejects = new Rejects()
  const builder = new Builder(importer, rejects)
  await builder.read(table, () => undefined, new AbortController().signal)
  const items: JsonObject[] = []
  for await (const { json } of builder.items()) items.push(JSON.parse(json) as JsonObject)
  builder.close()
  return { importer, items, reasons: rejects.sample().map(({ reason }) => reason) }
}

const ndjson = (...records: unknown[]) => records.map(record => JSON.stringify(record)).join('\n')

describe('Shopify orders', () => {
  const header =
    'Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing City,Billing Country,Shipping Name,Shipping City,Shipping Country,Cancelled at,Refunded Amount,Id,Phone'
  const rows = [
    '#1001,Ada@Example.com,partially_refunded,2024-02-20 08:20:00 -0500,fulfilled,,yes,USD,60.00,5.00,4.20,69.20,WELCOME,2.00,Standard,2024-02-20 08:18:10 -0500,2,Mug,20.00,,MUG-1,true,true,fulfilled,Ada L,London,GB,Ada L,London,GB,,10.00,7410,',
    '#1001,Ada@Example.com,,,,,,,,,,,,,,2024-02-20 08:18:10 -0500,1,"Plate, blue",20.00,,PLATE-1,true,true,fulfilled,,,,,,,,,,',
    '#1002,,voided,,unfulfilled,,no,USD,8.00,0.00,0.00,8.00,,0.00,Standard,2024-02-21 10:00:00 -0500,1,Card,8.00,,CARD-1,true,true,pending,,,,,,,2024-02-22 10:00:00 -0500,0.00,7411,',
  ]

  it('makes orders of lines, with refunds, cancellations and the people', async () => {
    const { importer, items } = await imported([header, ...rows].join('\n'))
    expect(importer.name).toBe('shopify-orders')
    expect(items.map(item => [item.type, item.event ?? null, item.userId ?? item.anonymousId, item.timestamp])).toEqual(
      [
        ['identify', null, 'ada@example.com', '2024-02-20T13:18:10.000Z'],
        ['track', 'Order Completed', 'ada@example.com', '2024-02-20T13:18:10.000Z'],
        ['track', 'Order Refunded', 'ada@example.com', '2024-02-20T13:18:10.000Z'],
        ['track', 'Order Completed', 'shopify:#1002', '2024-02-21T15:00:00.000Z'],
        ['track', 'Order Cancelled', 'shopify:#1002', '2024-02-22T15:00:00.000Z'],
        ['track', 'Order Refunded', 'shopify:#1002', '2024-02-22T15:00:00.000Z'],
      ],
    )
    expect(items[1]?.properties).toEqual({
      order_id: '#1001',
      total: 69.2,
      subtotal: 60,
      shipping: 5,
      tax: 4.2,
      discount: 2,
      coupon: 'WELCOME',
      currency: 'USD',
      country: 'GB',
      products: [
        { sku: 'MUG-1', name: 'Mug', price: 20, quantity: 2 },
        { sku: 'PLATE-1', name: 'Plate, blue', price: 20, quantity: 1 },
      ],
    })
    expect(items[2]?.properties).toMatchObject({ total: 10, currency: 'USD' })
    // Nothing was ever paid for it, so that nothing of it may count as revenue.
    expect(items[5]?.properties).toMatchObject({ order_id: '#1002', total: 8, currency: 'USD' })
  })
})

describe('what cannot be imported says why', () => {
  it.each([
    ['an empty file', '', 'is empty'],
    ['a file of blank lines', '\n \n', 'is empty'],
    [
      'a JSON object over several lines',
      '{\n  "results": []\n}',
      'holds no JSON object that stands on a line of its own',
    ],
    ['a report under comments', '# ----\n# Free form 1\n\nEvent name,Event count\na,1\n', 'begins with a comment'],
    ['a feed in XML', '<?xml version="1.0"?><rss></rss>', 'is XML or HTML'],
    ['a page that asks to sign in', '\n<!DOCTYPE html><html></html>', 'is XML or HTML'],
    ['UTF-16 that does not say so', Buffer.from('a,b\n1,2\n', 'utf16le').toString('latin1'), '--encoding utf-16le'],
    ['a name without end', `a,${'x'.repeat(5000)}\n1,2\n`, /it has a, x{60}…\. Describe/],
  ])('%s', async (_, text, message) => {
    const error = await imported(text).catch((error: UsageError) => error)
    expect(error).toBeInstanceOf(UsageError)
    expect(explain(error)).toMatch(message)
  })
})

describe('Google product feeds', () => {
  const header = 'id\ttitle\tdescription\tlink\timage_link\tprice\tsale_price\tavailability\tbrand\tproduct_type\tcolor'
  const row = (id: string, price: string, sale: string, availability: string) =>
    `${id}\tMug\tBlue\thttps://x/1\thttps://x/1.png\t${price}\t${sale}\t${availability}\tB\tHome > Cups\tblue`

  it('become items: what is in stock has no number of pieces, what is sold out has none', async () => {
    const rows = [row('a', '15.00 USD', '12.50 USD', 'in_stock'), row('b', '15 USD', '', 'out of stock')]
    const { importer, items } = await imported([header, ...rows, row('c', 'USD 7', '', 'Out_of_stock')].join('\n'))
    expect(importer.name).toBe('google-products')
    expect(items).toEqual([
      {
        id: 'a',
        title: 'Mug',
        description: 'Blue',
        url: 'https://x/1',
        image: 'https://x/1.png',
        brand: 'B',
        price: 12.5,
        currency: 'USD',
        categories: ['Home', 'Cups'],
        color: 'blue',
      },
      expect.objectContaining({ id: 'b', price: 15, stock: 0 }),
      expect.objectContaining({ id: 'c', price: 7, currency: 'USD', stock: 0 }),
    ])
  })

  it('whose prices can be read in two ways are refused, and not cut at the comma', async () => {
    const rows = [row('a', '1,299.00 USD', '', 'in_stock'), row('b', '15,00 EUR', '', 'in_stock')]
    const { items, reasons } = await imported([header, ...rows].join('\n'))
    expect(items).toEqual([])
    expect(reasons).toEqual([expect.stringContaining('"1,299.00", not a number'), expect.stringContaining('"15,00"')])
  })
})

describe('R3 two exports that overlap', () => {
  const people = { distinct_id: 'ada', user_pseudo_id: '1.2', anonymousId: 'a', anonymous_id: 'a' }
  const shopify = 'Name,Email,Financial Status,Total,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price'
  const time = '2024-05-01T10:00:00.000Z'
  /** By format: a file of the rows from `n` on. All but their ids is the same, so that nothing else tells them apart. */
  const exports: Record<string, (ids: readonly number[]) => string> = {
    segment: ids =>
      ndjson(...ids.map(n => ({ ...people, type: 'track', event: 'E', messageId: `m${n}`, timestamp: time }))),
    'segment-warehouse': ids =>
      `id,received_at,original_timestamp,anonymous_id,event\n${ids.map(n => `m${n},${time},${time},a,e`).join('\n')}`,
    posthog: ids =>
      ndjson(
        ...ids.flatMap(n =>
          ['E', '$pageview', '$screen', '$identify', '$groupidentify', '$create_alias'].map((event, i) => ({
            ...people,
            uuid: `u${n}-${i}`,
            event,
            properties: { $group_key: 'acme', alias: 'old', $device_id: 'd' },
            timestamp: time,
          })),
        ),
      ),
    'klaviyo-events': ids =>
      ndjson(
        ...ids.map(n => ({
          type: 'event',
          id: `e${n}`,
          attributes: { metric_name: 'Placed Order', datetime: time, event_properties: { a: 1 } },
          relationships: { profile: { data: { type: 'profile', id: '01H' } } },
        })),
      ),
    ga4: ids =>
      ndjson(
        ...ids.flatMap(n =>
          ['page_view', 'purchase'].map((event_name, i) => ({
            ...people,
            event_name,
            event_timestamp: '1714557600000000',
            event_params: [],
            batch_page_id: '7',
            batch_ordering_id: String(n),
            batch_event_index: i,
          })),
        ),
      ),
    'shopify-orders': ids =>
      `${shopify},Id,Cancelled at,Refunded Amount\n${ids.map(n => `#${n},a@x.com,paid,5,USD,${time},1,Mug,5,74${n},${time},${n % 10}`).join('\n')}`,
  }

  it.each(
    Object.entries(exports),
  )('of %s name the rows they share alike, and no two others', async (name, exported) => {
    const files = await Promise.all([exported([11, 12, 13]), exported([12, 13, 14])].map(text => imported(text)))
    expect(files.map(({ importer }) => importer.name)).toEqual([name, name])
    // What a person is stated to be is the same when it is stated again.
    const counted = files.map(({ items }) =>
      items.filter(({ type }) => name !== 'shopify-orders' || type !== 'identify'),
    )
    const [first, second] = counted.map(items => items.map(({ messageId }) => messageId as string))
    expect(new Set(first).size).toBe(counted[0]!.length)
    const each = first!.length / 3
    expect(first!.filter(id => second!.includes(id))).toHaveLength(2 * each)
    expect(first!.every(id => typeof id === 'string' && id.length < 100)).toBe(true)
  })

  it('of what has no ids are known by file and row: GA4 before its batches, orders without Id, plain rows', async () => {
    const rows = {
      ...people,
      event_name: 'purchase',
      event_timestamp: '1714557600000000',
      event_bundle_sequence_id: '5',
    }
    const files = [
      ndjson(rows),
      `${shopify}\n#1,a@x.com,paid,5,USD,${time},1,Mug,5`,
      `user_id,event,timestamp\nada,E,${time}`,
    ]
    for (const text of files) {
      const { items } = await imported(text)
      for (const item of items) expect(item).not.toHaveProperty('messageId')
    }
  })

  it('of an app, which has no pages, are told apart by the bundle they were sent in', async () => {
    const row = { ...people, event_name: 'purchase', event_timestamp: '1714557600000000', batch_event_index: '0' }
    const { items } = await imported(ndjson(...['5', '6', '5'].map(id => ({ ...row, event_bundle_sequence_id: id }))))
    const [a, b, again] = items.map(({ messageId }) => messageId)
    expect([a === b, a === again]).toEqual([false, true])
  })
})

describe('Google Analytics 4', () => {
  const base = { event_date: '20240501', user_pseudo_id: '111.222', platform: 'WEB' }
  const param = (key: string, value: JsonObject) => ({ key, value })

  it('reads the BigQuery export', async () => {
    const { importer, items } = await imported(
      ndjson(
        {
          ...base,
          event_timestamp: '1714557600000000',
          event_name: 'page_view',
          event_params: [
            param('page_location', { string_value: 'https://shop.example/mugs?x=1' }),
            param('ga_session_id', { int_value: '17' }),
          ],
          device: { category: 'mobile', operating_system: 'Android', language: 'en-gb' },
          geo: { country: 'Germany' },
          traffic_source: { source: 'google', medium: 'cpc', name: '(not set)' },
          items: [],
        },
        {
          ...base,
          user_id: 'ada',
          event_timestamp: '1714557660000000',
          event_name: 'purchase',
          event_params: [param('currency', { string_value: 'EUR' })],
          ecommerce: { transaction_id: 'T1', purchase_revenue: 30.5, shipping_value: 5, tax_value: null },
          items: [{ item_id: 'MUG', item_name: 'Mug', price: 10.25, quantity: 3, item_brand: '(not set)' }],
        },
        { ...base, event_timestamp: '1714557661000000', event_name: 'level_up', event_params: [], items: [] },
      ),
    )
    expect(importer.name).toBe('ga4')
    expect(items[0]).toMatchObject({
      type: 'page',
      anonymousId: '111.222',
      timestamp: '2024-05-01T10:00:00.000Z',
      properties: { url: 'https://shop.example/mugs?x=1', path: '/mugs', ga_session_id: 17 },
      context: {
        device: { type: 'mobile' },
        os: { name: 'Android' },
        locale: 'en-gb',
        location: { country: 'Germany' },
        page: { url: 'https://shop.example/mugs?x=1', path: '/mugs' },
      },
    })
    expect(items[0]?.context).not.toHaveProperty('campaign')
    expect(items[1]).toMatchObject({
      type: 'track',
      event: 'Order Completed',
      userId: 'ada',
      anonymousId: '111.222',
      properties: {
        order_id: 'T1',
        total: 30.5,
        shipping: 5,
        currency: 'EUR',
        products: [{ product_id: 'MUG', name: 'Mug', price: 10.25, quantity: 3 }],
      },
    })
    expect(items[1]?.properties).not.toHaveProperty('tax')
    expect(items[2]).toMatchObject({ event: 'level_up' })
  })

  it('tells the campaign of a visit by what was collected with it, not by where the person came from at first', async () => {
    const first = { source: 'google', medium: 'cpc', name: 'Spring' }
    const row = (name: string, more: JsonObject) => ({
      ...base,
      event_timestamp: '1714557600000000',
      event_name: name,
      event_params: [],
      traffic_source: first,
      ...more,
    })
    const none = { gclid: null, manual_source: '(direct)', manual_medium: '(none)', manual_campaign_name: null }
    const { items } = await imported(
      ndjson(
        row('first_visit', {}),
        row('session_start', { collected_traffic_source: none }),
        row('page_view', {
          collected_traffic_source: {
            ...none,
            manual_source: 'news',
            manual_medium: 'email',
            manual_campaign_name: 'May',
          },
        }),
        row('page_view', { collected_traffic_source: { ...none, gclid: 'x1' } }),
        row('page_view', {
          event_params: [param('source', { string_value: 'bing' }), param('term', { string_value: 'mugs' })],
          collected_traffic_source: { ...none, manual_source: 'news' },
        }),
      ),
    )
    expect(items.map(item => (item.context as JsonObject | undefined)?.campaign)).toEqual([
      first,
      undefined,
      { source: 'news', medium: 'email', name: 'May' },
      { source: 'google', medium: 'cpc' },
      { source: 'bing', term: 'mugs' },
    ])
  })

  it('reads a flat CSV of it', async () => {
    const { importer, items } = await imported(
      'event_timestamp,event_name,user_pseudo_id,user_id,ecommerce.transaction_id,ecommerce.purchase_revenue,device.category\n1714557600000000,purchase,1.2,,T1,9.5,desktop\n',
    )
    expect(importer.name).toBe('ga4')
    expect(items[0]).toMatchObject({
      event: 'Order Completed',
      properties: { order_id: 'T1', total: 9.5 },
      context: { device: { type: 'desktop' } },
    })
  })
})

describe('PostHog', () => {
  const event = (name: string, distinct_id: string, properties: JsonObject, second: number) => ({
    uuid: `0190a-${second}`,
    event: name,
    distinct_id,
    properties,
    timestamp: `2024-05-01T10:00:0${second}.000Z`,
    created_at: '2024-05-01T11:00:00Z',
    team_id: 1,
  })
  const records = [
    event(
      '$pageview',
      'dev1',
      {
        $device_id: 'dev1',
        $is_identified: false,
        $current_url: 'https://x/a',
        $pathname: '/a',
        utm_source: 'news',
        $device_type: 'Mobile',
      },
      1,
    ),
    event(
      '$identify',
      'ada',
      { $anon_distinct_id: 'dev1', $device_id: 'dev1', $set: { plan: 'pro' }, $set_once: { plan: 'free', first: 1 } },
      2,
    ),
    event(
      'Order Completed',
      'ada',
      { $device_id: 'dev1', $lib: 'web', total: 5, currency: 'EUR', $set: { tier: 'gold', $browser: 'Firefox' } },
      3,
    ),
    event('$groupidentify', 'ada', { $group_type: 'company', $group_key: 'acme', $group_set: { employees: 7 } }, 4),
    event('$create_alias', 'ada', { alias: 'old-ada' }, 5),
  ]
  const expected = [
    {
      type: 'page',
      anonymousId: 'dev1',
      messageId: '0190a-1',
      properties: { path: '/a' },
      context: { campaign: { source: 'news' }, device: { type: 'mobile' } },
    },
    {
      type: 'identify',
      userId: 'ada',
      anonymousId: 'dev1',
      traits: { plan: 'pro', $set_once: { plan: 'free', first: 1 } },
    },
    {
      type: 'track',
      event: 'Order Completed',
      userId: 'ada',
      anonymousId: 'dev1',
      properties: { total: 5, currency: 'EUR' },
      context: { traits: { tier: 'gold' } },
    },
    { type: 'group', groupId: 'acme', traits: { employees: 7 } },
    { type: 'alias', userId: 'ada', previousId: 'old-ada' },
  ]

  it('reads its events as NDJSON', async () => {
    const { importer, items } = await imported(ndjson(...records))
    expect(importer.name).toBe('posthog')
    expect(items).toMatchObject(expected)
    expect(items[0]).not.toHaveProperty('userId')
    expect(items[2]?.properties).toEqual({ total: 5, currency: 'EUR' })
    expect(items[2]?.context).toEqual({ traits: { tier: 'gold' } })
  })

  it('reads the same as CSV, with the properties as JSON', async () => {
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
    const lines = records.map(record =>
      [
        record.uuid,
        quoted(record.event),
        record.distinct_id,
        quoted(JSON.stringify(record.properties)),
        record.timestamp,
      ].join(','),
    )
    const { importer, items } = await imported(['uuid,event,distinct_id,properties,timestamp', ...lines].join('\n'))
    expect(importer.name).toBe('posthog')
    expect(items).toMatchObject(expected)
  })

  it('reads the same from the CSV of its interface, with a column a property', async () => {
    const bought = event('Order Completed', 'ada', { products: [{ sku: 'M' }, { sku: 'P' }] }, 6)
    const flat = [...records, bought].map(({ uuid, event, distinct_id, timestamp, properties }) => ({
      id: uuid,
      distinct_id,
      event,
      timestamp,
      person: '',
      elements_chain: '',
      ...flattened(properties, 'properties'),
    }))
    const columns = [...new Set(flat.flatMap(row => Object.keys(row)))]
    const lines = flat.map(row => columns.map(name => (row as Record<string, string>)[name] ?? '').join(','))
    const { importer, items, reasons } = await imported([columns.join(','), ...lines].join('\r\n'))
    expect(importer.name).toBe('posthog-table')
    expect(reasons).toEqual([])
    expect(items).toMatchObject([
      ...expected,
      { userId: 'ada', properties: { products: [{ sku: 'M' }, { sku: 'P' }] } },
    ])
    expect(items[0]).not.toHaveProperty('userId')
    expect(items[2]?.properties).toEqual({ total: 5, currency: 'EUR' })
  })

  /** As PostHog writes it: each value under the path to it, yes and no as Python does. */
  function flattened(value: unknown, path: string): Record<string, string> {
    if (typeof value !== 'object' || value === null) {
      return { [path]: typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value) }
    }
    return Object.assign({}, ...Object.entries(value).map(([name, inner]) => flattened(inner, `${path}.${name}`)))
  }
})

describe('Klaviyo', () => {
  it('reads a profiles export', async () => {
    const { importer, items } = await imported(
      'Email,Klaviyo ID,First Name,Last Name,Phone Number,City,Country,Email Marketing Consent,Date Added,Orders\nAda@Example.com,01H,Ada,L,+44,London,United Kingdom,SUBSCRIBED,2024-05-01 10:00:00,3\n,02H,Bob,,,,,NEVER_SUBSCRIBED,,\n',
    )
    expect(importer.name).toBe('klaviyo-profiles')
    expect(items).toMatchObject([
      {
        type: 'identify',
        userId: 'ada@example.com',
        timestamp: '2024-05-01T10:00:00.000Z',
        traits: {
          email: 'ada@example.com',
          firstName: 'Ada',
          address: { city: 'London', country: 'United Kingdom' },
          'Email Marketing Consent': 'SUBSCRIBED',
          Orders: 3,
        },
      },
      { type: 'identify', userId: 'klaviyo:02H', timestamp: '2025-01-01T00:00:00.000Z' },
    ])
  })

  it('R8 who has unsubscribed there has refused here; who agreed there has not agreed here', async () => {
    const header = 'Email,Klaviyo ID,First Name,Last Name,Email Marketing Consent,SMS Marketing Consent'
    const rows = [
      'a@x.com,1,A,L,UNSUBSCRIBED,SUBSCRIBED',
      'b@x.com,2,B,L,NEVER_SUBSCRIBED,UNSUBSCRIBED',
      'c@x.com,3,C,L,,',
    ]
    const { items, reasons } = await imported([header, ...rows].join('\n'))
    expect(reasons).toEqual([])
    expect(items.map(item => (item.context as { consent?: JsonObject } | undefined)?.consent)).toEqual([
      { categoryPreferences: { email: false } },
      { categoryPreferences: { sms: false } },
      undefined,
    ])
    expect(items[0]?.traits).toMatchObject({ 'Email Marketing Consent': 'UNSUBSCRIBED' })
  })

  it('reads events as its API has them, and flat', async () => {
    const api = await imported(
      ndjson({
        type: 'event',
        id: 'e1',
        attributes: {
          metric_name: 'Placed Order',
          datetime: '2024-05-01T10:00:00+00:00',
          uuid: 'u1',
          event_properties: {
            $value: 30.5,
            OrderId: '17',
            Items: [{ ProductID: 'M', ProductName: 'Mug', ItemPrice: 10, Quantity: 3 }],
          },
        },
        relationships: { profile: { data: { type: 'profile', id: '01H' } } },
      }),
    )
    expect(api.importer.name).toBe('klaviyo-events')
    expect(api.items).toMatchObject([
      {
        event: 'Order Completed',
        userId: 'klaviyo:01H',
        messageId: 'u1',
        properties: { total: 30.5, order_id: '17', products: [{ product_id: 'M', quantity: 3 }] },
      },
    ])
    // Without a value of its own an event has no total, not one of 0.
    const worthless = await imported(
      ndjson({
        type: 'event',
        attributes: { metric_name: 'Viewed Product', datetime: '2024-05-01', event_properties: { $value: '', a: 1 } },
        relationships: { profile: { data: { type: 'profile', id: '01H' } } },
      }),
    )
    expect(worthless.items).toMatchObject([{ event: 'Product Viewed' }])
    expect(worthless.items[0]).not.toHaveProperty('properties.total')
    const flat = await imported('Metric,Timestamp,Email,Subject\nOpened Email,2024-05-01 10:00:00,Ada@x.com,Hello\n')
    expect(flat.importer.name).toBe('klaviyo-events')
    expect(flat.items).toMatchObject([
      {
        event: 'Email Opened',
        userId: 'ada@x.com',
        properties: { Subject: 'Hello' },
        context: { traits: { email: 'ada@x.com' } },
      },
    ])
  })
})

describe('Segment', () => {
  it('reads raw events, without what was only transport', async () => {
    const { importer, items } = await imported(
      ndjson(
        {
          type: 'identify',
          messageId: 'm2',
          userId: 'ada',
          anonymousId: 'a1',
          traits: { plan: 'pro' },
          timestamp: '2024-05-01T10:00:01.000Z',
          receivedAt: '2024-05-01T10:00:09.000Z',
          sentAt: '2024-05-01T10:00:08.000Z',
          integrations: {},
          version: 2,
        },
        {
          type: 'track',
          messageId: 'm1',
          anonymousId: 'a1',
          event: 'Product Viewed',
          properties: { sku: 'M' },
          context: { locale: 'de' },
          timestamp: '2024-05-01T10:00:00.000Z',
          userId: null,
        },
      ),
    )
    expect(importer.name).toBe('segment')
    expect(items).toEqual([
      {
        type: 'track',
        messageId: 'm1',
        anonymousId: 'a1',
        event: 'Product Viewed',
        properties: { sku: 'M' },
        context: { locale: 'de' },
        timestamp: '2024-05-01T10:00:00.000Z',
      },
      {
        type: 'identify',
        messageId: 'm2',
        userId: 'ada',
        anonymousId: 'a1',
        traits: { plan: 'pro' },
        timestamp: '2024-05-01T10:00:01.000Z',
      },
    ])
  })

  it('reads warehouse tables', async () => {
    const tracks = await imported(
      'id,received_at,original_timestamp,timestamp,anonymous_id,user_id,event,event_text,context_page_url,context_ip,sku,price\nm1,2024-05-01 10:00:05,2024-05-01 10:00:00,2024-05-01 10:00:01.5,a1,,product_viewed,Product Viewed,https://x/a,1.2.3.4,M,9.5\n',
    )
    expect(tracks.importer.name).toBe('segment-warehouse')
    expect(tracks.items).toEqual([
      {
        type: 'track',
        messageId: 'm1',
        anonymousId: 'a1',
        event: 'Product Viewed',
        properties: { sku: 'M', price: 9.5 },
        context: { page: { url: 'https://x/a' }, ip: '1.2.3.4' },
        timestamp: '2024-05-01T10:00:01.500Z',
      },
    ])
    const identifies = await imported(
      'id,received_at,original_timestamp,user_id,plan\nm1,2024-05-01 10:00:05,2024-05-01 10:00:00,ada,pro\n',
    )
    expect(identifies.items).toMatchObject([{ type: 'identify', userId: 'ada', traits: { plan: 'pro' } }])
    const groups = await imported(
      'id,received_at,original_timestamp,anonymous_id,user_id,group_id,name,employees\nm1,2024-05-01 10:00:05,2024-05-01 10:00:00,,ada,acme,Acme,12\n',
    )
    expect(groups.items).toMatchObject([{ type: 'group', userId: 'ada', groupId: 'acme' }])
    expect(groups.items[0]?.traits).toEqual({ name: 'Acme', employees: 12 })
    const aliases = await imported(
      'id,received_at,original_timestamp,user_id,previous_id\nm1,2024-05-01 10:00:05,2024-05-01 10:00:00,ada,a1\n',
    )
    expect(aliases.items).toMatchObject([{ type: 'alias', userId: 'ada', previousId: 'a1' }])
  })
})

describe('one broken row among the first', () => {
  it('does not make another format of the file', async () => {
    const event = { type: 'track', event: 'E', userId: 'u', timestamp: '2024-05-01T10:00:00Z', properties: { n: 1 } }
    const segment = await imported(ndjson({ ...event, type: 'delete' }, event, event))
    expect([segment.importer.name, segment.items.length, segment.reasons]).toEqual([
      'segment',
      2,
      ['its type is "delete", not one of track, identify, page, screen, group, alias'],
    ])
    const sent = { metric_name: 'Placed Order', datetime: '2024-05-01T10:00:00Z', event_properties: {} }
    const klaviyo = await imported(ndjson(sent, { ...sent, email: 'a@x.com' }, { ...sent, profile_id: '01H' }))
    expect([klaviyo.importer.name, klaviyo.items.length, klaviyo.reasons]).toEqual([
      'klaviyo-events',
      2,
      ['it has neither an e-mail nor a profile id'],
    ])
  })
})

describe('plain files', () => {
  it('events with the usual column names', async () => {
    const { items } = await imported('user_id,event,timestamp,price\nada,Bought,2024-05-01 10:00:00,9.5\n')
    expect(items).toEqual([
      {
        type: 'track',
        userId: 'ada',
        event: 'Bought',
        properties: { price: 9.5 },
        timestamp: '2024-05-01T10:00:00.000Z',
      },
    ])
  })

  it('events as the API takes them, without a type: what is in their properties and context stays what it is', async () => {
    const body = { event: 'Bought', timestamp: '2024-05-01T10:00:00Z', price: 9.5 }
    const whole = { ...body, userId: 'ada', properties: { total: 5, price: 3 }, context: { page: { path: '/a' } } }
    const told = { type: 'track', userId: 'ada', event: 'Bought', timestamp: '2024-05-01T10:00:00.000Z' }
    const { items, reasons } = await imported(
      ndjson(
        whole,
        whole,
        { ...body, userId: 'ada' },
        { ...whole, properties: null, context: null },
        { ...whole, context: 'x' },
      ),
    )
    expect(items).toEqual([
      { ...told, properties: { price: 3, total: 5 }, context: { page: { path: '/a' } } },
      { ...told, properties: { price: 3, total: 5 }, context: { page: { path: '/a' } } },
      { ...told, properties: { price: 9.5 }, context: {} },
      { ...told, properties: { price: 9.5 }, context: {} },
    ])
    expect(reasons).toEqual(['context is "x", not an object'])
    const table = await imported(
      'user_id,event,timestamp,properties\nada,Bought,2024-05-01 10:00:00,"{""total"": 5}"\nada,Bought,2024-05-01 10:00:00,\n',
    )
    expect(table.items.map(({ properties }) => properties)).toEqual([{ total: 5 }, {}])
    const texts = await imported('user_id,event,timestamp,properties\nada,Bought,2024-05-01 10:00:00,sea view\n')
    expect(texts.items[0]?.properties).toEqual({ properties: 'sea view' })
    const traits = await imported(
      ndjson({ userId: 'ada', timestamp: body.timestamp, traits: { plan: 'pro' } }),
      'traits',
    )
    expect(traits.items).toMatchObject([{ type: 'identify', traits: { plan: 'pro' } }])
  })

  it('traits, at the moment of the import where there is no time', async () => {
    const { items } = await imported('userId,plan,age\nada,pro,36\n', 'traits')
    expect(items).toEqual([
      { type: 'identify', userId: 'ada', traits: { plan: 'pro', age: 36 }, timestamp: '2025-01-01T00:00:00.000Z' },
    ])
  })

  it('decisions', async () => {
    const { items } = await imported(
      'user_id,timestamp,touchpoint,experience,variant,control,propensity,exposed,hour\nada,2024-05-01,home,e1,a,false,0.45,true,9\n',
      'decisions',
    )
    expect(items).toEqual([
      {
        type: 'decision',
        userId: 'ada',
        touchpoint: 'home',
        experience: 'e1',
        variant: 'a',
        control: false,
        propensity: 0.45,
        exposed: true,
        context: { hour: 9 },
        timestamp: '2024-05-01T00:00:00.000Z',
      },
    ])
  })

  it('catalog items, whose title may look like a number', async () => {
    const { importer, items } = await imported(
      'id,title,price,categories,colour\n17,1984,9.5,Books|Novels,red\n',
      'items',
    )
    expect(importer.target).toBe('catalog')
    expect(items).toEqual([{ id: '17', title: '1984', price: 9.5, categories: ['Books', 'Novels'], colour: 'red' }])
  })

  it('exchange rates', async () => {
    const { importer, items } = await imported('day,currency,base,rate\n2024-05-01,USD,EUR,0.93\n', 'rates')
    expect(importer.target).toBe('rates')
    expect(items).toEqual([{ day: '2024-05-01', currency: 'USD', base: 'EUR', rate: 0.93 }])
  })

  it('says what is missing from a file it does not know', async () => {
    await expect(imported('a,b\n1,2\n')).rejects.toThrow(
      /needs the columns event, timestamp, and userId or anonymousId; it has a, b/,
    )
    await expect(imported('a,b\n1,2\n', 'items')).rejects.toThrow(/as plain items it needs the columns id/)
  })
})
