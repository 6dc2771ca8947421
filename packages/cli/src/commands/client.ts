import type { Command } from 'commander'
import { Api } from '../http/api.ts'
import type { Shell } from '../shell.ts'

export interface ClientOptions {
  url: string
  key?: string
  json: boolean
}

/** Options of every command that talks to a server. */
export function withClientOptions(command: Command, shell: Shell): Command {
  return command
    .option('--url <url>', 'the server (ESPALIER_URL)', shell.environment.url)
    .option('--key <key>', 'a secret key of the workspace (ESPALIER_SECRET_KEY)')
    .option('--json', 'print the answer as JSON', false)
}

export function apiOf(options: ClientOptions, shell: Shell): Api {
  return new Api({ url: options.url, key: options.key ?? shell.environment.secretKey })
}

export function printJson(shell: Shell, value: unknown): void {
  shell.out(`${JSON.stringify(value, null, 2)}\n`)
}
