/** As in core/time/instant.ts. */
const SHAPE =
  '^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{1,9}))?)?(?:Z|([+-])([0-9]{2}):([0-9]{2})))?$'

const DAY = 86_400_000

/**
 * Epoch milliseconds of an ISO 8601 instant with a zone, or of a date; NULL where the text is none, or no calendar has the day: the
 * same as `parseInstant`. By arithmetic, since the engine's own times end with the year 2299.
 */
export function instantOf(text: string): string {
  const part = (i: number) => `toInt64OrZero(g[${i}])`
  const isLeap = 'y % 4 = 0 AND (y % 100 != 0 OR y % 400 = 0)'
  const lastDay = `[31, if(${isLeap}, 29, 28), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m]`
  // Days since 1970 by the calendar that has years begin in March; 400 years on, so that nothing is negative.
  const days = `(
    365 * z + intDiv(z, 4) - intDiv(z, 100) + intDiv(z, 400) + intDiv(153 * (if(m > 2, m - 3, m + 9)) + 2, 5) + d - 1 - 719468 - 146097
  )`
  const time = `${part(4)} * 3600000 + ${part(5)} * 60000 + ${part(6)} * 1000 + toInt64OrZero(rightPad(substring(g[7], 1, 3), 3, '0'))`
  const offset = `(${part(9)} * 60 + ${part(10)}) * 60000`
  const isReal = `m >= 1 AND m <= 12 AND d >= 1 AND d <= ${lastDay}
    AND ${part(4)} <= 23 AND ${part(5)} <= 59 AND ${part(6)} <= 59 AND ${part(9)} <= 23 AND ${part(10)} <= 59`
  // A list of one, so that each part has a name.
  const instant = `arrayMap(
    (g, y, m, d, z) -> if(${isReal}, toNullable(${days} * ${DAY} + ${time} + if(g[8] = '-', ${offset}, -${offset})), NULL),
    [g], [${part(1)}], [${part(2)}], [${part(3)}], [${part(1)} + 400 - if(${part(2)} > 2, 0, 1)]
  )[1]`
  return `arrayMap(g -> if(empty(g), NULL, ${instant}), [extractGroups(${text}, '${SHAPE}')])[1]`
}
