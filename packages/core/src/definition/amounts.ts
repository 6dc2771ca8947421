import { type AmountPlace, amountPlace } from '../event/amount.ts'
import type { Definition } from './definition.ts'

/** By an event's name, where in its properties reports look for amounts. */
export type Amounts = (event: string) => readonly AmountPlace[]

/** What `moneyOf` looks at. */
const ORDER = ['total', 'revenue', 'value'] as const
const STANDARD: Readonly<Record<string, readonly string[]>> = { 'Order Completed': ORDER, 'Order Refunded': ORDER }

/** Where the events of these names, and all others, have amounts: the standard ones, and what metrics and the settings name. */
export function amountsOf(definitions: readonly Definition[]): Amounts {
  const paths = new Map(Object.entries(STANDARD).map(([event, standard]) => [event, new Set(standard)]))
  const add = (event: string | undefined, path: string | undefined) => {
    if (event === undefined || path === undefined) return
    const known = paths.get(event)
    if (known === undefined) paths.set(event, new Set(['revenue', path]))
    else known.add(path)
  }
  for (const definition of definitions) {
    if (definition.archived) continue
    if (definition.kind === 'metric') {
      const { event, property, refund } = (definition as Definition<'metric'>).body
      add(event, property)
      add(refund?.event, refund?.property ?? property)
    }
    if (definition.kind === 'settings') {
      const { orders = {}, margin } = (definition as Definition<'settings'>).body.impact ?? {}
      for (const event of [orders.event ?? 'Order Completed', orders.refund ?? 'Order Refunded']) {
        for (const path of [orders.amount, orders.discount, margin?.property, margin?.cost]) add(event, path)
      }
    }
  }
  const places = new Map([...paths].map(([event, some]) => [event, [...some].map(amountPlace)]))
  const others = [amountPlace('revenue')]
  return event => places.get(event) ?? others
}
