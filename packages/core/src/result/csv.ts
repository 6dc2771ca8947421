import { csvCell } from '../csv.ts'
import type { Indication } from './indication.ts'
import type { ResultPage } from './page.ts'

const COLUMNS = [
  'part',
  'metric',
  'role',
  'arm',
  'people',
  'exposures',
  'conversions',
  'mean',
  'standard_deviation',
  'lift',
  'lift_low',
  'lift_high',
  'p',
  'anytime_low',
  'anytime_high',
  'anytime_p',
  'verdict',
  'check',
  'passed',
  'says',
] as const

type Line = Partial<Record<(typeof COLUMNS)[number], string | number | boolean | null>>

/** A result page as one table: `part` says what a line is. What is not known is empty. Lines end in CRLF, as RFC 4180 has it. */
export function resultCsv(page: ResultPage): string {
  const { question, answer, fixed, numbers, checks, next, indication } = page
  const lines: Line[] = [
    { part: 'question', says: question },
    { part: 'answer', verdict: answer.verdict, says: answer.sentence },
    { part: 'fixed', metric: fixed.metric, says: fixed.says },
    ...numbers.map(
      ({ interval, anytime, standardDeviation, anytimeP, ...row }): Line => ({
        part: 'number',
        ...row,
        arm: row.arm === '' ? 'control' : row.arm,
        standard_deviation: standardDeviation,
        lift_low: interval?.[0] ?? null,
        lift_high: interval?.[1] ?? null,
        anytime_low: anytime?.[0] ?? null,
        anytime_high: anytime?.[1] ?? null,
        anytime_p: anytimeP,
      }),
    ),
    ...checks.map(
      ({ check, metric, passed, says }): Line => ({ part: 'check', metric: metric ?? null, check, passed, says }),
    ),
    ...(indication === null ? [] : indicationLines(fixed.metric, indication)),
    { part: 'next', verdict: next.do, arm: next.variant ?? null, says: next.says },
  ]
  const rows = [COLUMNS, ...lines.map(line => COLUMNS.map(column => line[column] ?? null))]
  return rows.map(row => `${row.map(csvCell).join(',')}\r\n`).join('')
}

/** Of each series its days, and what the one changed beyond the other. */
function indicationLines(metric: string, { effect, series, says }: Indication): Line[] {
  const days = (of: 'touched' | 'comparison') =>
    series.map(
      ({ day, period, [of]: { people, value } }): Line => ({
        part: `day ${period}`,
        metric,
        arm: of,
        people,
        mean: value,
        says: day,
      }),
    )
  const interval = { lift_low: effect.interval?.[0] ?? null, lift_high: effect.interval?.[1] ?? null }
  return [
    { part: 'indication', metric, lift: effect.value, ...interval, p: effect.p, says },
    ...days('touched'),
    ...days('comparison'),
  ]
}
