import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Importer } from './importer.ts'
import { RowProblem } from './mapping/problem.ts'
import { RECORD, REJECT_COLUMNS } from './source/mended.ts'
import { openTable, type Row } from './source/rows.ts'

/** Most reasons remembered; further rejects are counted, and told, but not written. */
const REMEMBERED = 100_000

/** Rows that did not become anything, and why. Written at the end in one more pass over the file, so that memory stays small. */
export class Rejects {
  readonly #rows = new Map<number, string>()
  readonly #groups = new Map<string, string>()
  #count = 0

  /** Rejected rows and items. */
  get count(): number {
    return this.#count
  }

  /** Those that `write` will not write, since there were too many. */
  get unwritten(): number {
    return Math.max(0, this.#count - REMEMBERED)
  }

  row(row: number, reason: string): void {
    if (this.#count++ < REMEMBERED)
      this.#rows.set(row, this.#rows.has(row) ? `${this.#rows.get(row)}; ${reason}` : reason)
  }

  /** All rows of a group. */
  group(output: number, group: string, reason: string): void {
    if (this.#count++ < REMEMBERED) this.#groups.set(groupId(output, group), reason)
  }

  /** A few reasons, for the summary. */
  sample(): { row: number | undefined; reason: string }[] {
    const rows = [...this.#rows].slice(0, 5).map(([row, reason]) => ({ row, reason }))
    return rows.length > 0 ? rows : [...this.#groups.values()].slice(0, 5).map(reason => ({ row: undefined, reason }))
  }

  /** Writes `row,reason` and the row's own cells as CSV in UTF-8: mended, it can be imported as it is (the first two are ignored). */
  async write(path: string, source: string, importer: Importer, encoding?: string): Promise<void> {
    const table = await openTable(source, encoding)
    const out = createWriteStream(path)
    const failed = once(out, 'error').then(([error]) => Promise.reject(error))
    failed.catch(() => undefined)
    const json = table.format === 'ndjson'
    out.write(csvLine([...REJECT_COLUMNS, ...(json ? [RECORD] : table.columns)]))
    for await (const row of table.rows) {
      const reason = this.#rows.get(row.row) ?? this.#groupReason(row, importer)
      if (reason === undefined) continue
      const cells =
        'bad' in row
          ? row.shown
          : json
            ? [JSON.stringify(row.cells)]
            : table.columns.map(column => String(row.cells[column] ?? ''))
      if (!out.write(csvLine([String(row.row + 1), reason, ...cells]))) await Promise.race([once(out, 'drain'), failed])
    }
    out.end()
    await Promise.race([once(out, 'close'), failed])
  }

  #groupReason(row: Row, importer: Importer): string | undefined {
    if (this.#groups.size === 0 || 'bad' in row) return undefined
    try {
      for (const made of importer.map(row.cells, row.row)) {
        if (!('group' in made)) continue
        const reason = this.#groups.get(groupId(made.output, made.group))
        if (reason !== undefined) return reason
      }
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error
    }
    return undefined
  }
}

function groupId(output: number, group: string): string {
  return `${output} ${group}`
}

function csvLine(cells: readonly string[]): string {
  return `${cells.map(cell => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`
}
