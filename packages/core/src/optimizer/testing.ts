import type { Definition, Experience, Metric } from '../definition/index.ts'
import type { ArmStatistics, SegmentStatistics } from '../experiment/index.ts'
import { armOfConversions } from '../experiment/testing.ts'
import { judge } from './judge.ts'
import type { Judged, Watch, Watched } from './watched.ts'

export const NOON = Date.UTC(2026, 2, 10, 12)
export const DAY = 86_400_000

export const BOUGHT: Metric = { name: 'Bought', type: 'conversion', event: 'Order Completed', worthwhile: 0.05 }
export const LEFT: Metric = {
  name: 'Left',
  type: 'conversion',
  event: 'Unsubscribed',
  direction: 'down',
  guardrail: true,
}
export const SPENT: Metric = {
  name: 'Spent',
  type: 'sum',
  event: 'Order Completed',
  property: 'total',
  currency: 'EUR',
}

/** For tests: an experience at `home.hero` with variants `a` and `b`, or those given. */
export function experienceOf(body: Partial<Experience> = {}, more: Partial<Definition<'experience'>> = {}) {
  const full: Experience = {
    tactic: 'content',
    touchpoints: ['home.hero'],
    control: 0.5,
    goal: 'bought',
    variants: [{ key: 'a', content: {} }],
    ...body,
  }
  return {
    kind: 'experience',
    key: 'hero',
    version: 1,
    published: NOON - 28 * DAY,
    author: 'ada',
    archived: false,
    body: full,
    ...more,
  } as Definition<'experience'>
}

export interface Planted {
  readonly experience?: Definition<'experience'>
  /** People and how many did it, control first under ''. */
  readonly goal?: Readonly<Record<string, readonly [people: number, did: number, expected?: number]>>
  readonly guardrail?: Readonly<Record<string, readonly [people: number, did: number]>>
  readonly arms?: readonly ArmStatistics[]
  readonly segments?: readonly SegmentStatistics[]
  readonly days?: number
  readonly more?: Partial<Watched>
}

function armsOf(of: NonNullable<Planted['goal']>, control: number): ArmStatistics[] {
  const all = Object.values(of).reduce((sum, [people]) => sum + people, 0)
  const variants = Object.keys(of).filter(key => key !== '').length
  return Object.entries(of).map(([variant, [people, did, expected]]) =>
    armOfConversions(variant, people, did, expected ?? all * (variant === '' ? control : (1 - control) / variants)),
  )
}

/** For tests: an experience as the optimizer sees it, from hand-made statistics. */
export function watchedOf({
  experience = experienceOf(),
  goal,
  guardrail,
  arms,
  segments = [],
  days = 14,
  more = {},
}: Planted): Watched {
  const { control = 0.1 } = experience.body
  const span = { first: NOON - days * DAY, last: NOON }
  const judged = (key: string, metric: Metric, some: readonly ArmStatistics[], confidence?: number): Judged =>
    judge(
      experience,
      { key, metric },
      { arms: some, contaminated: 0, missingRates: [], ...span },
      NOON,
      confidence === undefined ? {} : { confidence },
    )
  const people = Object.values(goal ?? {}).reduce((sum, one) => sum + one[0], 0)
  return {
    experience,
    days,
    goal: goal || arms ? judged('bought', BOUGHT, arms ?? armsOf(goal!, control)) : null,
    money: null,
    net: null,
    guardrails: guardrail ? [judged('left', LEFT, armsOf(guardrail, control))] : [],
    segments,
    decided: [],
    exposed: [],
    people,
    peopleComing: people,
    peopleDays: days,
    ...more,
  }
}

export function watchOf(experiences: readonly Watched[], more: Partial<Watch> = {}): Watch {
  return { now: NOON, experiences, holdout: 0.05, touchpoints: [], events: [], ...more }
}
