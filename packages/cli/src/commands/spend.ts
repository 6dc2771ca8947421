import { type JsonObject, many } from '@espalier/core'
import { CliError, UsageError } from '../errors.ts'
import { ApiError } from '../http/api.ts'
import { openTable } from '../import/source/rows.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, withClientOptions } from './client.ts'

const COLUMNS = ['day', 'channel', 'campaign', 'experience', 'amount', 'currency']
/** Rows that agree in these are of the same: the last one counts. */
const SAME = COLUMNS.filter(name => name !== 'amount')
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
    let numbers: number[] = []
    const where = (row: number) => `${file}, row ${row}`
    const send = async () => {
      if (batch.length === 0) return
      const answer = await api
        .post<{ stored: number }>('/v1/spend', { spend: batch }, 'stored')
        .catch((error: unknown) => {
          throw ofRow(error, index => where(numbers[index] ?? 0), stored)
        })
      stored += answer.stored
      batch = []
      numbers = []
    }
    const seen = new Map<string, number>()
    for await (const row of rows) {
      const number = row.row + 1
      if ('bad' in row) throw new CliError(`${where(number)}: ${row.bad}`, { mend: told(stored) })
      const spend = spendOf(row.cells, where(number), stored)
      refuseAgain(spend, number, seen, where(number), stored)
      batch.push(spend)
      numbers.push(number)
      if (batch.length >= AT_ONCE) await send()
    }
    await send()
    shell.out(
      options.json ? `${JSON.stringify({ stored })}\n` : `${many(stored, 'amount is', 'amounts are')} stored.\n`,
    )
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

/** The later of two rows for the same would replace the earlier, and what that one was would be lost. */
function refuseAgain(spend: JsonObject, row: number, seen: Map<string, number>, where: string, stored: number): void {
  const key = JSON.stringify(SAME.map(name => spend[name] ?? ''))
  const before = seen.get(key)
  if (before !== undefined) {
    throw new CliError(`${where}: it is of the same ${SAME.join(', ')} as row ${before}, and would replace it`, {
      mend: `Add them up, or tell them apart by their campaign. ${told(stored)}`,
    })
  }
  seen.set(key, row)
}

/** How a cell is written that the server takes by its form alone. */
const WRITTEN: Readonly<Record<string, string>> = {
  day: 'Write it as 2026-11-30',
  currency: 'Write it in three capital letters, such as EUR',
}

/** What the server says of one of the rows sent, with its place in the file. */
function ofRow(error: unknown, where: (index: number) => string, stored: number): unknown {
  if (!(error instanceof ApiError)) return error
  const [all, index, field] = /^(?:body\.)?spend\[(\d+)\]\.(\w+):? */.exec(error.message) ?? []
  if (all === undefined || index === undefined || field === undefined) return error
  const reason = error.message.slice(all.length).replace(/\.? Nothing was stored\.$/, '')
  const mend = (WRITTEN[field] ?? error.mend ?? '').replace(/\.$/, '')
  return new CliError(`${where(Number(index))}: ${field} ${reason}`, { mend: `${mend}. ${told(stored)}`, cause: error })
}

const told = (stored: number) =>
  `${many(stored, 'row before it is', 'rows before it are')} stored; the same file may be sent again`
