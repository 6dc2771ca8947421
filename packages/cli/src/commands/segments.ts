import { existsSync, renameSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { csvCell, type Json, many } from '@espalier/core'
import { CliError } from '../errors.ts'
import type { Api } from '../http/api.ts'
import { count, ProgressLine } from '../output/progressLine.ts'
import { table } from '../output/table.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

/** `GET /v1/segments/{key}`. */
interface Segment {
  state: 'live' | 'building'
  progress?: { filled: number; looked: number; people: number }
  size: number
  history: { day: string; entered: number; left: number; size: number }[]
  overlap: { segment: string; both: number; size: number }[]
}

/** `GET /v1/segments/{key}/members`. */
interface Page {
  members: { profile: string; userId?: string; since: number; traits: Record<string, unknown> }[]
  leftOut: number
  looked: number
  people: number
  next?: string
}

/** `POST /v1/segments/preview`. */
interface Preview {
  size: number
  history: { at: number; size: number }[]
  overlap: { segment: string; both: number; size: number }[]
}

/** How far a new one is. */
function buildingOf({ state, progress }: Segment): string {
  if (state === 'live') return ''
  if (progress === undefined) return ', still building'
  const { filled, looked, people } = progress
  const done =
    looked > 0 ? `${count(looked)} of ${count(people)} people looked at` : `the past of ${count(filled)} read`
  return `, still building: ${done}`
}

export const segments: Register = (program, shell) => {
  const group = program.command('segments').description('who is in a segment, and since when')
  const list = group.command('list', { isDefault: true }).description('all segments with their sizes')
  withClientOptions(list, shell).action(async (options: ClientOptions) => {
    const api = apiOf(options, shell)
    const { segments: keys } = await api.get<{ segments: { key: string }[] }>('/v1/segments', 'segments')
    const found: (Segment & { key: string })[] = []
    for (const { key } of keys) found.push({ key, ...(await api.get<Segment>(pathOf(key), 'state')) })
    if (options.json) return printJson(shell, found)
    shell.out(
      table(
        ['segment', 'people', 'entered today', 'left today', 'state'],
        found.map(({ key, size, history, state }) => {
          const today = history.at(-1)
          return [key, count(size), count(today?.entered ?? 0), count(today?.left ?? 0), state]
        }),
      ),
    )
  })
  const show = group.command('show <segment>').description('one segment: size, history, overlap with others')
  withClientOptions(show, shell).action(async (key: string, options: ClientOptions) => {
    const segment = await apiOf(options, shell).get<Segment>(pathOf(key), 'state')
    if (options.json) return printJson(shell, segment)
    shell.out(`${key}: ${many(segment.size, 'person', 'people')}${buildingOf(segment)}\n\n`)
    shell.out(
      table(
        ['day', 'entered', 'left', 'people'],
        segment.history.map(({ day, entered, left, size }) => [day, count(entered), count(left), count(size)]),
      ),
    )
    if (segment.overlap.length === 0) return
    shell.out('\n')
    shell.out(
      table(
        ['also in', 'people in both', 'people in the other'],
        segment.overlap.slice(0, 20).map(({ segment: other, both, size }) => [other, count(both), count(size)]),
      ),
    )
  })
  const preview = group
    .command('preview <condition>')
    .description(
      'how many people a condition (JSON, or the name of a segment) holds for, by the log, before it is published',
    )
    .option('--days <n>', 'the sizes at this time of so many past days')
    .option('--with <segments>', 'segments to tell the overlap with, separated by commas')
  withClientOptions(preview, shell).action(
    async (condition: string, options: ClientOptions & { days?: string; with?: string }) => {
      const body = {
        condition: conditionOf(condition),
        ...(options.days !== undefined && { days: Number(options.days) }),
        ...(options.with !== undefined && { with: options.with.split(',').filter(name => name !== '') }),
      }
      const named = { 'body.condition': 'condition' }
      const found = await apiOf(options, shell).post<Preview>('/v1/segments/preview', body, 'size', { named })
      if (options.json) return printJson(shell, found)
      shell.out(`${many(found.size, 'person', 'people')}\n`)
      if (found.history.length > 0) {
        const rows = found.history.map(({ at, size }) => [new Date(at).toISOString().slice(0, 10), count(size)])
        shell.out(`\n${table(['day', 'people'], rows)}`)
      }
      if (found.overlap.length > 0) {
        const rows = found.overlap.map(({ segment, both, size }) => [segment, count(both), count(size)])
        shell.out(`\n${table(['also in', 'people in both', 'people in the other'], rows)}`)
      }
    },
  )
  const members = group
    .command('export <segment> <file>')
    .description('write everybody in a segment to a CSV file')
    .option('--traits <names>', 'traits to write of each, separated by commas')
    .option('--purpose <purpose>', 'what it is for: whoever refuses that is left out', 'analytics')
    .option('--force', 'replace the file if it exists', false)
  withClientOptions(members, shell).action(
    async (
      key: string,
      file: string,
      options: ClientOptions & { traits?: string; purpose: string; force: boolean },
    ) => {
      if (existsSync(file) && !options.force) {
        throw new CliError(`${file} exists`, { mend: 'Name another file, or replace it with --force' })
      }
      const traits = (options.traits ?? '').split(',').filter(name => name !== '')
      const part = `${file}.part`
      const line = new ProgressLine(shell)
      const out = await open(part, 'w', 0o600)
      try {
        const asked = { key, traits, purpose: options.purpose }
        const { written, leftOut } = await writeAll(apiOf(options, shell), asked, out, (looked, people, found) =>
          line.update('Exporting', looked / Math.max(people, 1), () => `${count(found)} people`),
        )
        await out.close()
        renameSync(part, file)
        line.clear()
        if (options.json) return printJson(shell, { file, people: written, leftOut })
        shell.out(`${file}: ${many(written, 'person', 'people')}\n`)
        if (leftOut > 0) shell.out(`${count(leftOut)} more refuse ${options.purpose} and are left out\n`)
      } catch (error) {
        await out.close().catch(() => undefined)
        rmSync(part, { force: true })
        throw error
      } finally {
        line.clear()
      }
    },
  )
}

function conditionOf(text: string): Json {
  if (!text.trimStart().startsWith('{')) return { segment: text }
  try {
    return JSON.parse(text) as Json
  } catch {
    throw new CliError('The condition is no JSON', {
      mend: `Write it such as '{"did": "Order Completed", "within": "28d"}'`,
      exitCode: 2,
    })
  }
}

function pathOf(key: string): string {
  return `/v1/segments/${encodeURIComponent(key)}`
}

/** Page by page, so that it says how far it is and a page that fails is asked for again. */
async function writeAll(
  api: Api,
  { key, traits, purpose }: { readonly key: string; readonly traits: readonly string[]; readonly purpose: string },
  out: FileHandle,
  progress: (looked: number, people: number, found: number) => void,
): Promise<{ written: number; leftOut: number }> {
  await out.appendFile(`${['profile', 'userId', 'since', ...traits].map(csvCell).join(',')}\n`)
  let looked = 0
  let written = 0
  let leftOut = 0
  let after: string | undefined
  do {
    const query = new URLSearchParams({
      purpose,
      ...(after && { after }),
      ...(traits.length > 0 && { traits: traits.join(',') }),
    })
    const page: Page = await api.get<Page>(`${pathOf(key)}/members?${query}`, 'members', { retries: 5 })
    const lines = page.members.map(({ profile, userId = '', since, traits: told }) => {
      const values = [profile, userId, new Date(since).toISOString(), ...traits.map(name => told[name] ?? '')]
      return `${values.map(csvCell).join(',')}\n`
    })
    await out.appendFile(lines.join(''))
    looked += page.looked
    written += page.members.length
    leftOut += page.leftOut
    progress(looked, page.people, written)
    after = page.next
  } while (after !== undefined)
  return { written, leftOut }
}
