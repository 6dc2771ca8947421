import { csvCell } from '../csv.ts'
import type { Effect } from './effect.ts'
import type { MonthEstimate } from './month.ts'
import type { Programme, Row } from './report.ts'

const COLUMNS = [
  'by',
  'key',
  'name',
  'people',
  'people_control',
  'kpi',
  'kpi_control',
  'lift',
  'lift_low',
  'lift_high',
  'kpi_month',
  'kpi_month_low',
  'kpi_month_high',
  'revenue_month',
  'revenue_month_low',
  'revenue_month_high',
  'net_month',
  'net_month_low',
  'net_month_high',
  'discounts',
  'discounts_given_anyway',
  'given_anyway_low',
  'given_anyway_high',
  'sends',
  'spend',
  'revenue',
  'revenue_low',
  'revenue_high',
  'net',
  'net_low',
  'net_high',
] as const

/** A line an experience, touchpoint, tactic and so on; all but the months is of the time the report is over; what is not known is empty. Lines end in CRLF, as RFC 4180 has it. */
export function programmeCsv(programme: Programme): string {
  const lines: (string | number | null)[][] = [[...COLUMNS]]
  const groups: [string, readonly Row[]][] = [
    ['experience', programme.experiences],
    ['touchpoint', programme.touchpoints],
    ['tactic', programme.tactics],
    ['channel', programme.channels],
    ['stage', programme.stages],
    ['segment', programme.segments],
    ['period', programme.periods],
  ]
  for (const [by, rows] of groups) for (const row of rows) lines.push([by, row.key, row.name ?? '', ...numbersOf(row)])
  lines.push(['holdout', 'programme', '', ...numbersOf(programme.holdout)])
  return lines.map(line => `${line.map(csvCell).join(',')}\r\n`).join('')
}

function numbersOf({ people, kpi, month, money }: Effect): (number | null)[] {
  const three = (estimate: MonthEstimate | null) => [
    estimate?.value ?? null,
    estimate?.interval?.[0] ?? null,
    estimate?.interval?.[1] ?? null,
  ]
  return [
    people.personalized,
    people.control,
    kpi.personalized,
    kpi.control,
    ...three(kpi.lift),
    ...three(month.kpi),
    ...three(month.revenue),
    ...three(month.net),
    money.discounts.value,
    ...three(money.givenAnyway.total),
    money.sends.value,
    money.spend,
    ...three(money.revenue),
    ...three(money.net),
  ]
}
