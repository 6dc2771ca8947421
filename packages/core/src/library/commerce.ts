import type { Business, LibraryEntry } from './entry.ts'
import { computedTrait, segment } from './make.ts'

const HOME = 'commerce'

/** Where customers stand by the shop's own rhythm, what they are worth, and what they left lying. */
export function commerce({ rhythmDays, goodYear, events: { viewed, added, ordered } }: Business): LibraryEntry[] {
  const rhythm = `${rhythmDays}d`
  const twice = `${2 * rhythmDays}d`
  const recently = { did: ordered, within: rhythm }
  const lately = { did: ordered, within: twice }
  const often = { value: { count: ordered, within: '365d' }, gte: 4 }
  const much = { value: { sum: 'total', of: ordered, within: '365d' }, gte: goodYear }
  const discounted = { property: 'discount', gt: 0 }
  return [
    segment(HOME, 'new-customers', 'New customers', `Bought for the first time in the last ${rhythmDays} days.`, {
      value: { daysSince: 'first', of: ordered },
      lt: rhythmDays,
    }),
    segment(HOME, 'active-customers', 'Active customers', `Bought in the last ${rhythmDays} days.`, recently),
    segment(HOME, 'at-risk', 'At risk', `Usually they would have come back by now: no order for ${rhythmDays} days.`, {
      all: [lately, { not: recently }],
    }),
    segment(HOME, 'dormant', 'Dormant', `Customers without an order for ${2 * rhythmDays} days.`, {
      all: [{ did: ordered }, { not: lately }],
    }),
    segment(HOME, 'won-back', 'Won back', `Were dormant for ${2 * rhythmDays} days once and bought again lately.`, {
      all: [{ sequence: [{ did: ordered }, { not: ordered, within: twice }] }, recently],
    }),
    segment(HOME, 'first-time-buyers', 'First-time buyers', 'Bought once.', { did: ordered, atLeast: 1, atMost: 1 }),
    segment(HOME, 'repeat-buyers', 'Repeat buyers', 'Bought at least twice.', { did: ordered, atLeast: 2 }),
    segment(HOME, 'champions', 'Champions', 'Recent, often and much: the best customers.', {
      all: [recently, often, much],
    }),
    segment(HOME, 'loyal-customers', 'Loyal customers', 'Bought at least four times in a year, and lately.', {
      all: [lately, often],
    }),
    segment(HOME, 'promising', 'Promising', 'Few orders, but recent and of worth.', {
      all: [recently, { not: often }, much],
    }),
    segment(HOME, 'do-not-lose', 'Not to be lost', 'Bought often and much, and not for a while.', {
      all: [often, much, { not: lately }],
    }),
    segment(
      HOME,
      'cart-abandoners',
      'Cart abandoners',
      'Added something in the last 7 days, an hour ago or more, and did not order since.',
      {
        all: [
          { did: added, within: '7d' },
          { not: { did: added, within: '1h' } },
          { not: { did: ordered, sinceLast: added } },
        ],
      },
    ),
    segment(
      HOME,
      'browse-abandoners',
      'Browse abandoners',
      'Looked at products in the last 7 days, then neither added nor ordered.',
      {
        all: [
          { did: viewed, within: '7d' },
          { not: { did: viewed, within: '1h' } },
          { not: { did: added, within: '7d' } },
          { not: { did: ordered, within: '7d' } },
        ],
      },
    ),
    segment(HOME, 'bargain-buyers', 'Bargain buyers', 'At least two orders with a discount and at most one without.', {
      all: [
        { did: ordered, where: [discounted], atLeast: 2 },
        { any: [{ not: { did: ordered, atLeast: 4 } }, { did: ordered, where: [discounted], atLeast: 3 }] },
        { not: { did: ordered, where: [{ property: 'discount', exists: false }], atLeast: 2 } },
      ],
    }),
    segment(HOME, 'category-lovers', 'Category lovers', 'Look at one category again and again; name yours with `is`.', {
      all: [
        { value: { count: viewed, within: '90d' }, gte: 5 },
        { value: { mostFrequent: 'category', of: viewed, within: '90d' }, exists: true },
        { value: { distinct: 'category', of: viewed, within: '90d' }, lte: 2 },
      ],
    }),
    computedTrait(HOME, 'orders', 'Orders', 'How often they bought.', { count: ordered }),
    computedTrait(HOME, 'revenue-365d', 'Revenue of a year', 'What they spent in the last 365 days.', {
      sum: 'total',
      of: ordered,
      within: '365d',
    }),
    computedTrait(HOME, 'average-order', 'Average order', 'What an order comes to.', { average: 'total', of: ordered }),
    computedTrait(HOME, 'days-since-order', 'Days since the last order', 'Whole days.', {
      daysSince: 'last',
      of: ordered,
    }),
    computedTrait(HOME, 'favourite-category', 'Favourite category', 'What they look at most.', {
      mostFrequent: 'category',
      of: viewed,
      within: '90d',
    }),
  ]
}
