import { createReadStream, existsSync } from 'node:fs'
import { CliError } from '../errors.ts'
import type { Register } from '../program.ts'
import { printJson } from './client.ts'

export const restore: Register = (program, shell) => {
  program
    .command('restore <file>')
    .description('make a data folder of a backup; start a server with it afterwards')
    .requiredOption('--data <folder>', 'the folder to make; it must not exist, or be empty')
    .option('--json', 'print the answer as JSON', false)
    .action(async (file: string, options: { data: string; json: boolean }) => {
      if (!existsSync(file))
        throw new CliError(`${file} does not exist`, { mend: 'Name a file that `espalier backup` wrote' })
      const { restoreBackup } = await import('@espalier/server')
      await restoreBackup(createReadStream(file), options.data)
      if (options.json) return printJson(shell, { data: options.data })
      shell.out(`${options.data} is restored; start it with \`espalier start --data ${options.data}\`\n`)
    })
}
