import { Buffer } from 'node:buffer'
import type { Importer, Item, Made } from './importer.ts'
import { RowProblem } from './mapping/problem.ts'
import type { Rejects } from './rejects.ts'
import type { Sendable } from './send/batches.ts'
import { Sorter, type SortRecord } from './sort/sorter.ts'
import { type Cells, numberOf, type Row, type Table } from './source/rows.ts'
import { toldApart } from './toldApart.ts'

/** The API takes no larger item. */
const MAX_ITEM = 1 << 20
/** Rows held of a group before they go to be sorted, and characters of them: either. */
const MAX_RUN = { rows: 1_000, size: 1 << 20 }
/** Names that are counted one by one (R11). */
const MAX_NAMES = 10_000

/** What was made of a file: its items in order of time, and counts of them. */
export interface Built {
  rows: number
  /** Rows that no rule of the mapping takes. */
  ignored: number
  items: number
  /** Items by name: an event's, or the type. */
  names: Map<string, number>
  first: number | undefined
  last: number | undefined
  /** An item as it will be sent, for a dry run. */
  example: Item | undefined
}

/** A sendable item with the group it came from, for rejects. */
export interface BuiltItem extends Sendable {
  readonly group: string | undefined
}

/** What a row is of a group; null: it seems to be of it, and cannot be read. */
type Part = Cells | null

/** Rows of one group that follow each other. */
interface Run {
  readonly key: string
  readonly row: number
  /** Number of the first in the file it came from. */
  readonly from: number
  /** As JSON. */
  readonly parts: string[]
  size: number
}

/** Makes items of rows, joins the groups, and sorts all by time. Memory stays bounded, however large the file. */
export class Builder {
  readonly #importer: Importer
  readonly #rejects: Rejects
  readonly #parts: Sorter
  readonly #items: Sorter
  /** The group that each output is in the middle of. */
  readonly #open = new Map<number, Run>()
  readonly built: Built = {
    rows: 0,
    ignored: 0,
    items: 0,
    names: new Map(),
    first: undefined,
    last: undefined,
    example: undefined,
  }

  constructor(importer: Importer, rejects: Rejects, memory?: number) {
    this.#importer = importer
    this.#rejects = rejects
    this.#parts = new Sorter(memory)
    this.#items = new Sorter(memory)
  }

  async read(table: Table, step: (rows: number) => void, signal: AbortSignal): Promise<void> {
    for await (const row of table.rows) {
      if (signal.aborted) return
      this.built.rows++
      if ('bad' in row) this.#rejects.row(row.row, row.bad)
      const spilling = 'bad' in row ? this.#spoil(row) : this.#row(row)
      if (spilling) await spilling
      step(this.built.rows)
    }
    await this.#joinGroups()
  }

  #row(read: Extract<Row, { cells: Cells }>): Promise<unknown> | undefined {
    const { row, cells, from } = read
    let made: Made[]
    try {
      made = toldApart(this.#importer.map(cells, numberOf(read)))
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error
      this.#rejects.row(row, error.message)
      return undefined
    }
    if (made.length === 0) this.built.ignored++
    const spilling = made
      .filter(({ output }) => from?.outputs?.includes(output) ?? true)
      .map(piece => {
        if ('item' in piece) return this.#item(piece.item, row, piece.output, undefined)
        if ('group' in piece) return this.#part(piece, piece.part, read)
        return this.#rejects.row(row, piece.problem, piece.output)
      })
      .filter(promise => promise !== undefined)
    return spilling.length > 0 ? Promise.all(spilling) : undefined
  }

  /** The groups to which a row that cannot be read seems to belong wait for it: made without it they would be another order. */
  #spoil(read: Extract<Row, { bad: string }>): Promise<unknown> | undefined {
    if (read.guessed === undefined) return undefined
    let made: Made[]
    try {
      made = this.#importer.map(read.guessed, numberOf(read))
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error
      return undefined
    }
    const spilling = made
      .map(piece => ('group' in piece ? this.#part(piece, null, read) : undefined))
      .filter(promise => promise !== undefined)
    return spilling.length > 0 ? Promise.all(spilling) : undefined
  }

  /** Rows of a group mostly follow each other: those that do are one record. */
  #part({ output, group }: Extract<Made, { group: string }>, part: Part, read: Row): Promise<void> | undefined {
    const open = this.#open.get(output)
    const json = JSON.stringify(part)
    const run = { key: `${output} ${group}`, row: read.row, from: numberOf(read) }
    if (open?.key === run.key && open.parts.length < MAX_RUN.rows && open.size < MAX_RUN.size) {
      open.parts.push(json)
      open.size += json.length
      return undefined
    }
    this.#open.set(output, { ...run, parts: [json], size: json.length })
    return open ? this.#closeRun(output, open) : undefined
  }

  #closeRun(output: number, { key, row, from, parts }: Run): Promise<void> | undefined {
    return this.#parts.add({ key, row, output, line: `[${from},[${parts.join(',')}]]` })
  }

  async #joinGroups(): Promise<void> {
    for (const [output, run] of this.#open) await this.#closeRun(output, run)
    this.#open.clear()
    let group: SortRecord[] = []
    let size = 0
    const finish = async () => {
      const first = group[0]
      if (first) await this.#group(first, group, size)
      group = []
      size = 0
    }
    for await (const part of this.#parts.sorted()) {
      if (part.key !== group[0]?.key) await finish()
      size += part.line.length
      // Beyond this a group cannot become an item; its parts are not held (R11).
      if (size <= 8 * MAX_ITEM || group.length === 0) group.push(part)
    }
    await finish()
    this.#parts.close()
  }

  async #group(first: SortRecord, parts: readonly SortRecord[], size: number): Promise<void> {
    const name = String(first.key).slice(String(first.output).length + 1)
    if (size > 8 * MAX_ITEM) {
      this.#rejects.group(first.output, name, 'its rows together are far larger than an event may be (1 MB)')
      return
    }
    try {
      const runs = parts.map(part => JSON.parse(part.line) as [from: number, cells: Part[]])
      const all = runs.flatMap(([, own]) => own)
      const cells = all.filter(part => part !== null)
      if (cells.length === 0) return
      if (cells.length < all.length) throw new RowProblem('another row that seems to belong to it cannot be read')
      await this.#item(this.#importer.join(first.output, cells, runs[0]![0]), first.row, first.output, name)
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error
      this.#rejects.group(first.output, name, error.message)
    }
  }

  #item(item: Item, row: number, output: number, group: string | undefined): Promise<void> | undefined {
    const json = JSON.stringify(this.#importer.target === 'stream' ? { type: item.type, ...item.body } : item.body)
    const bytes = Buffer.byteLength(json)
    if (bytes > MAX_ITEM) {
      const reason = `it would be an item of ${(bytes / MAX_ITEM).toFixed(1)} MB; at most 1 MB is taken`
      if (group === undefined) this.#rejects.row(row, reason, output)
      else this.#rejects.group(output, group, reason)
      return undefined
    }
    this.#count(item)
    const key = this.#importer.target === 'stream' ? item.at : 0
    return this.#items.add({ key, row, output, line: `${JSON.stringify([peopleOf(item), group ?? null])}\t${json}` })
  }

  #count(item: Item): void {
    const { built } = this
    built.items++
    if (built.example === undefined || item.at < built.example.at) built.example = item
    const name = typeof item.body.event === 'string' ? item.body.event : item.type
    if (built.names.has(name) || built.names.size < MAX_NAMES) built.names.set(name, (built.names.get(name) ?? 0) + 1)
    if (this.#importer.target !== 'stream') return
    if (built.first === undefined || item.at < built.first) built.first = item.at
    if (built.last === undefined || item.at > built.last) built.last = item.at
  }

  /** The items in order of time, then row; the first `limit` of them. */
  async *items(limit = Number.POSITIVE_INFINITY): AsyncGenerator<BuiltItem> {
    let left = limit
    for await (const { row, output, line } of this.#items.sorted()) {
      if (left-- <= 0) return
      const tab = line.indexOf('\t')
      const [people, group] = JSON.parse(line.slice(0, tab)) as [string[], string | null]
      yield { row, output, json: line.slice(tab + 1), people, group: group ?? undefined }
    }
  }

  close(): void {
    this.#parts.close()
    this.#items.close()
  }
}

function peopleOf({ body }: Item): string[] {
  const people: string[] = []
  if (typeof body.anonymousId === 'string') people.push(`anonymousId:${body.anonymousId}`)
  if (typeof body.userId === 'string') people.push(`userId:${body.userId}`)
  // An alias's previousId may be either kind.
  if (typeof body.previousId === 'string') people.push(`anonymousId:${body.previousId}`, `userId:${body.previousId}`)
  return people
}
