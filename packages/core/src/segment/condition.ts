import Type from 'typebox'
import { COMPARES, comparisons, relativeComparisons } from '../filter/comparisons.ts'
import { EventFilter } from '../filter/filter.ts'
import { Duration, Instant } from '../time/schema.ts'
import { Aggregate } from './aggregate.ts'

const Name = Type.String({ minLength: 1, maxLength: 200 })
const Count = Type.Integer({ minimum: 1, maximum: 100 })
const closed = { additionalProperties: false } as const
const compares = { ...closed, minProperties: 2, description: COMPARES } as const

/** A stated fact: `{trait: 'plan', is: 'pro'}`. A path leads into one: `address.city`. */
export const TraitCondition = Type.Object({ trait: Name, ...relativeComparisons }, compares)

/** What a computed trait is at this moment: `{computed: 'orders-90d', gte: 3}`. */
export const ComputedCondition = Type.Object({ computed: Name, ...relativeComparisons }, compares)

/** A stated preference: `{preference: 'topics', contains: 'running'}`. */
export const PreferenceCondition = Type.Object({ preference: Name, ...relativeComparisons }, compares)

/** The last answer to a survey: `{feedback: 'nps', gte: 9}`. */
export const FeedbackCondition = Type.Object({ feedback: Name, ...relativeComparisons }, compares)

/** A prediction's score: `{score: 'churn', gte: 0.7}`. Nobody has one before a model gave it. */
export const ScoreCondition = Type.Object({ score: Name, ...comparisons }, compares)

/**
 * What is known of the person besides traits: `{person: 'device.type', is: 'mobile'}`. One of `device.type`, `device.os`,
 * `locale`, `timezone`, `acquisition.first.campaign`, `firstSeen` and `lastSeen` (instants), `events` and the like.
 */
export const PersonCondition = Type.Object({ person: Name, ...relativeComparisons }, compares)

/** The context of the decision: `{context: 'device.type', is: 'mobile'}`. A path into what the caller sent and we found out. */
export const ContextCondition = Type.Object({ context: Name, ...relativeComparisons }, compares)

/**
 * Did something at least n times (once), and at most n times: `{did: 'Product Viewed', atLeast: 3, within: '7d'}`. `within` is
 * the time up to now, `since` an instant; `sinceLast` names an event and counts what came later than its last time, which is
 * nothing where it never happened. A page or screen is named by its name.
 */
export const DidCondition = Type.Object(
  {
    did: Name,
    where: Type.Optional(EventFilter),
    atLeast: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    atMost: Type.Optional(Type.Integer({ minimum: 0, maximum: 99 })),
    within: Type.Optional(Duration),
    since: Type.Optional(Instant),
    sinceLast: Type.Optional(Name),
  },
  closed,
)

/** A value made from events, compared: `{value: {sum: 'total', of: 'Order Completed', within: '90d'}, gte: 100}`. */
export const ValueCondition = Type.Object({ value: Aggregate, ...relativeComparisons }, compares)

const Step = Type.Object({ did: Name, where: Type.Optional(EventFilter), within: Type.Optional(Duration) }, closed)
const Absence = Type.Object({ not: Name, where: Type.Optional(EventFilter), within: Duration }, closed)

/**
 * One thing after another: `{sequence: [{did: 'A'}, {did: 'B', within: '7d'}, {not: 'C', within: '2d'}]}`: B later than A and at
 * most 7 days after it, and then no C within 2 days, so that it holds from the end of the two days on. `within` of a step is the
 * time since the step before; `not` may come last. `within` of the whole: completed at most so long ago (not with a `not`).
 */
export const SequenceCondition = Type.Object(
  {
    sequence: Type.Array(Type.Union([Step, Absence]), { minItems: 2, maxItems: 10 }),
    within: Type.Optional(Duration),
  },
  closed,
)

/** The session that goes on: `{session: 'events', gte: 5}`, or its `minutes`. Without one nothing but `exists: false` holds. */
export const SessionCondition = Type.Object(
  { session: Type.Union([Type.Literal('events'), Type.Literal('minutes')]), ...comparisons },
  compares,
)

/** Struggles in the session that goes on: any of what is named happened so often. `true` stands for the values of `STRUGGLE`. */
export const StrugglingCondition = Type.Object(
  {
    struggling: Type.Union([
      Type.Literal(true),
      Type.Object(
        { repeats: Type.Optional(Count), errors: Type.Optional(Count), back: Type.Optional(Count) },
        { additionalProperties: false, minProperties: 1 },
      ),
    ]),
  },
  closed,
)

/** Is in a segment: `{segment: 'buyers'}`. */
export const SegmentCondition = Type.Object({ segment: Name }, closed)

/** The last statement for a purpose: `{consent: 'ads', is: true}`. Nothing said is neither true nor false. */
export const ConsentCondition = Type.Object({ consent: Name, is: Type.Boolean() }, closed)

/** The last statement for a list or channel: `{subscription: 'newsletter', is: 'subscribed'}`. */
export const SubscriptionCondition = Type.Object(
  { subscription: Name, is: Type.Union([Type.Literal('subscribed'), Type.Literal('unsubscribed')]) },
  closed,
)

/** Now is within an entry of the workspace's calendar: `{calendar: 'black-friday'}`, or of a kind: `{calendar: {kind: 'sale'}}`. */
export const CalendarCondition = Type.Object(
  {
    calendar: Type.Union([
      Name,
      Type.Object({ kind: Type.Union([Type.Literal('sale'), Type.Literal('holiday'), Type.Literal('event')]) }, closed),
    ]),
  },
  closed,
)

const Clock = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: 'Such as 09:30.' })
const Day = Type.Union([
  Type.Literal('mon'),
  Type.Literal('tue'),
  Type.Literal('wed'),
  Type.Literal('thu'),
  Type.Literal('fri'),
  Type.Literal('sat'),
  Type.Literal('sun'),
])

/**
 * The time of day and the day of the week: `{time: {from: '09:00', to: '17:00', days: ['mon'], zone: 'person'}}`. From inclusive,
 * to exclusive; over midnight where `to` is not later. In the person's zone where it is asked for and known, by `context.timezone` of the
 * caller or else as last heard of; otherwise in the workspace's.
 */
export const TimeCondition = Type.Object(
  {
    time: Type.Object(
      {
        from: Type.Optional(Clock),
        to: Type.Optional(Clock),
        days: Type.Optional(Type.Array(Day, { minItems: 1, maxItems: 7 })),
        zone: Type.Optional(Type.Union([Type.Literal('person'), Type.Literal('workspace')], { default: 'workspace' })),
      },
      { additionalProperties: false, minProperties: 1 },
    ),
  },
  closed,
)

/** The company: `{account: {trait: 'plan', is: 'enterprise'}}`, one of the person's accounts has the trait so. */
const AccountTrait = TraitCondition

/** The condition language: readable JSON, nested by `all`, `any` and `not`. */
export const Condition = Type.Cyclic(
  {
    Condition: Type.Union([
      Type.Object({ all: Type.Array(Type.Ref('Condition'), { minItems: 1, maxItems: 100 }) }, closed),
      Type.Object({ any: Type.Array(Type.Ref('Condition'), { minItems: 1, maxItems: 100 }) }, closed),
      Type.Object({ not: Type.Ref('Condition') }, closed),
      Type.Object(
        { account: Type.Union([AccountTrait, Type.Object({ anyone: Type.Ref('Condition') }, closed)]) },
        closed,
      ),
      TraitCondition,
      ComputedCondition,
      PreferenceCondition,
      FeedbackCondition,
      ScoreCondition,
      PersonCondition,
      ContextCondition,
      DidCondition,
      ValueCondition,
      SequenceCondition,
      SessionCondition,
      StrugglingCondition,
      SegmentCondition,
      ConsentCondition,
      SubscriptionCondition,
      CalendarCondition,
      TimeCondition,
    ]),
  },
  'Condition',
)
export type TraitCondition = Type.Static<typeof TraitCondition>
export type ComputedCondition = Type.Static<typeof ComputedCondition>
export type PreferenceCondition = Type.Static<typeof PreferenceCondition>
export type FeedbackCondition = Type.Static<typeof FeedbackCondition>
export type ScoreCondition = Type.Static<typeof ScoreCondition>
export type PersonCondition = Type.Static<typeof PersonCondition>
export type ContextCondition = Type.Static<typeof ContextCondition>
export type DidCondition = Type.Static<typeof DidCondition>
export type ValueCondition = Type.Static<typeof ValueCondition>
export type SequenceCondition = Type.Static<typeof SequenceCondition>
export type SessionCondition = Type.Static<typeof SessionCondition>
export type StrugglingCondition = Type.Static<typeof StrugglingCondition>
export type SegmentCondition = Type.Static<typeof SegmentCondition>
export type ConsentCondition = Type.Static<typeof ConsentCondition>
export type SubscriptionCondition = Type.Static<typeof SubscriptionCondition>
export type CalendarCondition = Type.Static<typeof CalendarCondition>
export type TimeCondition = Type.Static<typeof TimeCondition>
/** Exactly one of the shapes. */
export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | AccountCondition
  | TraitCondition
  | ComputedCondition
  | PreferenceCondition
  | FeedbackCondition
  | ScoreCondition
  | PersonCondition
  | ContextCondition
  | DidCondition
  | ValueCondition
  | SequenceCondition
  | SessionCondition
  | StrugglingCondition
  | SegmentCondition
  | ConsentCondition
  | SubscriptionCondition
  | CalendarCondition
  | TimeCondition
/** Of one of the person's accounts: a trait of it, or that anyone who belongs to it fulfils a condition. */
export type AccountCondition = { account: TraitCondition | { anyone: Condition } }
