import type { Kind } from './definition.ts'

export const experience = {
  tactic: 'offer',
  touchpoints: ['home.hero', 'cart'],
  audience: { all: [{ trait: 'plan', is: 'free' }, { not: { did: 'Order Completed', within: '7d' } }] },
  variants: [
    { key: 'a', weight: 0.5, content: { 'home.hero': { title: 'A' }, cart: null } },
    { key: 'b', weight: 0.5, content: { 'home.hero': { title: 'B' }, cart: { $item: 'sku' } } },
  ],
  schedule: { start: '2026-11-01', end: '2026-12-01T00:00:00+01:00' },
  goal: 'orders',
}
export const touchpoint = { channel: 'web', default: { title: 'Welcome' } }
export const metric = { type: 'sum', event: 'Order Completed', property: 'total', currency: 'EUR' }

/** A valid definition of each kind: its kind, key and body. */
export const VALID: [Kind, string, object][] = [
  ['experience', 'welcome', experience],
  ['touchpoint', 'home.hero', touchpoint],
  ['metric', 'orders', metric],
  ['segment', 'buyers', { condition: { did: 'Order Completed', atLeast: 1, within: '30d' } }],
  ['computedTrait', 'spent', { value: { sum: 'total', of: 'Order Completed', within: '90d' } }],
  ['settings', 'workspace', { timezone: 'Europe/Berlin', holdout: 0.1 }],
]
