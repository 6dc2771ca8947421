import { many } from '@espalier/core'
import type { Estimate, Impact, Novelty, VariantReport } from '@espalier/core/experiment'
import type { Evidence, Indication, ResultPage } from '@espalier/core/result'
import type { SummaryAnswer } from '@espalier/server'
import { explain, UsageError } from '../errors.ts'
import type { Api } from '../http/api.ts'
import { type Palette, palette } from '../output/colour.ts'
import { money, percent, plainNumber, signedPercent } from '../output/number.ts'
import { count } from '../output/progressLine.ts'
import { table } from '../output/table.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

interface Options extends ClientOptions {
  metric?: string
  from?: string
  to?: string
  csv?: boolean
  by?: string
  variant?: string
  comparison?: string
}

/** `GET /v1/experiences/{key}/impact`. */
type Result = Impact & ResultPage & { readonly complete: boolean }

/** `GET /v1/experiences/{key}/evidence`. */
interface Found {
  readonly evidence: Evidence | null
  readonly time: readonly ({ readonly variant: string; readonly people: number } & Novelty)[] | null
  readonly timeSays?: string
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
    .option('--by <attributes>', 'who responded best: segment:KEY, trait:NAME, context:PATH, time, separated by commas')
    .option('--variant <key>', 'of --by: this variant; all together unless given')
    .option('--comparison <touchpoint>', 'without a control group: whose visitors to hold before and after against')
    .option('--csv', 'one experience as a table for a spreadsheet')
  withClientOptions(command, shell).action(async (experience: string | undefined, options: Options) => {
    const api = apiOf(options, shell)
    const range = query({ from: options.from, to: options.to })
    if (experience !== undefined) {
      refuseMixed(options)
      if (options.by !== undefined) {
        const path = `/v1/experiences/${encodeURIComponent(experience)}/evidence`
        const { by, variant, metric, from, to } = options
        const found = await api.get<Found>(`${path}${query({ by, variant, metric, from, to })}`, 'evidence')
        return options.json ? printJson(shell, found) : shell.out(evidenceText(found, palette(shell.colour)))
      }
      if (options.csv) {
        const table = await api.download(impactPath(experience, { ...options, format: 'csv' }), 'text/csv')
        return shell.out(await table.text())
      }
      const result = await api.get<Result>(impactPath(experience, { ...options }), 'answer')
      if (options.json) return printJson(shell, result)
      return shell.out(resultText(result, palette(shell.colour)))
    }
    const alone = (['by', 'variant', 'metric', 'comparison', 'csv'] as const).find(name => options[name] !== undefined)
    if (alone !== undefined) throw new UsageError(`--${alone} is of one experience`, 'Name it: espalier report KEY')
    const summary = await api.get<SummaryAnswer>(`/v1/summary${range}`, 'totals')
    const experiences = await sentences(api)
    if (options.json) return printJson(shell, { ...summary, experiences })
    shell.out(totals(summary))
    for (const { key, sentence } of experiences) shell.out(`\n${palette(shell.colour).bold(key)}: ${sentence}\n`)
  })
}

/** Who responded best is another question than what it changes: each has its own options. */
function refuseMixed({ by, variant, comparison, csv, json }: Options): void {
  if (by === undefined && variant !== undefined) {
    throw new UsageError('--variant is of --by', 'Say by what: --by trait:NAME; without --by every variant is shown')
  }
  if (by !== undefined && comparison !== undefined) throw new UsageError('--comparison is not of --by', 'Leave one out')
  if (csv && (json || by !== undefined))
    throw new UsageError(`--csv is not of --${json ? 'json' : 'by'}`, 'Leave one out')
}

/** What each running experience with a goal changes, in a sentence. */
async function sentences(api: Api): Promise<{ key: string; sentence: string }[]> {
  const { experiences } = await api.get<{ experiences: LiveExperience[] }>('/v1/experiences', 'experiences')
  const found: { key: string; sentence: string }[] = []
  for (const { key, body } of experiences) {
    if (!body.goal || body.status === 'draft') continue
    const sentence = await api.get<Result>(impactPath(key, {}), 'answer').then(
      ({ answer, next }) => `${answer.label}. ${answer.sentence} ${next.says}`,
      error => explain(error),
    )
    found.push({ key, sentence })
  }
  return found
}

interface Asked {
  metric?: string
  from?: string
  to?: string
  comparison?: string
  format?: string
}

function impactPath(experience: string, { metric, from, to, comparison, format }: Asked): string {
  return `/v1/experiences/${encodeURIComponent(experience)}/impact${query({ metric, from, to, comparison, format })}`
}

/** The result page for a terminal: question and answer, numbers, checks, what to do next. */
function resultText(result: Result, paint: Palette): string {
  const { question, hypothesis, answer, fixed, checks, next, traffic, warnings, indication, complete } = result
  const mark = (passed: boolean | null) =>
    passed === null ? paint.dim('?') : passed ? paint.green('\u2713') : paint.red('\u2717')
  const guarded = guardrailTable(result)
  return [
    `${paint.bold(question)}${hypothesis === undefined ? '' : `\n${hypothesis}`}\n`,
    `${paint.bold(`${answer.label}.`)} ${answer.sentence}\n\n`,
    impactTable(result),
    guarded === '' ? '' : `\n${guarded}`,
    '\n',
    ...checks.map(({ passed, says }) => `${mark(passed)} ${says}\n`),
    ...warnings.map(({ message }) => `${paint.yellow('!')} ${message}\n`),
    indication === null ? '' : indicationText(indication, paint),
    `\n${paint.bold('Next:')} ${next.says}\n`,
    ...(traffic?.instead ?? []).map(({ message }) => `  - ${message}\n`),
    paint.dim(`${fixed.says}\n`),
    complete ? '' : 'The newest events are still on their way to the warehouse.\n',
  ].join('')
}

/** Before and after, where there is nothing better: week by week, since days are many. */
function indicationText({ certainty, series, says }: Indication, paint: Palette): string {
  const weeks = (['before', 'after'] as const).flatMap(period => {
    const days = series.filter(day => day.period === period)
    return Array.from({ length: Math.ceil(days.length / 7) }, (_, week) => days.slice(7 * week, 7 * week + 7))
  })
  const mean = (days: Indication['series'], of: 'touched' | 'comparison') =>
    plainNumber(days.reduce((sum, day) => sum + day[of].value, 0) / days.length)
  const rows = weeks.map(days => [
    days[0]!.period,
    days[0]!.day,
    String(days.length),
    mean(days, 'touched'),
    mean(days, 'comparison'),
  ])
  const head = ['', 'from', 'days', 'at the touchpoint', 'comparison']
  return [
    `\n${paint.bold(`${certainty[0]!.toUpperCase()}${certainty.slice(1)}:`)} ${says}\n`,
    rows.length === 0 ? '' : table(head, rows, [2, 3, 4]),
  ].join('')
}

/** Who responded how, what a rule would bring, and how the difference goes on. */
function evidenceText({ evidence, time, timeSays }: Found, paint: Palette): string {
  const parts: string[] = []
  for (const { dimension, segments } of evidence?.drilldown.dimensions ?? []) {
    const rows = segments.map(({ value, people, lift, adjustedP, responds }) => [
      value,
      count(people.treatment),
      count(people.control),
      lift.value === null ? '–' : signedPercent(lift.value),
      intervalOf(lift),
      adjustedP === null ? '' : probability(adjustedP),
      responds,
    ])
    parts.push(
      table([dimension, 'saw it', 'control', 'lift', 'interval', 'p', 'responds'], rows, [1, 2, 3, 4, 5]),
      '\n',
    )
  }
  if (evidence !== null) parts.push(`${paint.bold(evidence.sentence)}\n`)
  if (evidence?.rule) parts.push(`${evidence.rule.sentence}\n`)
  for (const { variant, people, verdict, days } of time ?? []) {
    const values = days.map(({ value }) => (value === null ? '–' : plainNumber(value))).join(' ')
    parts.push(`${variant} by day, of ${count(people)} people: ${verdict} (${values})\n`)
  }
  if (timeSays !== undefined) parts.push(`Over time: ${timeSays}\n`)
  return parts.length === 0 ? 'Nobody has been seen for whom it could be told yet.\n' : parts.join('')
}

/** Guardrails that anybody did anything of. */
function guardrailTable({ numbers }: Result): string {
  const guarded = numbers.filter(({ role }) => role === 'guardrail')
  const seen = guarded.filter(({ metric }) => guarded.some(row => row.metric === metric && row.conversions > 0))
  if (seen.length === 0) return ''
  const rows = seen.map(({ metric, arm, people, conversions, mean, lift, anytime }) => [
    metric,
    arm === '' ? '(control)' : arm,
    count(people),
    count(conversions),
    mean === null ? '' : plainNumber(mean),
    lift === null ? '' : signedPercent(lift),
    anytime === null ? '' : `${signedPercent(anytime[0])} to ${signedPercent(anytime[1])}`,
  ])
  return table(['guardrail', 'arm', 'people', 'did', 'mean', 'lift', 'always-valid interval'], rows, [2, 3, 4, 5, 6])
}

function query(fields: Record<string, string | undefined>): string {
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

function totals({ totals: all, events, revenue, countries, complete }: SummaryAnswer): string {
  const parts = [
    `${many(all.people, 'person', 'people')}, ${many(all.events, 'event')}, ${many(all.decisions, 'decision')}, ${many(all.exposures, 'exposure')}`,
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
