import { rowOf } from './ndjson.ts'
import type { Format, Origin, Row } from './rows.ts'

/** Columns that an import writes before the row's own, in a file of what it refused. */
export const REJECT_COLUMNS = ['reject_row', 'reject_reason'] as const
/** The one column after them where the rows were JSON. */
export const RECORD = 'record'

interface Rows {
  readonly columns: readonly string[]
  readonly rows: AsyncIterable<Row>
}

/** A row as a file of what was refused names it, from 1; where others of its items were taken in, with those that were not. */
export function nameOf({ row, outputs }: Origin): string {
  if (outputs === undefined) return String(row + 1)
  return `${row + 1} ${outputs.length === 1 ? 'item' : 'items'} ${outputs.map(output => output + 1).join(' ')}`
}

/** Undefined where somebody has written something else. */
function originOf(name: unknown): Origin | undefined {
  const [, row, outputs] = /^([1-9]\d*)(?: items? ([1-9]\d*(?: [1-9]\d*)*))?$/.exec(String(name).trim()) ?? []
  if (row === undefined) return undefined
  return {
    row: Number(row) - 1,
    ...(outputs !== undefined && { outputs: outputs.split(' ').map(output => Number(output) - 1) }),
  }
}

/** A file of refused rows that somebody has mended: the rows as they were in the file they came from. */
export function mended({ columns, rows }: Rows): Rows & { readonly format: Format } {
  const own = columns.slice(REJECT_COLUMNS.length)
  const isJson = own.length === 1 && own[0] === RECORD
  return {
    columns: isJson ? [] : own,
    rows: isJson ? records(rows) : without(rows),
    format: isJson ? 'ndjson' : 'csv',
  }
}

async function* records(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  for await (const row of rows) {
    yield 'bad' in row ? traced(row, row.shown[0]) : traced(rowOf(String(row.cells[RECORD] ?? ''), row.row), row.cells)
  }
}

function traced(row: Row, said: string | undefined | Readonly<Record<string, unknown>>): Row {
  const from = originOf(typeof said === 'object' ? said[REJECT_COLUMNS[0]] : said)
  return from === undefined ? row : { ...row, from }
}

async function* without(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  const refused: readonly string[] = REJECT_COLUMNS
  for await (const row of rows) {
    if ('bad' in row) yield traced({ ...row, shown: row.shown.slice(refused.length) }, row.shown[0])
    else {
      const cells = Object.fromEntries(Object.entries(row.cells).filter(([name]) => !refused.includes(name)))
      yield traced({ row: row.row, cells }, row.cells)
    }
  }
}
