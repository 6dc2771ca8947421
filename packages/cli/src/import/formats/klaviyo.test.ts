import type { JsonObject } from '@espalier/core'
import { describe, expect, it } from 'vitest'
import { imported, ndjson } from '../../testing/imported.ts'

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
