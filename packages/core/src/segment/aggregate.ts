import Type from 'typebox'
import { EventFilter } from '../filter/filter.ts'
import { Duration } from '../time/schema.ts'

const Name = Type.String({ minLength: 1, maxLength: 200 })
const closed = { additionalProperties: false } as const
const ever = { of: Name, where: Type.Optional(EventFilter) }
const windowed = { ...ever, within: Type.Optional(Duration) }

/** How many times: `{count: 'Product Viewed', within: '30d'}`. */
export const Count = Type.Object(
  { count: Name, where: Type.Optional(EventFilter), within: Type.Optional(Duration) },
  closed,
)

/**
 * A value made from the events of a name (`of`), of which all conditions of `where` hold. What a window means (R11): of up to
 * two days the current hour and those before it, else the current day of the workspace's zone and those before it: `7d` is today
 * and the six days before. Numbers are taken by ten-thousandths and up to 100 billion; others do not count.
 *
 * - `count`, `sum`, `average`, `min`, `max`, `distinct`: numbers. Of no event the count, sum and distinct are 0, the others missing.
 * - `first`, `last`: text, a number, true or false, of the first and last event that has one; `last` within an exact time.
 * - `mostFrequent`: the value that occurred most often, of several the one whose JSON is least. `list`: all of them, by their JSON.
 * - `daysSince`: whole days of 24 hours since the first or last such event; missing before it.
 * - `sessions`: how many sessions began within the exact time.
 */
export const Aggregate = Type.Union(
  [
    Count,
    Type.Object({ sum: Name, ...windowed }, closed),
    Type.Object({ average: Name, ...windowed }, closed),
    Type.Object({ min: Name, ...windowed }, closed),
    Type.Object({ max: Name, ...windowed }, closed),
    Type.Object({ distinct: Name, ...windowed }, closed),
    Type.Object({ mostFrequent: Name, ...windowed }, closed),
    Type.Object({ list: Name, ...windowed }, closed),
    Type.Object({ first: Name, ...ever }, closed),
    Type.Object({ last: Name, ...windowed }, closed),
    Type.Object({ daysSince: Type.Union([Type.Literal('first'), Type.Literal('last')]), ...ever }, closed),
    Type.Object({ sessions: Type.Literal('count'), within: Type.Optional(Duration) }, closed),
  ],
  {
    description:
      'Name one of count, sum, average, min, max, distinct, mostFrequent, list, first, last, daysSince or sessions, such as {"count": "Product Viewed", "within": "30d"} or {"sum": "total", "of": "Order Completed"}.',
  },
)
export type Aggregate = Type.Static<typeof Aggregate>
