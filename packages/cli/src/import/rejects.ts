import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Importer } from './importer.ts'
import { RowProblem } from './mapping/problem.ts'
import { nameOf, RECORD, REJECT_COLUMNS } from './source/mended.ts'
import { numberOf, type Origin, openTable, type Row } from './source/rows.ts'

/** Most reasons remembered; further rejects are counted, and told, but not written. */
const REMEMBERED = 100_000

/** Why a row is refused, and which of its items; undefined: all of them. */
interface Refused {
  readonly reason: string
  readonly outputs: readonly number[] | undefined
}

/** Rows that did not become anything, and why. Written at the end in one more pass over the file, so that memory stays small. */
export class Rejects {
  readonly #rows = new Map<number, Refused>()
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

  /** `output`: of the items it makes the one that is refused, the others being taken in; without it the row as a whole. */
  row(row: number, reason: string, output?: number): void {
    if (this.#count++ >= REMEMBERED) return
    const own = { reason, outputs: output === undefined ? undefined : [output] }
    this.#rows.set(row, both(this.#rows.get(row), own))
  }

  /** All rows of a group. */
  group(output: number, group: string, reason: string): void {
    if (this.#count++ < REMEMBERED) this.#groups.set(groupId(output, group), reason)
  }

  /** A few reasons, for the summary. */
  sample(): { row: number | undefined; reason: string }[] {
    const rows = [...this.#rows].slice(0, 5).map(([row, { reason }]) => ({ row, reason }))
    return rows.length > 0 ? rows : [...this.#groups.values()].slice(0, 5).map(reason => ({ row: undefined, reason }))
  }

  /**
   * Writes what was refused of which row, why, and the row's own cells as CSV in UTF-8: mended, it can be imported as it is. The first
   * column then says which row it was, and which of its items are wanted: the others are there already.
   */
  async write(path: string, source: string, importer: Importer, encoding?: string): Promise<void> {
    const table = await openTable(source, encoding)
    const out = createWriteStream(path)
    const failed = once(out, 'error').then(([error]) => Promise.reject(error))
    failed.catch(() => undefined)
    const json = table.format === 'ndjson'
    out.write(csvLine([...REJECT_COLUMNS, ...(json ? [RECORD] : table.columns)]))
    for await (const row of table.rows) {
      const refused = this.#refusedOf(row, importer)
      if (refused === undefined) continue
      const { reason, outputs } = refused
      const origin: Origin = { row: numberOf(row), ...(importer.outputs > 1 && outputs && { outputs }) }
      const cells =
        'bad' in row
          ? row.shown
          : json
            ? [JSON.stringify(row.cells)]
            : table.columns.map(column => String(row.cells[column] ?? ''))
      if (!out.write(csvLine([nameOf(origin), reason, ...cells]))) await Promise.race([once(out, 'drain'), failed])
    }
    out.end()
    await Promise.race([once(out, 'close'), failed])
  }

  /** With the groups it belongs to. */
  #refusedOf(row: Row, importer: Importer): Refused | undefined {
    let refused = this.#rows.get(row.row)
    const isWhole = refused !== undefined && refused.outputs === undefined
    if (this.#groups.size === 0 || isWhole || 'bad' in row) return refused
    try {
      for (const made of importer.map(row.cells, numberOf(row))) {
        if (!('group' in made) || !(row.from?.outputs?.includes(made.output) ?? true)) continue
        const reason = this.#groups.get(groupId(made.output, made.group))
        if (reason !== undefined) refused = both(refused, { reason, outputs: [made.output] })
      }
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error
    }
    return refused
  }
}

function both(one: Refused | undefined, other: Refused): Refused {
  if (one === undefined) return other
  return {
    reason: one.reason === other.reason ? one.reason : `${one.reason}; ${other.reason}`,
    outputs: one.outputs && other.outputs && [...new Set([...one.outputs, ...other.outputs])].sort((a, b) => a - b),
  }
}

function groupId(output: number, group: string): string {
  return `${output} ${group}`
}

function csvLine(cells: readonly string[]): string {
  return `${cells.map(cell => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`
}
