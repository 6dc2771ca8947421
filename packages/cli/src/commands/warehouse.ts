import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

export const warehouse: Register = (program, shell) => {
  const group = program.command('warehouse').description('the warehouse of the installation')
  const accept = group
    .command('accept')
    .description('begin history anew with a warehouse that is not the one the store has shipped to (see doctor)')
  withClientOptions(accept, shell).action(async (options: ClientOptions) => {
    const answer = await apiOf(options, shell).post<{ accepted: true }>('/v1/warehouse/accept', {}, 'accepted')
    if (options.json) return printJson(shell, answer)
    shell.out('The warehouse is accepted. What waits in the outbox is shipped to it within seconds.\n')
  })
}
