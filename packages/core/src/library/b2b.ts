import type { Business, LibraryEntry } from './entry.ts'
import { computedTrait, segment } from './make.ts'

const HOME = 'b2b'

/** Which companies fit, and which show intent. Traits of the company come from `group`. */
export function b2b({ events: { pricing, demo } }: Business): LibraryEntry[] {
  return [
    segment(HOME, 'account-fit', 'Company fits', 'At least 50 people work there; put your own measure in.', {
      account: { trait: 'employees', gte: 50 },
    }),
    segment(
      HOME,
      'account-intent',
      'Company shows intent',
      'Somebody there looked at prices twice in two weeks, or asked for a demo.',
      {
        any: [
          { account: { anyone: { did: pricing, atLeast: 2, within: '14d' } } },
          { account: { anyone: { did: demo, within: '30d' } } },
        ],
      },
    ),
    segment(
      HOME,
      'hot-leads',
      'Hot leads',
      'Looked at prices twice in two weeks themselves and have not asked for a demo.',
      {
        all: [{ did: pricing, atLeast: 2, within: '14d' }, { not: { did: demo } }],
      },
    ),
    computedTrait(HOME, 'pricing-views', 'Looks at prices', 'In a month.', { count: pricing, within: '30d' }),
  ]
}
