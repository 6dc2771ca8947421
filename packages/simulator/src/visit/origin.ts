import type { JsonObject } from '@espalier/core'
import type { Random } from '@espalier/core/random'

/** Where a visit comes from: what its first page says. */
export interface Origin {
  readonly referrer: string
  readonly campaign?: JsonObject
}

const ORIGINS: readonly [weight: number, origin: Origin][] = [
  [35, { referrer: '' }],
  [30, { referrer: 'https://www.google.com/' }],
  [10, { referrer: 'https://www.google.com/', campaign: { source: 'google', medium: 'cpc', name: 'brand' } }],
  [
    10,
    {
      referrer: 'https://www.instagram.com/',
      campaign: { source: 'instagram', medium: 'paid_social', name: 'autumn-looks' },
    },
  ],
  [10, { referrer: '', campaign: { source: 'newsletter', medium: 'email', name: 'weekly' } }],
  [5, { referrer: 'https://blog.example.org/' }],
]
const WEIGHTS = ORIGINS.map(([weight]) => weight)

export function originOf(rng: Random): Origin {
  return ORIGINS[rng.weighted(WEIGHTS)]![1]
}

export const RESCUE_ORIGIN: Origin = {
  referrer: '',
  campaign: { source: 'lifecycle', medium: 'email', name: 'cart-reminder' },
}
