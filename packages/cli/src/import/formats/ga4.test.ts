import type { JsonObject } from '@espalier/core'
import { describe, expect, it } from 'vitest'
import { imported, ndjson } from '../../testing/imported.ts'

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

  it('an order of one product keeps its own coupon beside that of the product', async () => {
    const { items } = await imported(
      ndjson({
        ...base,
        event_timestamp: '1714557660000000',
        event_name: 'purchase',
        event_params: [param('coupon', { string_value: 'ORDER10' })],
        items: [{ item_id: 'MUG', price: 10.25, coupon: 'MUG5' }],
      }),
    )
    expect(items[0]?.properties).toMatchObject({
      coupon: 'ORDER10',
      product_id: 'MUG',
      products: [{ product_id: 'MUG', coupon: 'MUG5' }],
    })
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
