import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { commands } from './commands/index.ts'
import { CliError, explain } from './errors.ts'
import type { Shell } from './shell.ts'

/** Adds one command to the program. */
export type Register = (program: Command, shell: Shell) => void

export function buildProgram(shell: Shell): Command {
  const program = new Command('espalier')
    .description('A self-hosted growth personalization engine: starts a server, or talks to one.')
    .version(version(), '--version', 'print the version')
    .configureOutput({ writeOut: shell.out, writeErr: shell.err })
    .showHelpAfterError('(espalier help COMMAND shows what it takes)')
    .showSuggestionAfterError()
    .exitOverride()
  for (const register of commands) register(program, shell)
  for (const command of everyCommand(program)) {
    command.addOption(new Option('--verbose', 'show where an error comes from').default(false))
    command.exitOverride()
  }
  return program
}

/** Runs one command line; answers the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function run(args: readonly string[], shell: Shell): Promise<number> {
  try {
    await buildProgram(shell).parseAsync(args as string[], { from: 'user' })
    return 0
  } catch (error) {
    // commander has printed its own message already
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    shell.err(`espalier: ${explain(error)}\n`)
    if (args.includes('--verbose') && error instanceof Error) shell.err(`${chain(error)}\n`)
    return error instanceof CliError ? error.exitCode : 1
  }
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}

function chain(error: Error): string {
  const stack = error.stack ?? String(error)
  return error.cause instanceof Error ? `${stack}\ncaused by ${chain(error.cause)}` : stack
}

function* everyCommand(command: Command): Generator<Command> {
  for (const child of command.commands) {
    if (child.commands.length === 0) yield child
    yield* everyCommand(child)
  }
}
