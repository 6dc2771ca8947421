import type { Calibration, Promised, Suggestion } from '@espalier/core/optimizer'
import { UsageError } from '../errors.ts'
import { palette } from '../output/colour.ts'
import { plainNumber, signedPercent } from '../output/number.ts'
import { table } from '../output/table.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

interface Options extends ClientOptions {
  now: boolean
  record: boolean
  note?: string
}

/** `GET /v1/next`. */
interface Next {
  at: number | null
  sentence: string
  suggestions: (Suggestion & { id: string; since: number })[]
}

/** `GET /v1/next/record`. */
interface RecordOf {
  calibration: Calibration
  record: Omit<Promised, 'base' | 'version'>[]
}

export const next: Register = (program, shell) => {
  const command = program
    .command('next [what] [id]')
    .description('what to do next, and why; done <id> or dismiss <id> says what became of it')
    .option('--now', 'look now, not as of the last daily look', false)
    .option('--record', 'what was promised beside what was measured afterwards', false)
    .option('--note <text>', 'with done or dismiss: why')
  withClientOptions(command, shell).action(
    async (what: string | undefined, id: string | undefined, options: Options) => {
      const api = apiOf(options, shell)
      const paint = palette(shell.colour)
      if (what !== undefined) {
        if ((what !== 'done' && what !== 'dismiss') || id === undefined) {
          throw new UsageError('It is not said what became of which suggestion', 'Write done <id> or dismiss <id>')
        }
        const line = await api.post<RecordOf['record'][number]>(
          `/v1/next/${encodeURIComponent(id)}/${what}`,
          { ...(options.note !== undefined && { note: options.note }) },
          'state',
          { named: { 'body.note': '--note' } },
        )
        if (options.json) return printJson(shell, line)
        const due = line.measure === undefined ? '' : `, and is measured on ${day(line.measure.due)}`
        return shell.out(`${line.id} is ${line.state}${line.state === 'done' ? due : ''}.\n`)
      }
      if (options.record) {
        const found = await api.get<RecordOf>('/v1/next/record', 'record')
        if (options.json) return printJson(shell, found)
        if (found.record.length > 0) shell.out(`${recordTable(found.record)}\n`)
        return shell.out(`${paint.bold(found.calibration.sentence)}\n`)
      }
      const found = options.now
        ? await api.post<Next>('/v1/next', {}, 'suggestions')
        : await api.get<Next>('/v1/next', 'suggestions')
      if (options.json) return printJson(shell, found)
      const { suggestions, at, sentence } = found
      if (suggestions.length > 0) shell.out(`${listTable(suggestions)}\n`)
      for (const { id: own, reason, action } of suggestions) {
        shell.out(`${paint.bold(own)}\n  ${reason}\n  ${action.say}\n`)
      }
      const when =
        at === null
          ? ' Look now with --now.'
          : ` (as of ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC)`
      shell.out(`${suggestions.length > 0 ? '\n' : ''}${sentence}${when}\n`)
    },
  )
}

function listTable(suggestions: Next['suggestions']): string {
  const rows = suggestions.map(({ kind, about, expected }) => [
    kind,
    about.experience ?? about.touchpoint ?? about.metric ?? '',
    about.variant ?? about.segment ?? '',
    about.metric ?? '',
    expected === null ? '' : signedPercent(expected.lift),
    expected === null ? '' : intervalText(expected.interval),
    expected?.monthly ? `${plainNumber(Math.round(expected.monthly.value))} ${expected.monthly.unit}` : '',
  ])
  return table(['do', 'at', 'for', 'metric', 'expected', 'interval', 'a month'], rows, [4, 5, 6])
}

function recordTable(record: RecordOf['record']): string {
  const rows = record.map(({ id, state, suggestion: { expected }, outcome }) => [
    id,
    state,
    expected === null ? '' : `${signedPercent(expected.lift)} (${intervalText(expected.interval)})`,
    outcome === undefined ? '' : outcome.lift === null ? 'not measurable' : signedPercent(outcome.lift),
    outcome?.interval ? intervalText(outcome.interval) : '',
    outcome?.inside == null ? '' : outcome.inside ? 'inside' : 'outside',
    outcome === undefined || outcome.by === 'nothing' ? '' : outcome.by,
  ])
  return table(['suggestion', 'state', 'promised', 'measured', 'interval', '', 'against'], rows, [2, 3, 4])
}

const intervalText = ([low, high]: readonly [number, number]) => `${signedPercent(low)} to ${signedPercent(high)}`

const day = (at: number) => new Date(at).toISOString().slice(0, 10)
