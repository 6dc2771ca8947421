import type { Json } from '@espalier/core'
import { type Difference, differences } from '../definitions/difference.ts'
import { readDefinitions, type StatedDefinition } from '../definitions/files.ts'
import { type LiveSet, live, missingFrom, publish } from '../definitions/live.ts'
import { normalBody } from '../definitions/normal.ts'
import { type Palette, palette } from '../output/colour.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

interface Options extends ClientOptions {
  prune: boolean
}

interface Entry {
  readonly kind: string
  readonly key: string
  readonly change: 'created' | 'updated' | 'archived'
  readonly file?: string
  readonly differences: readonly Difference[]
}

export const diff: Register = (program, shell) => {
  const command = program
    .command('diff <paths...>')
    .description('show what push would change, checked by the server')
    .option('--prune', 'also what is live and in none of the files', false)
  withClientOptions(command, shell).action(async (paths: string[], options: Options) => {
    const stated = readDefinitions(paths)
    const api = apiOf(options, shell)
    const set = await live(api)
    const archive = options.prune ? missingFrom(stated, set) : []
    // What cannot be published is an error here already.
    await publish(api, stated, { dryRun: true, archive })
    const entries: Entry[] = [
      ...compared(stated, set),
      ...archive.map(({ kind, key }) => ({ kind, key, change: 'archived' as const, differences: [] })),
    ]
    if (options.json) return printJson(shell, entries)
    shell.out(
      entries.length === 0 ? 'No differences.\n' : entries.map(entry => shown(entry, palette(shell.colour))).join(''),
    )
  })
}

function compared(stated: readonly StatedDefinition[], set: LiveSet): Entry[] {
  return stated.flatMap(({ kind, key, body, file }): Entry[] => {
    const known = set.definitions.find(one => one.kind === kind && one.key === key && !one.archived)
    const normal = normalBody(kind, key, body)
    if (!known) return [{ kind, key, change: 'created', file, differences: differences({}, normal) }]
    const found = differences(known.body, normal)
    return found.length === 0 ? [] : [{ kind, key, change: 'updated', file, differences: found }]
  })
}

function shown(entry: Entry, paint: Palette): string {
  const sign = { created: paint.green('+'), updated: paint.yellow('~'), archived: paint.red('-') }[entry.change]
  const head = `${sign} ${paint.bold(`${entry.kind} ${entry.key}`)}${entry.file ? paint.dim(`  ${entry.file}`) : ''}\n`
  return head + entry.differences.map(difference => line(difference, paint)).join('')
}

function line({ path, before, after }: Difference, paint: Palette): string {
  if (before === undefined) return `    ${path}: ${paint.green(compact(after))}\n`
  if (after === undefined) return `    ${path}: ${paint.red(compact(before))} ${paint.dim('removed')}\n`
  return `    ${path}: ${paint.red(compact(before))} → ${paint.green(compact(after))}\n`
}

function compact(value: Json | undefined): string {
  const text = JSON.stringify(value)
  return text.length > 160 ? `${text.slice(0, 157)}...` : text
}
