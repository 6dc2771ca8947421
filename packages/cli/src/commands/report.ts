import type { Estimate, Impact, VariantReport } from '@espalier/core/experiment'
import { explain } from '../errors.ts'
import type { Api } from '../http/api.ts'
import { palette } from '../output/colour.ts'
import { money, percent, plainNumber, signedPercent } from '../output/number.ts'
import { count } from '../output/progressLine.ts'
import { table } from '../output/table.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

interface Options extends ClientOptions {
  metric?: string
  from?: string
  to?: string
}

/** `GET /v1/summary`. */
interface Summary {
  complete: boolean
  events: { name: string; type: string; count: number }[]
  totals: {
    events: number
    people: number
    accounts: number
    decisions: number
    exposures: number
    first: number | null
    last: number | null
  }
  revenue: { name: string; currency: string; count: number; sum: number }[]
  countries: { country: string; people: number; orders: number }[]
}

interface LiveExperience {
  key: string
  body: { status?: string; goal?: string }
}

export const report: Register = (program, shell) => {
  const command = program
    .command('report [experience]')
    .description('totals and what each experience changes; or one experience, arm by arm')
    .option('--metric <key>', 'the metric; the goal of the experience unless given')
    .option('--from <instant>', 'from this instant on')
    .option('--to <instant>', 'before this instant')
  withClientOptions(command, shell).action(async (experience: string | undefined, options: Options) => {
    const api = apiOf(options, shell)
    const range = query({ from: options.from, to: options.to })
    if (experience !== undefined) {
      const impact = await api.get<Impact & { complete: boolean }>(impactPath(experience, { ...options }))
      if (options.json) return printJson(shell, impact)
      const paint = palette(shell.colour)
      shell.out(impactTable(impact))
      shell.out(`\n${paint.bold(verdictOf(impact))}${impact.sentence}\n`)
      for (const { message } of impact.warnings) shell.out(`${paint.yellow('!')} ${message}\n`)
      if (!impact.complete) shell.out('The newest events are still on their way to the warehouse.\n')
      return
    }
    const summary = await api.get<Summary>(`/v1/summary${range}`)
    const experiences = await sentences(api)
    if (options.json) return printJson(shell, { ...summary, experiences })
    shell.out(totals(summary))
    for (const { key, sentence } of experiences) shell.out(`\n${palette(shell.colour).bold(key)}: ${sentence}\n`)
  })
}

/** What each running experience with a goal changes, in a sentence. */
async function sentences(api: Api): Promise<{ key: string; sentence: string }[]> {
  const { experiences } = await api.get<{ experiences: LiveExperience[] }>('/v1/experiences')
  const found: { key: string; sentence: string }[] = []
  for (const { key, body } of experiences) {
    if (!body.goal || body.status === 'draft') continue
    const sentence = await api.get<Impact>(impactPath(key, {})).then(
      impact => `${verdictOf(impact)}${impact.sentence}`,
      error => explain(error),
    )
    found.push({ key, sentence })
  }
  return found
}

function impactPath(experience: string, { metric, from, to }: { metric?: string; from?: string; to?: string }): string {
  return `/v1/experiences/${encodeURIComponent(experience)}/impact${query({ metric, from, to })}`
}

function query(fields: Record<string, string | undefined>): string {
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

function totals({ totals: all, events, revenue, countries, complete }: Summary): string {
  const parts = [
    `${count(all.people)} people, ${count(all.events)} events, ${count(all.decisions)} decisions, ${count(all.exposures)} exposures`,
    all.first === null || all.last === null ? '' : `, ${day(all.first)} to ${day(all.last)}`,
    complete ? '\n' : ' (the newest events are still on their way to the warehouse)\n',
  ]
  if (events.length > 0) {
    const rows = events.slice(0, 20).map(({ name, type, count: n }) => [name, type, count(n)])
    parts.push(`\n${table(['event', 'type', 'count'], rows, [2])}`)
  }
  if (revenue.length > 0) {
    const rows = revenue.map(({ name, currency, count: n, sum }) => [name, count(n), money(sum, currency)])
    parts.push(`\n${table(['money', 'count', 'sum'], rows, [1, 2])}`)
  }
  if (countries.length > 0) {
    const rows = countries.slice(0, 10).map(({ country, people, orders }) => [country, count(people), count(orders)])
    parts.push(`\n${table(['country', 'people', 'orders'], rows, [1, 2])}`)
  }
  return parts.join('')
}

/** The one verdict, in front of the sentence that explains it. */
function verdictOf({ verdict }: Pick<Impact, 'verdict'>): string {
  return verdict ? `${verdict.label}. ` : ''
}

function impactTable(impact: Impact): string {
  const share = impact.metric.type === 'conversion'
  const mean = (value: number | null) => (value === null ? '' : share ? percent(value) : plainNumber(value))
  const rows = impact.variants.map(variant => [
    variant.variant,
    count(variant.people),
    count(variant.exposures),
    count(variant.conversions),
    mean(variant.mean),
    ...liftOf(variant),
  ])
  const { control } = impact
  if (control)
    rows.unshift([
      '(control)',
      count(control.people),
      count(control.exposures),
      count(control.conversions),
      mean(control.mean),
      '',
      '',
      '',
    ])
  const value = impact.metric.currency ? `${impact.metric.name} (${impact.metric.currency})` : impact.metric.name
  return table(
    ['variant', 'people', 'exposures', 'converted', value, 'lift', 'interval', 'p'],
    rows,
    [1, 2, 3, 4, 5, 6, 7],
  )
}

function liftOf({ lift }: VariantReport): [lift: string, interval: string, p: string] {
  return [
    lift.value === null ? '–' : signedPercent(lift.value),
    intervalOf(lift),
    lift.p === null ? '' : probability(lift.p),
  ]
}

function intervalOf({ interval }: Estimate): string {
  return interval === null ? '' : `${signedPercent(interval[0])} to ${signedPercent(interval[1])}`
}

function probability(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
