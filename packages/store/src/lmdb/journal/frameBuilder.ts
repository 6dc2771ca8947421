import type { Applied, Entry, Row, Table } from '@espalier/core/stream'
import { LineBuffer } from '../../lineBuffer.ts'
import { type CommitFacts, factsOf, type RowPlace } from './facts.ts'
import { HEADER_BYTES, seal } from './frame.ts'

interface OpenGroup {
  readonly index: number
  readonly table: Table
  readonly partition: number
  readonly rows: Row[]
}

/** What a builder held at some moment, to go back to. */
export interface Mark {
  readonly commits: number
  readonly rows: readonly number[]
  readonly turns: readonly number[]
}

/** A buffer above this size is given back to the system after its frame. */
const KEEP_BYTES = 8 << 20
const FIRST_BYTES = 1 << 20

const LINE_FEED = 0x0a

/** Collects one cycle's rows and facts and lays them out as a frame. One for all cycles: its buffer is used again. */
export class FrameBuilder {
  #out = new LineBuffer(FIRST_BYTES)
  #commits: CommitFacts[] = []
  #groups: OpenGroup[] = []
  /** Which row of each group a bare fact means next. */
  #turns: number[] = []
  #last: OpenGroup | undefined
  #time = Infinity

  get isEmpty(): boolean {
    return this.#commits.length === 0 && this.#groups.every(group => group.rows.length === 0)
  }

  reset(): void {
    this.#commits = []
    this.#groups = []
    this.#turns = []
    this.#last = undefined
    this.#time = Infinity
    if (this.#out.bytes.length > KEEP_BYTES) this.#out = new LineBuffer(FIRST_BYTES)
  }

  mark(): Mark {
    return {
      commits: this.#commits.length,
      rows: this.#groups.map(group => group.rows.length),
      turns: [...this.#turns],
    }
  }

  /** Forgets what was added since. */
  backTo(mark: Mark): void {
    this.#commits.length = mark.commits
    this.#turns = [...mark.turns]
    this.#groups.length = mark.rows.length
    for (const [i, group] of this.#groups.entries()) group.rows.length = mark.rows[i]!
    this.#last = undefined
  }

  addRow(row: Row): RowPlace {
    const group = this.#groupOf(row)
    return { group: group.index, ordinal: group.rows.push(row) - 1 }
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

  /** The frame as bytes, valid until the next is built. The builder is empty then. */
  build(sequence: number): { bytes: Buffer; rows: number; rowBytes: number; time: number } {
    const out = this.#out
    out.at = HEADER_BYTES
    let rows = 0
    const groups: [Table, number, number, number][] = []
    for (const { table, partition, rows: some } of this.#groups) {
      const start = out.at
      for (const row of some) {
        if (row.writeTo) row.writeTo(out)
        else out.raw(row.line)
        out.byte(LINE_FEED)
      }
      rows += some.length
      groups.push([table, partition, some.length, out.at - start])
    }
    const rowBytes = out.at - HEADER_BYTES
    out.raw(JSON.stringify([this.#commits, groups]))
    const { bytes, at: length } = out
    const time = this.#time
    seal(bytes, { sequence, time, rows, rowBytes, length })
    // What is in the frame need not stay until the next one: held so long, it would be taken for what lives long.
    this.reset()
    return { bytes: bytes.subarray(0, length), rows, rowBytes, time }
  }

  #groupOf({ table, partition }: Row): OpenGroup {
    const last = this.#last
    if (last && last.table === table && last.partition === partition) return last
    let group = this.#groups.find(one => one.table === table && one.partition === partition)
    if (!group) {
      group = { index: this.#groups.length, table, partition, rows: [] }
      this.#groups.push(group)
    }
    this.#last = group
    return group
  }
}
