import type { JsonObject } from '@espalier/core'
import { CliError } from '../errors.ts'
import { table } from '../output/table.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

/** `GET /v1/library`. */
interface Library {
  rhythmDays: number
  measured: boolean
  entries: { kind: string; key: string; home: string; body: JsonObject & { description?: string } }[]
}

interface AddOptions extends ClientOptions {
  rhythm?: string
  currency?: string
}

export const libraryCommand: Register = (program, shell) => {
  const group = program.command('library').description('ready-made segments, computed traits and metrics')
  const list = group.command('list', { isDefault: true }).description('what there is')
  withClientOptions(list, shell).action(async (options: ClientOptions) => {
    const found = await apiOf(options, shell).get<Library>('/v1/library', 'entries')
    if (options.json) return printJson(shell, found)
    shell.out(
      `Customers usually come back after ${found.rhythmDays} days (${found.measured ? 'measured' : 'assumed: too few orders to tell'}).\n\n`,
    )
    const rows = found.entries.map(({ home, kind, key, body }) => [
      home,
      kind === 'computedTrait' ? 'computed trait' : kind,
      key,
      body.description ?? '',
    ])
    shell.out(table(['for', 'kind', 'key', 'meaning'], rows))
    shell.out('\nPublish some with: espalier library add <key…>\n')
  })
  const add = group
    .command('add <keys...>')
    .description('publish some of them as they are; change them afterwards like any definition')
    .option('--rhythm <days>', 'days after which customers usually come back; measured unless given')
    .option('--currency <code>', 'that metrics of money convert to, such as EUR')
  withClientOptions(add, shell).action(async (keys: string[], options: AddOptions) => {
    const api = apiOf(options, shell)
    const given = new URLSearchParams({
      ...(options.rhythm !== undefined && { rhythmDays: options.rhythm }),
      ...(options.currency !== undefined && { currency: options.currency }),
    })
    const query = given.size === 0 ? '' : `?${given}`
    const { entries } = await api.get<Library>(`/v1/library${query}`, 'entries', {
      named: { 'query.rhythmDays': '--rhythm' },
    })
    const changes = keys.map(wanted => {
      const found = entries.find(({ key }) => key === wanted)
      if (found === undefined) {
        throw new CliError(`There is nothing ready-made called "${wanted}"`, {
          mend: '`espalier library` lists what there is',
        })
      }
      return { kind: found.kind, key: found.key, body: found.body }
    })
    const result = await api.post<{ changed: { key: string; change: string }[] }>(
      '/v1/definitions',
      { changes },
      'changed',
    )
    if (options.json) return printJson(shell, result)
    for (const { key, change } of result.changed) shell.out(`${key}: ${change}\n`)
  })
}
