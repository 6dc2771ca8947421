import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** What is sorted: by `key` (all numbers or all texts), then row, then output. `line` is one line of text. */
export interface SortRecord {
  readonly key: number | string
  readonly row: number
  readonly output: number
  readonly line: string
}

/**
 * Sorts any number of records in bounded memory: what does not fit is written to a temporary folder in sorted runs, and the
 * runs are merged while reading. The order is total, so the same records always come in the same order.
 */
export class Sorter {
  readonly #limit: number
  #held: SortRecord[] = []
  #size = 0
  #count = 0
  #runs: string[] = []
  #files = 0
  #folder: string | undefined

  /** `limit`: characters held in memory. */
  constructor(limit = 32 << 20) {
    this.#limit = limit
  }

  get count(): number {
    return this.#count
  }

  /** Runs written to the disk so far. */
  get runs(): number {
    return this.#runs.length
  }

  /** A promise only when memory is full and it must wait for the disk: most calls need no turn of the event loop. */
  add(record: SortRecord): Promise<void> | undefined {
    this.#held.push(record)
    this.#size += record.line.length + 100
    this.#count++
    return this.#size > this.#limit ? this.#spill() : undefined
  }

  /** All records in order; may be read again, until `close`. */
  async *sorted(): AsyncGenerator<SortRecord> {
    this.#held.sort(compare)
    if (this.#runs.length === 0) {
      yield* fromMemory(this.#held)
      return
    }
    while (this.#runs.length > FAN_IN) await this.#mergeRuns()
    yield* merge([...this.#runs.map(readRun), fromMemory(this.#held)])
  }

  /** Removes the temporary folder. */
  close(): void {
    this.#held = []
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true })
    this.#folder = undefined
  }

  /** What is added while it is written is of the next run. */
  async #spill(): Promise<void> {
    const full = this.#held.sort(compare)
    this.#held = []
    this.#size = 0
    this.#runs.push(await this.#write(full))
  }

  /** Merges the first runs into one, so that never more than `FAN_IN` files are open. */
  async #mergeRuns(): Promise<void> {
    const merged = this.#runs.splice(0, FAN_IN)
    this.#runs.push(await this.#write(merge(merged.map(readRun))))
    for (const path of merged) rmSync(path)
  }

  async #write(records: Iterable<SortRecord> | AsyncIterable<SortRecord>): Promise<string> {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'espalier-sort-'))
    const path = join(this.#folder, `${this.#files++}`)
    await pipeline(linesOf(records), createWriteStream(path))
    return path
  }
}

/** Runs that are read at once: each has a file open and a quarter of a megabyte in memory. */
const FAN_IN = 64

async function* linesOf(records: Iterable<SortRecord> | AsyncIterable<SortRecord>): AsyncGenerator<string> {
  let text = ''
  for await (const { key, row, output, line } of records) {
    text += `${JSON.stringify([key, row, output])}\t${line}\n`
    if (text.length < 1 << 18) continue
    yield text
    text = ''
  }
  yield text
}

function compare(a: SortRecord, b: SortRecord): number {
  return (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) || a.row - b.row || a.output - b.output
}

async function* readRun(path: string): AsyncGenerator<SortRecord> {
  for await (const text of linesIn(path)) {
    const tab = text.indexOf('\t')
    const [key, row, output] = JSON.parse(text.slice(0, tab)) as [number | string, number, number]
    yield { key, row, output, line: text.slice(tab + 1) }
  }
}

/** Ended by a line feed alone: JSON keeps a line separator (U+2028) as it is, and Node's reader of lines ends one there since version 24. */
async function* linesIn(path: string): AsyncGenerator<string> {
  let held = ''
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18, encoding: 'utf8' })) {
    const lines = (chunk as string).split('\n')
    held += lines.shift()!
    for (const line of lines) {
      yield held
      held = line
    }
  }
}

async function* fromMemory(records: readonly SortRecord[]): AsyncGenerator<SortRecord> {
  yield* records
}

/** Merges sorted sources; they are few, so that a linear scan is enough. */
async function* merge(sources: AsyncGenerator<SortRecord>[]): AsyncGenerator<SortRecord> {
  const heads: { record: SortRecord; source: AsyncGenerator<SortRecord> }[] = []
  for (const source of sources) {
    const first = await source.next()
    if (!first.done) heads.push({ record: first.value, source })
  }
  while (heads.length > 0) {
    let least = 0
    for (let i = 1; i < heads.length; i++) if (compare(heads[i]!.record, heads[least]!.record) < 0) least = i
    const head = heads[least]!
    yield head.record
    const next = await head.source.next()
    if (next.done) heads.splice(least, 1)
    else head.record = next.value
  }
}
