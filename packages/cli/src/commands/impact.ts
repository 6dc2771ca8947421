import type { Estimate } from '@espalier/core/experiment'
import { type Effect, isShort, type Programme, type Row } from '@espalier/core/impact'
import { palette } from '../output/colour.ts'
import { inDays, money, percent, plainNumber, signedPercent } from '../output/number.ts'
import { count } from '../output/progressLine.ts'
import { table } from '../output/table.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

interface Options extends ClientOptions {
  metric?: string
  from?: string
  to?: string
  by?: string
  segments?: string
  csv: boolean
}

/** `GET /v1/impact`. */
type Report = Programme & { complete: boolean; from: string | null; to: string | null }

export const impactCommand: Register = (program, shell) => {
  const command = program
    .command('impact')
    .description('what the whole programme brings: lift and money a month, held against the holdout')
    .option('--metric <key>', 'the KPI; that of the settings, or revenue, unless given')
    .option('--from <instant>', 'from this instant on; the first exposure unless given')
    .option('--to <instant>', 'before this instant; now unless given')
    .option('--by <length>', 'week or month')
    .option('--segments <keys>', 'segments to tell apart by, separated by commas')
    .option('--csv', 'print the rows as CSV', false)
  withClientOptions(command, shell).action(async (options: Options) => {
    const api = apiOf(options, shell)
    const { metric, from, to, by, segments } = options
    const given = Object.entries({ metric, from, to, by, segments, ...(options.csv && { format: 'csv' }) }).filter(
      (field): field is [string, string] => field[1] !== undefined,
    )
    const path = `/v1/impact${given.length === 0 ? '' : `?${new URLSearchParams(given)}`}`
    if (options.csv) return shell.out(await (await api.download(path, 'text/csv')).text())
    const report = await api.get<Report>(path, 'sentence')
    if (options.json) return printJson(shell, report)
    shell.out(body(report))
    const paint = palette(shell.colour)
    shell.out(`\n${paint.bold(report.sentence)}\n`)
    for (const note of report.notes) shell.out(`${paint.yellow('!')} ${note}\n`)
    if (!report.complete) shell.out('The newest events are still on their way to the warehouse.\n')
  })
}

function body(report: Report): string {
  const { from, to, days, spend, currency } = report
  const groups: [string, readonly Row[]][] = [
    ['experience', report.experiences],
    ['touchpoint', report.touchpoints],
    ['tactic', report.tactics],
    ['channel', report.channels],
    ['stage', report.stages],
    ['segment', report.segments],
    ['from', report.periods],
  ]
  const parts = from === null ? [] : [`${from.slice(0, 10)} to ${(to ?? '').slice(0, 10)}, ${inDays(days)}\n`]
  for (const [by, rows] of groups) if (rows.length > 0) parts.push(`\n${effects(by, rows, report)}`)
  if (report.holdout.people.control > 0) {
    parts.push(`\n${effects('against', [{ ...report.holdout, key: 'the holdout' }], report)}`)
  }
  for (const { key, targeting } of report.experiences) {
    const { known, total, sentence } = targeting
    if (!known || total?.value == null) continue
    parts.push(`\n${key}: targeting added ${amount(total, report)}. ${sentence}\n`)
  }
  for (const { timing } of report.touchpoints) if (timing.known) parts.push(`\n${timing.sentence}\n`)
  if (spend.total > 0) {
    const cost = spend.acquisitionCost.value
    const back = spend.returnOnSpend.value
    parts.push(
      `\nSpend ${money(spend.total, currency)}${cost === null ? '' : `, ${money(cost, currency)} a new customer`}${back === null ? '' : `, ${plainNumber(Number(back.toFixed(2)))} back for each spent`}\n`,
    )
  }
  const { mean, of } = spend.lifetimeValue
  if (mean.value !== null) {
    parts.push(`A customer has brought ${money(mean.value, currency)} until now${of === 'net' ? '' : ' in revenue'}\n`)
  }
  return parts.join('')
}

function effects(by: string, rows: readonly Row[], report: Report): string {
  const { kpi, currency, days } = report
  const mean = (value: number | null) =>
    value === null
      ? '–'
      : kpi.type === 'conversion'
        ? percent(value)
        : kpi.type === 'money'
          ? money(value, currency)
          : plainNumber(value)
  const short = isShort(days)
  const worth = ({ month, money }: Effect) => (short ? (money.net ?? money.revenue) : (month.net ?? month.revenue))
  const isNet = rows.some(({ money }) => money.net !== null)
  return table(
    [
      by,
      'people',
      'control',
      kpi.name,
      'without',
      'lift',
      'interval',
      `${isNet ? 'net' : 'revenue'} ${short ? 'so far' : 'a month'}`,
      'interval',
    ],
    rows.map(row => [
      row.key,
      count(row.people.personalized),
      count(row.people.control),
      mean(row.kpi.personalized),
      mean(row.kpi.control),
      row.kpi.lift.value === null ? '–' : signedPercent(row.kpi.lift.value),
      range(row.kpi.lift, signedPercent),
      worth(row).value === null ? '–' : money(worth(row).value!, currency),
      range(worth(row), value => money(value, '')),
    ]),
    [1, 2, 3, 4, 5, 6, 7, 8],
  )
}

function amount({ value }: Estimate, { kpi, currency }: Report): string {
  if (value === null) return '–'
  return kpi.type === 'money' ? money(value, currency) : `${plainNumber(value)} × ${kpi.name}`
}

function range({ interval }: Pick<Estimate, 'interval'>, show: (value: number) => string): string {
  return interval === null ? '' : `${show(interval[0])} to ${show(interval[1])}`
}
