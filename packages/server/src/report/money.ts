import type { Definition } from '@espalier/core/definition'
import type { ProgrammeQuestion } from '@espalier/warehouse'
import type { LiveSet } from '../pipeline/definitions.ts'

/** What the settings say of orders, margin and sends. */
export function moneyOf({
  settings,
  published,
}: Pick<LiveSet, 'settings' | 'published'>): Pick<ProgrammeQuestion, 'orders' | 'margin' | 'sends'> {
  const { orders = {}, margin, sends = {} } = settings.impact ?? {}
  const { event = 'Order Completed', refund = 'Order Refunded', discount = 'discount', amount } = orders
  return {
    orders: { event, refund, discount, ...(amount !== undefined && { amount }) },
    ...(margin && { margin }),
    sends: published.definitions.flatMap(one => {
      if (one.kind !== 'touchpoint') return []
      const { channel, default: content } = one.body as Definition<'touchpoint'>['body']
      const cost = sends[channel] ?? 0
      // Where there is no default content the control group was sent nothing.
      return cost > 0 ? [{ touchpoint: one.key, cost, default: (content ?? null) === null ? 0 : cost }] : []
    }),
  }
}
