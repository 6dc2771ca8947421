import { readFileSync } from 'node:fs'
import { type JsonObject, many } from '@espalier/core'
import type { Estimate } from '@espalier/core/whatif'
import { UsageError } from '../errors.ts'
import { palette } from '../output/colour.ts'
import { plainNumber } from '../output/number.ts'
import { count } from '../output/progressLine.ts'
import { table } from '../output/table.ts'
import type { Register } from '../program.ts'
import { parseYaml } from '../yaml.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

interface Options extends ClientOptions {
  variant?: string
  policy?: string
  control?: boolean
  metric?: string
  reward?: string
  from?: string
  to?: string
  confidence?: string
}

/** `POST /v1/whatif`. */
interface Report {
  complete: boolean
  verdict: 'answered' | 'careful' | 'refused'
  sentence: string
  estimators?: Record<string, Estimate> | null
  overlap?: {
    effectivePeople: number
    people: number
    decisions: number
    arms: { variant: string; shown: number; wanted: number; reward: number }[]
  }
  doubts?: { message: string }[]
  notes: string[]
}

export const whatif: Register = (program, shell) => {
  const command = program
    .command('whatif <experience>')
    .description('what another policy would have brought, judged on logged decisions')
    .option('--variant <key>', 'this variant for everybody')
    .option('--policy <file>', 'a policy as an experience may have it, as YAML or JSON')
    .option('--control', 'the default content for everybody, as the control group has it')
    .option('--metric <key>', 'the metric; the goal of the experience unless given')
    .option('--reward <kind>', 'conversion or value; that of the metric unless given')
    .option('--from <instant>', 'decisions from this instant on')
    .option('--to <instant>', 'decisions before this instant')
    .option('--confidence <share>', 'of the intervals, such as 0.9')
  withClientOptions(command, shell).action(async (experience: string, options: Options) => {
    const { metric, reward, from, to, confidence } = options
    const given = Object.entries({ metric, reward, from, to }).filter(([, value]) => value !== undefined)
    const body: JsonObject = {
      experience,
      policy: policyOf(options),
      ...(Object.fromEntries(given) as JsonObject),
      ...(confidence === undefined ? {} : { confidence: Number(confidence) }),
    }
    const named = { 'body.experience': 'experience', ...(options.variant && { 'body.policy.variant': '--variant' }) }
    const report = await apiOf(options, shell).post<Report>('/v1/whatif', body, 'verdict', { named })
    if (options.json) return printJson(shell, report)
    const paint = palette(shell.colour)
    if (report.estimators) shell.out(`${estimates(report.estimators)}\n`)
    if (report.overlap) shell.out(`${arms(report.overlap)}\n`)
    shell.out(`${paint.bold(report.sentence)}\n`)
    for (const { message } of report.doubts ?? []) {
      if (!report.sentence.includes(message)) shell.out(`${paint.yellow('!')} ${message}\n`)
    }
    for (const note of report.notes) shell.out(`${note}\n`)
    if (!report.complete) shell.out('The newest events are still on their way to the warehouse.\n')
  })
}

function policyOf({ variant, policy, control }: Options): JsonObject {
  if ([variant, policy, control].filter(given => given !== undefined).length !== 1) {
    throw new UsageError('It is not said what to judge', 'Give one of --variant, --policy and --control')
  }
  if (control) return { kind: 'control' }
  if (variant !== undefined) return { kind: 'fixed', variant }
  const [document, ...more] = parseYaml(readFileSync(policy!, 'utf8'), policy!)
  if (document === undefined || more.length > 0) {
    throw new UsageError(`${policy} does not hold one policy`, 'Write one document, such as kind: bandit')
  }
  return document.value as JsonObject
}

function estimates(by: Record<string, Estimate>): string {
  const number = (x: number | null) => (x === null ? '–' : plainNumber(x))
  const rows = Object.entries(by).map(([name, { value, interval }]) => [
    name,
    number(value),
    interval === null ? '' : `${number(interval[0])} to ${number(interval[1])}`,
  ])
  return table(['estimator', 'a decision', 'interval'], rows, [1, 2])
}

function arms({ arms, decisions, people, effectivePeople }: NonNullable<Report['overlap']>): string {
  const rows = arms.map(({ variant, shown, wanted }) => [
    variant === '' ? '(default)' : variant,
    count(shown),
    count(Math.round(wanted)),
  ])
  const said = `${many(decisions, 'decision')} of ${many(people, 'person', 'people')}, which tell as much as ${count(Math.round(effectivePeople))}`
  return `${table(['variant', 'was shown', 'would be'], rows, [1, 2])}\n${said}\n`
}
