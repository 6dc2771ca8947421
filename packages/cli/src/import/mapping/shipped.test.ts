import { describe, expect, it } from 'vitest'
import { imported } from '../../testing/imported.ts'

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

describe('telephone numbers in Shopify orders', () => {
  it('are without the apostrophe that keeps spreadsheets from reckoning with them', async () => {
    const header =
      'Name,Email,Financial Status,Total,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Phone,Phone'
    const row = (email: string, billing: string, own: string) =>
      `#1,${email},paid,1,EUR,2024-02-20 08:18:10 -0500,1,Mug,1,${billing},${own}`
    const { items } = await imported(
      [
        header,
        row('a@x.de', "'+49 221 1", "'+49 151 2"),
        row('b@x.de', "'+49 221 3", ''),
        row('c@x.de', '0221 4', ''),
      ].join('\n'),
    )
    const traits = items.filter(item => item.type === 'identify').map(item => item.traits as Record<string, unknown>)
    expect(traits.map(({ phone }) => phone)).toEqual(['+49 151 2', '+49 221 3', '0221 4'])
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

  it('have the price of a sale only while it is on', async () => {
    const row = (id: string, on: string) =>
      `${id}\tMug\thttps://x/1\thttps://x/1.png\t25.50 USD\t20.00 USD\t${on}\tin_stock`
    const { items } = await imported(
      [
        'id\ttitle\tlink\timage_link\tprice\tsale_price\tsale_price_effective_date\tavailability',
        row('on', '2024-12-24T13:00-0800/2025-01-29T15:30-0800'),
        row('over', '2024-02-24T13:00-0800/2024-12-31T15:59-0800'),
        row('ends now', '2024-02-24T13:00-0800 / 2024-12-31T16:00-0800'),
        row('to come', '2025-02-24T13:00Z/2025-03-29T15:30Z'),
        row('unreadable', 'in spring'),
        row('always', ''),
      ].join('\n'),
    )
    expect(items.map(({ id, price }) => [id, price])).toEqual([
      ['on', 20],
      ['over', 25.5],
      ['ends now', 25.5],
      ['to come', 25.5],
      ['unreadable', 25.5],
      ['always', 20],
    ])
  })

  it('whose prices can be read in two ways are refused, and not cut at the comma', async () => {
    const rows = [row('a', '1,299.00 USD', '', 'in_stock'), row('b', '15,00 EUR', '', 'in_stock')]
    const { items, reasons } = await imported([header, ...rows].join('\n'))
    expect(items).toEqual([])
    expect(reasons).toEqual([expect.stringContaining('"1,299.00", not a number'), expect.stringContaining('"15,00"')])
  })
})
