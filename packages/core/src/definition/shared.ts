import Type from 'typebox'

/** Key of a definition: how other definitions, files and the API name it. */
export const Key = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,99}$',
  description: 'Lower case letters, digits, dot, dash and underscore; up to 100 characters.',
})

/** Content of a touchpoint: any JSON value. `{"$item": "sku"}` in it stands for that catalog item. */
export const Content = Type.Unknown({ description: 'Any JSON value; {"$item": "id"} stands for that catalog item.' })

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
