import { CliError } from '../errors.ts'
import { palette } from '../output/colour.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

interface Check {
  check: string
  status: 'ok' | 'warn' | 'fail'
  message: string
  mend?: string
  details?: Record<string, unknown>
}

export const doctor: Register = (program, shell) => {
  const command = program.command('doctor').description('check everything a support engineer would ask for')
  withClientOptions(command, shell).action(async (options: ClientOptions) => {
    const api = apiOf(options, shell)
    const report = await api.get<{ healthy: boolean; checks: Check[] }>(`/v1/doctor?clock=${Date.now()}`, 'checks')
    const checks: Check[] = [
      {
        check: 'client',
        status: 'ok',
        message: `Node ${process.versions.node} on ${process.platform} ${process.arch}, talking to ${api.url}.`,
      },
      ...report.checks,
    ]
    if (options.json) printJson(shell, { ...report, checks })
    else {
      const paint = palette(shell.colour)
      const colours = { ok: paint.green, warn: paint.yellow, fail: paint.red }
      const width = Math.max(...checks.map(({ check }) => check.length))
      for (const { check, status, message, mend } of checks) {
        shell.out(`${colours[status](status.padEnd(4))}  ${check.padEnd(width)}  ${message}${mend ? ` ${mend}` : ''}\n`)
      }
    }
    const failed = checks.filter(({ status }) => status === 'fail').map(({ check }) => check)
    if (failed.length > 0) throw new CliError(`Not healthy: ${failed.join(', ')}`)
  })
}
