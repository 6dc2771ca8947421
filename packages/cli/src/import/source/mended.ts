import { rowOf } from './ndjson.ts'
import type { Format, Row } from './rows.ts'

/** Columns that an import writes before the row's own, in a file of what it refused. */
export const REJECT_COLUMNS = ['reject_row', 'reject_reason'] as const
/** The one column after them where the rows were JSON. */
export const RECORD = 'record'

interface Rows {
  readonly columns: readonly string[]
  readonly rows: AsyncIterable<Row>
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
  for await (const row of rows) yield 'bad' in row ? row : rowOf(String(row.cells[RECORD] ?? ''), row.row)
}

async function* without(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  const refused: readonly string[] = REJECT_COLUMNS
  for await (const row of rows) {
    if ('bad' in row) yield { ...row, shown: row.shown.slice(refused.length) }
    else
      yield {
        row: row.row,
        cells: Object.fromEntries(Object.entries(row.cells).filter(([name]) => !refused.includes(name))),
      }
  }
}
