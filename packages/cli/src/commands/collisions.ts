import type { Collisions } from '@espalier/core/collision'
import { readDefinitions } from '../definitions/files.ts'
import { publish } from '../definitions/live.ts'
import { palette } from '../output/colour.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

export const collisions: Register = (program, shell) => {
  const command = program
    .command('collisions [paths...]')
    .description('show experiences that want the same place for the same people; with files, as it would be with them')
  withClientOptions(command, shell).action(async (paths: string[], options: ClientOptions) => {
    const api = apiOf(options, shell)
    const found =
      paths.length === 0
        ? await api.get<Collisions>('/v1/collisions', 'collisions')
        : ((await publish(api, readDefinitions(paths), { dryRun: true })).collisions ?? { collisions: [], more: false })
    if (options.json) return printJson(shell, found)
    const paint = palette(shell.colour)
    for (const { kind, message, mend } of found.collisions) {
      const colour = kind === 'never-shown' ? paint.red : kind === 'tie' ? paint.yellow : paint.dim
      shell.out(`${colour(kind.padEnd(11))} ${message}\n${paint.dim(`            ${mend}`)}\n`)
    }
    if (found.collisions.length === 0) shell.out('No collisions.\n')
    if (found.more) shell.out('There are more than are shown.\n')
  })
}
