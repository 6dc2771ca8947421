import { readDefinitions } from '../definitions/files.ts'
import { live, missingFrom, publish } from '../definitions/live.ts'
import { palette } from '../output/colour.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

interface Options extends ClientOptions {
  prune: boolean
}

export const push: Register = (program, shell) => {
  const command = program
    .command('push <paths...>')
    .description('publish definitions from YAML or JSON files or folders of them, all or none')
    .option('--prune', 'archive what is live and in none of the files', false)
  withClientOptions(command, shell).action(async (paths: string[], options: Options) => {
    const stated = readDefinitions(paths)
    const api = apiOf(options, shell)
    const set = await live(api)
    const archive = options.prune ? missingFrom(stated, set) : []
    const published = await publish(api, stated, { dryRun: false, expected: set.version, archive })
    if (options.json) return printJson(shell, published)
    const paint = palette(shell.colour)
    const changed = published.changed.filter(({ change }) => change !== 'unchanged')
    for (const { kind, key, version, change } of changed) {
      const colour = change === 'created' ? paint.green : change === 'archived' ? paint.red : paint.yellow
      shell.out(`${colour(change.padEnd(8))} ${kind} ${key}${change === 'archived' ? '' : ` (version ${version})`}\n`)
    }
    const same = published.changed.length - changed.length
    shell.out(`${changed.length} changed, ${same} unchanged; live at version ${published.version}\n`)
  })
}
