import { type Event, readItem } from '@espalier/core/event'
import { instantOf } from '../import/mapping/zone.ts'
import { plainRows } from './data.ts'

/** What importing the shop's invoices makes, without their products: each as if it had been received when it happened. */
export function shopHistory(file: string): Event[] {
  const invoices = new Map<string, { row: Record<string, string>; event: string; total: number }>()
  for (const row of plainRows(file)) {
    const { InvoiceNo = '', Quantity, UnitPrice } = row
    const amount = Number(Quantity) * Number(UnitPrice)
    const invoice = invoices.get(InvoiceNo)
    if (invoice !== undefined) invoice.total += amount
    else {
      const isRefund = InvoiceNo.startsWith('C')
      const event = isRefund ? 'Order Refunded' : Number(Quantity) < 0 ? 'Stock Adjusted' : 'Order Completed'
      invoices.set(InvoiceNo, { row, event, total: amount })
    }
  }
  return received(
    [...invoices].map(([invoice, { row, event, total }]) => ({
      at: instantOf(Date.parse(`${row.InvoiceDate!.replace(' ', 'T')}Z`), 'Europe/London'),
      item: {
        event,
        ...(row.CustomerID === '' ? { anonymousId: `invoice:${invoice}` } : { userId: row.CustomerID }),
        properties: { order_id: invoice, total: Math.round(Math.abs(total) * 1000) / 1000, currency: 'GBP' },
      },
    })),
  )
}

/** What importing the clickstream makes, each as if it had been received when it happened. */
export function clickHistory(file: string): Event[] {
  return received(
    plainRows(file).map(({ user_id, event, timestamp, ...row }) => ({
      at: Date.parse(`${timestamp!.replace(' ', 'T')}Z`),
      item: {
        event,
        userId: user_id,
        properties: { session_id: row.session_id, user_lifecycle: row.user_lifecycle },
        context: { device: { type: row.platform }, campaign: { medium: row.acquisition_channel } },
      },
    })),
  )
}

/** Events of one instant have come in one request. */
function received(items: { at: number; item: object }[]): Event[] {
  const events: Event[] = []
  for (const { at, item } of items.sort((a, b) => a.at - b.at)) {
    const before = events.at(-1)
    const index = before?.received === at ? before.index + 1 : 0
    const raw = { type: 'track', messageId: `${at} ${index}`, timestamp: new Date(at).toISOString(), ...item }
    const { event, error } = readItem(raw, { received: at, index, newMessageId: () => '' })
    if (error) throw new Error(error.message)
    events.push(event)
  }
  return events
}
