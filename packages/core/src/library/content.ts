import type { Business, LibraryEntry } from './entry.ts'
import { computedTrait, segment } from './make.ts'

const HOME = 'content'

/** What people read, and how much of a habit it is. */
export function content({ events: { read } }: Business): LibraryEntry[] {
  return [
    segment(
      HOME,
      'readers-of-a-topic',
      'Readers of a topic',
      'Read one topic more than others; name yours with `is`.',
      {
        all: [
          { did: read, atLeast: 3, within: '30d' },
          { value: { mostFrequent: 'topic', of: read, within: '30d' }, exists: true },
        ],
      },
    ),
    segment(HOME, 'loyal-readers', 'Loyal readers', 'Came at least eight times in a month.', {
      value: { sessions: 'count', within: '30d' },
      gte: 8,
    }),
    segment(HOME, 'lapsing-readers', 'Lapsing readers', 'Read in the last two months and not in the last two weeks.', {
      all: [{ did: read, within: '60d' }, { not: { did: read, within: '14d' } }],
    }),
    segment(HOME, 'newsletter-readers', 'Newsletter readers', 'Subscribed to the newsletter.', {
      subscription: 'newsletter',
      is: 'subscribed',
    }),
    computedTrait(HOME, 'favourite-topic', 'Favourite topic', 'What they read most.', {
      mostFrequent: 'topic',
      of: read,
      within: '90d',
    }),
  ]
}
