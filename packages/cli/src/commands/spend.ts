import type { JsonObject } from '@espalier/core'
import { CliError, UsageError } from '../errors.ts'
import { openTable } from '../import/source/rows.ts'
import { count } from '../output/progressLine.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, withClientOptions } from './client.ts'

const COLUMNS = ['day', 'channel', 'campaign', 'experience', 'amount', 'currency']
const NEEDED = ['day', 'channel', 'amount']

/** Rows in one request. Each replaces its own, so a file may be sent again, and so may one that broke off. */
const AT_ONCE = 5_000

export const spendCommand: Register = (program, shell) => {
  const command = program
    .command('spend <file>')
    .description(`import what was spent, by day: CSV or NDJSON with ${COLUMNS.join(', ')}`)
  withClientOptions(command, shell).action(async (file: string, options: ClientOptions) => {
    const api = apiOf(options, shell)
    const { columns, format, rows } = await openTable(file)
    const missing = NEEDED.filter(name => !columns.includes(name))
    if (format === 'csv' && missing.length > 0) {
      throw new UsageError(`${file} has no column ${missing.join(', ')}`, `Name the columns ${COLUMNS.join(', ')}`)
    }
    let stored = 0
    let batch: JsonObject[] = []
    const send = async () => {
      if (batch.length > 0) stored += (await api.post<{ stored: number }>('/v1/spend', { spend: batch })).stored
      batch = []
    }
    for await (const row of rows) {
      if ('bad' in row) throw new CliError(`${file}, row ${row.row + 1}: ${row.bad}`, { mend: told(stored) })
      batch.push(spendOf(row.cells, `${file}, row ${row.row + 1}`, stored))
      if (batch.length >= AT_ONCE) await send()
    }
    await send()
    shell.out(options.json ? `${JSON.stringify({ stored })}\n` : `${count(stored)} amounts are stored.\n`)
  })
}

/** Cells that are empty are left out, and amounts are numbers. */
function spendOf(cells: Readonly<Record<string, unknown>>, where: string, stored: number): JsonObject {
  const given = COLUMNS.flatMap(name => {
    const value = cells[name]
    return value === undefined || value === null || value === '' ? [] : [[name, String(value).trim()] as const]
  })
  const { amount, ...texts } = Object.fromEntries(given)
  if (amount === undefined || !/^\d+(\.\d+)?$/.test(amount)) {
    throw new CliError(`${where}: "${amount ?? ''}" is no amount`, {
      mend: `Write it as 1234.50, without currency sign. ${told(stored)}`,
    })
  }
  return { ...texts, amount: Number(amount) }
}

const told = (stored: number) => `${count(stored)} rows before it are stored; the same file may be sent again`
