import Type from 'typebox'

/** A length of time: a whole number and a unit, `30m`, `24h`, `7d`, `2w`. */
export const Duration = Type.String({
  pattern: '^[1-9][0-9]{0,5}(s|m|h|d|w)$',
  description: 'Such as 30m, 24h, 7d or 2w.',
})

/** An instant, ISO 8601 with a zone. */
export const Instant = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?(Z|[+-]\\d{2}:\\d{2}))?$',
  description: 'ISO 8601, such as 2026-11-01 (midnight UTC) or 2026-11-01T09:00:00+01:00.',
})
