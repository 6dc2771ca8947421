import Type from 'typebox'
import { Instant } from '../time/schema.ts'

export const Scalar = Type.Unsafe<string | number | boolean>({
  type: ['string', 'number', 'boolean'],
  maxLength: 1000,
  description: 'Text, a number, true or false.',
})

const Text = Type.String({ minLength: 1, maxLength: 1000 })

const common = {
  is: Type.Optional(Scalar),
  isNot: Type.Optional(Scalar),
  in: Type.Optional(Type.Array(Scalar, { minItems: 1, maxItems: 1000 })),
  notIn: Type.Optional(Type.Array(Scalar, { minItems: 1, maxItems: 1000 })),
  gt: Type.Optional(Type.Number()),
  gte: Type.Optional(Type.Number()),
  lt: Type.Optional(Type.Number()),
  lte: Type.Optional(Type.Number()),
  contains: Type.Optional(Text),
  startsWith: Type.Optional(Text),
  endsWith: Type.Optional(Text),
  matches: Type.Optional(Text),
  exists: Type.Optional(Type.Boolean()),
}

/**
 * Comparisons of an actual value with a stated one. Types are never coerced: `is: 3` does not hold for the text "3". A
 * missing value and null are the same; they are equal to nothing, so `is` fails and `isNot` holds. Text is compared case by
 * case; only numbers are greater or less, and only than numbers. `contains` finds a piece of a text, or an element of a list.
 * `matches` finds a regular expression of RE2 in a text: no look-around and no back references, so that none can hang.
 * `before` and `after` compare text that is an ISO 8601 date or instant, as an instant.
 */
export const comparisons = {
  ...common,
  before: Type.Optional(Instant),
  after: Type.Optional(Instant),
}

/** An instant, or one relative to now: `now`, `now-7d`, `now+3d`. */
export const RelativeInstant = Type.String({
  pattern:
    '^(now([+-][1-9][0-9]{0,5}(s|m|h|d|w))?|\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?(Z|[+-]\\d{2}:\\d{2}))?)$',
  description: 'now, now-7d, now+3d, or ISO 8601 such as 2026-11-01.',
})

/** The same for values that are looked at now, so that an instant may be relative to now. */
export const relativeComparisons = {
  ...common,
  before: Type.Optional(RelativeInstant),
  after: Type.Optional(RelativeInstant),
}

export const COMPARES =
  'Name at least one comparison: is, isNot, in, notIn, gt, gte, lt, lte, contains, startsWith, endsWith, matches, before, after or exists.'
