import type { Applied, Entry, Row, Table } from '@espalier/core/stream'
import { type CommitFacts, factsOf, type RowPlace } from './facts.ts'
import { HEADER_BYTES, seal } from './frame.ts'

interface OpenGroup {
  readonly index: number
  readonly table: Table
  readonly partition: number
  readonly lines: string[]
}

/** What a builder held at some moment, to go back to. */
export interface Mark {
  readonly commits: number
  readonly lines: readonly number[]
  readonly turns: readonly number[]
}

/** A buffer above this size is given back to the system after its frame. */
const KEEP_BYTES = 8 << 20

/** Collects one cycle's rows and facts and lays them out as a frame. One for all cycles: its buffer is used again. */
export class FrameBuilder {
  #buffer = Buffer.allocUnsafeSlow(1 << 20)
  #commits: CommitFacts[] = []
  #groups: OpenGroup[] = []
  /** Which row of each group a bare fact means next. */
  #turns: number[] = []
  #last: OpenGroup | undefined
  #time = Infinity

  get isEmpty(): boolean {
    return this.#commits.length === 0 && this.#groups.every(group => group.lines.length === 0)
  }

  reset(): void {
    this.#commits = []
    this.#groups = []
    this.#turns = []
    this.#last = undefined
    this.#time = Infinity
    if (this.#buffer.length > KEEP_BYTES) this.#buffer = Buffer.allocUnsafeSlow(1 << 20)
  }

  mark(): Mark {
    return {
      commits: this.#commits.length,
      lines: this.#groups.map(group => group.lines.length),
      turns: [...this.#turns],
    }
  }

  /** Forgets what was added since. */
  backTo(mark: Mark): void {
    this.#commits.length = mark.commits
    this.#turns = [...mark.turns]
    this.#groups.length = mark.lines.length
    for (const [i, group] of this.#groups.entries()) group.lines.length = mark.lines[i]!
    this.#last = undefined
  }

  addRow(row: Row): RowPlace {
    const group = this.#groupOf(row)
    return { group: group.index, ordinal: group.lines.push(row.line) - 1 }
  }

  /** A commit's rows, and what it takes to repeat it. */
  addCommit(
    commit: Omit<CommitFacts, 'f'>,
    entries: readonly Entry[],
    applied: readonly Applied[],
    rows: readonly Row[],
  ): void {
    const places = rows.map(row => this.addRow(row))
    this.#commits.push({ ...commit, f: factsOf(entries, applied, rows, places, this.#turns) })
  }

  /** Something of this time is in the frame. */
  addTime(time: number): void {
    if (time < this.#time) this.#time = time
  }

  /** The frame as bytes; valid until the builder is used again. */
  build(sequence: number): { bytes: Buffer; rows: number; rowBytes: number; time: number } {
    let at = HEADER_BYTES
    let rows = 0
    const groups: [Table, number, number, number][] = []
    for (const { table, partition, lines } of this.#groups) {
      const start = at
      for (const line of lines) {
        // UTF-8 needs at most three bytes for a UTF-16 unit.
        this.#room(at, line.length * 3 + 1)
        at += this.#buffer.write(line, at)
        this.#buffer[at++] = 0x0a
      }
      rows += lines.length
      groups.push([table, partition, lines.length, at - start])
    }
    const rowBytes = at - HEADER_BYTES
    const directory = JSON.stringify([this.#commits, groups])
    this.#room(at, directory.length * 3)
    at += this.#buffer.write(directory, at)
    seal(this.#buffer, { sequence, time: this.#time, rows, rowBytes, length: at })
    return { bytes: this.#buffer.subarray(0, at), rows, rowBytes, time: this.#time }
  }

  #groupOf({ table, partition }: Row): OpenGroup {
    const last = this.#last
    if (last && last.table === table && last.partition === partition) return last
    let group = this.#groups.find(one => one.table === table && one.partition === partition)
    if (!group) {
      group = { index: this.#groups.length, table, partition, lines: [] }
      this.#groups.push(group)
    }
    this.#last = group
    return group
  }

  #room(at: number, bytes: number): void {
    if (at + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, at + bytes))
    this.#buffer.copy(larger, 0, 0, at)
    this.#buffer = larger
  }
}
