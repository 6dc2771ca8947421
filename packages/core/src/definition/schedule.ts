import Type from 'typebox'

/** An instant, ISO 8601; without an offset it is what a clock in the schedule's zone shows. */
const When = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?(Z|[+-]\\d{2}:\\d{2})?)?$',
  description:
    'ISO 8601, such as 2026-11-01T09:00:00+01:00, or, with zone, 2026-11-01T09:00. A date alone is its midnight, in UTC unless a zone is set.',
})

const Clock = Type.String({
  pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
  description: 'Such as 09:30; 24:00 ends a day.',
})

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** When something runs. */
export const Schedule = Type.Object(
  {
    start: Type.Optional({ ...When }),
    end: Type.Optional({ ...When }),
    zone: Type.Optional(
      Type.String({
        maxLength: 60,
        description:
          'Whose clock: person (as the caller says in context.timezone, else as last heard of, else the workspace’s), workspace, or an IANA zone.',
      }),
    ),
    days: Type.Optional(
      Type.Array(Type.Enum(DAYS, { type: 'string' }), {
        minItems: 1,
        uniqueItems: true,
        description: 'On these days of the week only.',
      }),
    ),
    hours: Type.Optional(
      Type.Array(Type.Object({ from: Clock, to: Clock }, { additionalProperties: false }), {
        minItems: 1,
        maxItems: 24,
        description:
          'Between these times only, from on and until before to. Past midnight where to is before from: the hours belong to the day on which they begin.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'When it runs: from start on, until before end, on these days, at these hours. Zone: workspace unless set.',
  },
)
export type Schedule = Type.Static<typeof Schedule>
