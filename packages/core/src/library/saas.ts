import type { Business, LibraryEntry } from './entry.ts'
import { computedTrait, segment } from './make.ts'

const HOME = 'saas'

/** Where users stand between sign-up and habit. `trialEndsAt` is a trait: a date or an instant. */
export function saas({ events: { feature, activated } }: Business): LibraryEntry[] {
  const inTrial = { trait: 'trialEndsAt', after: 'now' }
  return [
    segment(HOME, 'in-trial', 'In trial', 'Their trial is not over.', inTrial),
    segment(HOME, 'trial-ending', 'Trial ends soon', 'Their trial ends within three days.', {
      all: [inTrial, { trait: 'trialEndsAt', before: 'now+3d' }],
    }),
    segment(HOME, 'trial-lapsed', 'Trial lapsed', 'Their trial ended and they have no paid plan.', {
      all: [
        { trait: 'trialEndsAt', before: 'now' },
        { not: { trait: 'plan', in: ['basic', 'pro', 'team', 'enterprise'] } },
      ],
    }),
    segment(HOME, 'activated', 'Activated', 'Reached the point at which the product is of use to them.', {
      did: activated,
    }),
    segment(HOME, 'stuck-in-onboarding', 'Stuck in onboarding', 'Came a day ago or more and are not activated.', {
      all: [
        { person: 'events', gte: 1 },
        { not: { did: activated } },
        { not: { value: { sessions: 'count', within: '1d' }, gte: 1 } },
      ],
    }),
    segment(HOME, 'feature-adopters', 'Feature adopters', 'Used features on at least three occasions in two weeks.', {
      did: feature,
      atLeast: 3,
      within: '14d',
    }),
    segment(HOME, 'explorers', 'Explorers', 'Used five different features in a month.', {
      value: { distinct: 'feature', of: feature, within: '30d' },
      gte: 5,
    }),
    segment(HOME, 'decision-makers', 'Decision makers', 'Say that they decide; put your roles in.', {
      trait: 'role',
      in: ['ceo', 'cto', 'founder', 'head', 'director', 'vp'],
    }),
    segment(
      HOME,
      'industry-software',
      'Works in software',
      'By the industry of their company; make one for each of yours.',
      {
        any: [{ trait: 'industry', is: 'software' }, { account: { trait: 'industry', is: 'software' } }],
      },
    ),
    segment(
      HOME,
      'struggling-now',
      'Struggling now',
      'Repeats, errors or going back and forth in the session that goes on.',
      {
        struggling: true,
      },
    ),
    segment(HOME, 'promoters', 'Promoters', 'Would recommend us: 9 or 10.', { feedback: 'nps', gte: 9 }),
    segment(HOME, 'detractors', 'Detractors', 'Would not: 6 or less.', { feedback: 'nps', lte: 6 }),
    computedTrait(HOME, 'features-used', 'Features used', 'Which of them, in a month.', {
      list: 'feature',
      of: feature,
      within: '30d',
    }),
    computedTrait(HOME, 'days-since-active', 'Days since they used a feature', 'Whole days.', {
      daysSince: 'last',
      of: feature,
    }),
  ]
}
