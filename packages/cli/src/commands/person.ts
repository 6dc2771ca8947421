import { existsSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { ReadableStream } from 'node:stream/web'
import { many } from '@espalier/core'
import { CliError } from '../errors.ts'
import type { Api } from '../http/api.ts'
import { count, ProgressLine } from '../output/progressLine.ts'
import { table } from '../output/table.ts'
import type { Register } from '../program.ts'
import type { Shell } from '../shell.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

/** `GET /v1/erasures/{id}`, as far as it is shown. */
interface Erasure {
  id: string
  profile: string
  stage: 'requested' | 'logical' | 'physical'
  requested: number
  physical?: { facts: { at: string; rows: Record<string, number> }; sha256: string }
  error?: string
}

/** Between two looks at an erasure that is not finished. */
const LOOK_MS = 500

export const person: Register = (program, shell) => {
  const group = program.command('person').description('what is known of one person: export it, erase it')

  const exported = group
    .command('export <person> [file]')
    .description(
      'everything known of somebody (userId:… or a profile id) as JSON lines, to standard output without a file',
    )
    .option('--force', 'replace the file if it exists', false)
  withClientOptions(exported, shell).action(
    async (ref: string, file: string | undefined, options: ClientOptions & { force: boolean }) => {
      if (file === undefined) {
        await copy(apiOf(options, shell), shell, ref, async text => shell.out(text))
        return
      }
      if (existsSync(file) && !options.force) {
        throw new CliError(`${file} exists`, { mend: 'Name another file, or replace it with --force' })
      }
      const part = `${file}.part`
      const out = await open(part, 'w', 0o600)
      try {
        const lines = await copy(apiOf(options, shell), shell, ref, text => out.appendFile(text))
        await out.close()
        renameSync(part, file)
        if (options.json) printJson(shell, { file, lines })
        else shell.out(`${file}: ${many(lines, 'line')}\n`)
      } catch (error) {
        await out.close().catch(() => undefined)
        rmSync(part, { force: true })
        throw error
      }
    },
  )

  const erased = group
    .command('erase <person>')
    .description('erase somebody (userId:… or a profile id) for ever, with a receipt')
    .option('--yes', 'do it: there is no way back', false)
    .option('--wait', 'until nothing of them is on any disk', false)
  withClientOptions(erased, shell).action(
    async (ref: string, options: ClientOptions & { yes: boolean; wait: boolean }) => {
      const api = apiOf(options, shell)
      if (!options.yes) {
        const { profile } = await api.get<{ profile: { id: string; events: number } }>(pathOf(ref), 'profile')
        throw new CliError(`${ref} is profile ${profile.id} with ${many(profile.events, 'event')}`, {
          mend: 'Say --yes to erase them for ever; `espalier person export` keeps a copy for them',
          exitCode: 2,
        })
      }
      let erasure = api.asExpected<Erasure>(await api.request('DELETE', pathOf(ref)), 'stage')
      if (!options.json) shell.err(`No request knows them any more. This is erasure ${erasure.id}.\n`)
      if (options.wait) erasure = await finished(api, shell, erasure)
      if (options.json) return printJson(shell, erasure)
      shell.out(`${erasure.id} ${told(erasure)}\n`)
    },
  )

  const erasures = group.command('erasures [id]').description('erasures and how far they are, or one with its receipts')
  withClientOptions(erasures, shell).action(async (id: string | undefined, options: ClientOptions) => {
    const api = apiOf(options, shell)
    if (id !== undefined)
      return printJson(shell, await api.get<Erasure>(`/v1/erasures/${encodeURIComponent(id)}`, 'stage'))
    const { erasures: list } = await api.get<{ erasures: Erasure[] }>('/v1/erasures', 'erasures')
    if (options.json) return printJson(shell, list)
    const rows = list.map(one => [one.id, one.profile, new Date(one.requested).toISOString(), told(one)])
    shell.out(table(['erasure', 'profile', 'asked for', 'how far'], rows))
  })
}

function pathOf(ref: string): string {
  return `/v1/profiles/${encodeURIComponent(ref)}`
}

function told({ stage, physical, error }: Erasure): string {
  if (physical !== undefined) return `on no disk since ${physical.facts.at} (receipt ${physical.sha256})`
  return `${stage}${error === undefined ? '' : `: ${error}`}`
}

/** Looks until it is on no disk; what stands in the way is said once. */
async function finished(api: Api, shell: Shell, begun: Erasure): Promise<Erasure> {
  const path = `/v1/erasures/${encodeURIComponent(begun.id)}`
  let said = ''
  for (let erasure = begun; ; erasure = await api.get<Erasure>(path, 'stage', { retries: 5 })) {
    if (erasure.stage === 'physical') return erasure
    const { error = '' } = erasure
    if (error !== said) shell.err(`${error} It is tried again.\n`)
    said = error
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
}

/** Hands on the lines of an export; how many. Throws where the last of them did not come. */
async function copy(api: Api, shell: Shell, ref: string, write: (text: string) => Promise<void>): Promise<number> {
  const response = await api.download(`${pathOf(ref)}/export`, 'application/x-ndjson')
  const progress = new ProgressLine(shell)
  const decoder = new TextDecoder()
  let expected = 0
  let lines = 0
  let rest = ''
  let last = ''
  try {
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      const text = decoder.decode(chunk, { stream: true })
      const whole = (rest + text).split('\n')
      rest = whole.pop() ?? ''
      if (lines === 0 && whole[0] !== undefined) expected = rowsOf(whole[0])
      lines += whole.length
      last = whole.at(-1) ?? last
      await write(text)
      progress.update('Exporting', lines / Math.max(expected, 1), () => `${count(lines)} lines`)
    }
  } catch (cause) {
    throw incomplete(cause)
  } finally {
    progress.clear()
  }
  if (rest !== '' || !isEnd(last, lines)) throw incomplete()
  return lines
}

/** Lines there will be, by the first. */
function rowsOf(about: string): number {
  const { rows = {} } = JSON.parse(about) as { rows?: Record<string, number> }
  return Object.values(rows).reduce((sum, n) => sum + n, 3)
}

function isEnd(line: string, lines: number): boolean {
  const end = JSON.parse(line === '' ? '{}' : line) as { kind?: string; lines?: number }
  return end.kind === 'end' && end.lines === lines
}

function incomplete(cause?: unknown): CliError {
  return new CliError('The export broke off before its end', {
    mend: 'Run it again; `espalier doctor` says what is down',
    ...(cause === undefined ? {} : { cause }),
  })
}
