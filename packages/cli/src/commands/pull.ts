import { live } from '../definitions/live.ts'
import { writeDefinitions } from '../definitions/write.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

export const pull: Register = (program, shell) => {
  const command = program
    .command('pull <folder>')
    .description('write what is live to files, one a definition; files that say the same already are not touched')
  withClientOptions(command, shell).action(async (folder: string, options: ClientOptions) => {
    const pulled = writeDefinitions(folder, await live(apiOf(options, shell)))
    if (options.json) return printJson(shell, pulled)
    for (const path of pulled.created) shell.out(`created  ${path}\n`)
    for (const path of pulled.updated) shell.out(`updated  ${path}\n`)
    for (const { kind, key, file } of pulled.local) shell.out(`only here ${kind} ${key} in ${file}\n`)
    shell.out(`${pulled.created.length + pulled.updated.length} written, ${pulled.unchanged} unchanged\n`)
  })
}
