import { Option } from 'commander'
import { table } from '../output/table.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

interface KeyView {
  id: string
  kind: string
  label: string
  created: number
  revoked?: number
}

export const keys: Register = (program, shell) => {
  const group = program.command('keys').description('the keys of the workspace')

  withClientOptions(
    group.command('list').description('all keys; never the keys themselves, only their hashes are kept'),
    shell,
  ).action(async (options: ClientOptions) => {
    const answer = await apiOf(options, shell).get<{ keys: KeyView[] }>('/v1/keys', 'keys')
    if (options.json) return printJson(shell, answer.keys)
    const rows = answer.keys.map(({ id, kind, label, created, revoked }) => [
      id,
      kind,
      label,
      day(created),
      revoked === undefined ? '' : `revoked ${day(revoked)}`,
    ])
    shell.out(table(['id', 'kind', 'label', 'made', ''], rows))
  })

  const create = group
    .command('create')
    .description('make a key; it is shown this once')
    .addOption(
      new Option(
        '--kind <kind>',
        'write: send events and decide; analyst: read, what is personal hidden; secret: everything',
      )
        .choices(['write', 'analyst', 'secret'])
        .makeOptionMandatory(),
    )
    .option('--label <text>', 'what it is for', '')
  withClientOptions(create, shell).action(async (options: ClientOptions & { kind: string; label: string }) => {
    const { kind, label } = options
    const named = { 'body.label': '--label' }
    const made = await apiOf(options, shell).post<KeyView & { key: string }>('/v1/keys', { kind, label }, 'key', {
      named,
    })
    if (options.json) return printJson(shell, made)
    shell.out(`${made.key}\n`)
    shell.err(`This is the ${made.kind} key ${made.id}. It is not shown again.\n`)
  })

  const revoke = group.command('revoke <id>').description('revoke a key, for ever')
  withClientOptions(revoke, shell).action(async (id: string, options: ClientOptions) => {
    await apiOf(options, shell).remove(`/v1/keys/${encodeURIComponent(id)}`)
    if (options.json) return printJson(shell, { revoked: id })
    shell.out(`${id} is revoked\n`)
  })
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
