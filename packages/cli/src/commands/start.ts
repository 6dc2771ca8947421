import {
  environmentName,
  flagName,
  mistypedVariables,
  type Option,
  OptionError,
  optionNames,
  optionTable,
  readOptions,
} from '@espalier/server/options'
import { UsageError } from '../errors.ts'
import type { Register } from '../program.ts'
import type { Shell } from '../shell.ts'

export const start: Register = (program, shell) => {
  const command = program
    .command('start')
    .description('start a server; its options may also be environment variables or lines of a config file')
    .option('--config <file>', 'options as YAML or JSON (ESPALIER_CONFIG)')
    .option('--json', 'print the line that says it is ready as JSON', false)
  for (const name of optionNames) {
    const option: Option = optionTable[name]
    const choices = option.choices ? `; one of ${option.choices.join(', ')}` : ''
    const preset = option.default ? `; ${option.default} unless set` : ''
    command.option(`${flagName(name)} <${option.type}>`, `${option.help} (${environmentName(name)}${choices}${preset})`)
  }
  command.action(async (given: Record<string, string | undefined> & { json: boolean }) => {
    const { config, json, verbose: _verbose, ...flags } = given as Record<string, string | undefined>
    const options = optionsOf(flags, config)
    for (const { name, meant } of mistypedVariables()) {
      shell.err(`espalier: The environment variable ${name} says nothing. Did you mean ${meant}?\n`)
    }
    const { startServer } = await import('@espalier/server')
    const server = await startServer(options)
    // Before the line: whoever reads it may stop the server at once.
    const stop = stopped(shell)
    shell.out(ready(server.url, options.data, server.madeKeys, Boolean(json)))
    await stop
    await server.close()
  })
}

function optionsOf(
  flags: Record<string, string | undefined>,
  config: string | undefined,
): ReturnType<typeof readOptions> {
  try {
    return readOptions({ flags, ...(config === undefined ? {} : { configFile: config }) })
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(error.message) : error
  }
}

/** Settled at the first Ctrl-C or SIGTERM. */
function stopped(shell: Shell): Promise<void> {
  return new Promise(resolve => void shell.onInterrupt(resolve))
}

function ready(url: string, data: string, keys: { writeKey?: string; secretKey?: string }, json: boolean): string {
  if (json) return `${JSON.stringify({ url, data, ...keys })}\n`
  const lines = [`Espalier is ready at ${url} (data: ${data})`]
  if (keys.writeKey) lines.push(`write key:  ${keys.writeKey}`)
  if (keys.secretKey) lines.push(`secret key: ${keys.secretKey}`)
  if (keys.writeKey || keys.secretKey)
    lines.push('Keep them: they are not shown again. Commands take the secret key from ESPALIER_SECRET_KEY.')
  return `${lines.join('\n')}\n`
}
