import { type HashKey, hash64, hashed } from './hash.ts'
import { IdTable } from './idTable.ts'
import type { Run } from './run.ts'

/** Ids that are not in a run file yet. */
export interface Memtable {
  readonly table: IdTable
  earliest: number
  latest: number
}

/**
 * The messageIds of one workspace (R3): those since the checkpoint in memory, the others in run files. Remembers their
 * 64-bit hashes, so of 100 million ids one new one in 10^11 is taken for known.
 */
export class Dedup {
  readonly #key: HashKey
  #memtable = emptyMemtable()
  #flushing: Memtable | undefined
  /** Oldest first. */
  #runs: readonly Run[]

  constructor(key: HashKey, runs: readonly Run[]) {
    this.#key = key
    this.#runs = runs
  }

  get runs(): readonly Run[] {
    return this.#runs
  }

  /** Puts other files in the place of some. */
  set runs(runs: readonly Run[]) {
    this.#runs = runs
  }

  get size(): number {
    const files = this.#runs.reduce((sum, run) => sum + run.entry.ids, 0)
    return files + this.#memtable.table.size + (this.#flushing?.table.size ?? 0)
  }

  /** Received time of the oldest id remembered; undefined: none is. */
  get start(): number | undefined {
    const times = [
      this.#memtable.earliest,
      this.#flushing?.earliest ?? Infinity,
      ...this.#runs.map(r => r.entry.earliest),
    ]
    const start = Math.min(...times)
    return start === Infinity ? undefined : start
  }

  /** Bytes in memory. */
  get bytes(): number {
    const tables = this.#memtable.table.bytes + (this.#flushing?.table.bytes ?? 0)
    return this.#runs.reduce((sum, run) => sum + run.bytes, tables)
  }

  /** Leaves the id's hash in `hashed`. */
  has(messageId: string): boolean {
    hash64(messageId, this.#key)
    const { hi, lo } = hashed
    if (this.#memtable.table.has(hi, lo) || this.#flushing?.table.has(hi, lo)) return true
    const runs = this.#runs
    for (let i = runs.length - 1; i >= 0; i--) if (runs[i]!.has(hi, lo)) return true
    return false
  }

  add(hi: number, lo: number, received: number): void {
    const memtable = this.#memtable
    memtable.table.add(hi, lo)
    if (received < memtable.earliest) memtable.earliest = received
    if (received > memtable.latest) memtable.latest = received
  }

  /** What a checkpoint has to write; what is added from now on is not part of it. */
  freeze(): Memtable | undefined {
    if (this.#memtable.table.size === 0) return undefined
    this.#flushing = this.#memtable
    this.#memtable = emptyMemtable()
    return this.#flushing
  }

  /** The frozen ids are in `run`. */
  thaw(run: Run): void {
    this.#runs = [...this.#runs, run]
    this.#flushing = undefined
  }

  /** The checkpoint failed: the frozen ids are again among those it has to write. */
  unfreeze(): void {
    const frozen = this.#flushing
    if (!frozen) return
    frozen.table.addAll(this.#memtable.table)
    frozen.earliest = Math.min(frozen.earliest, this.#memtable.earliest)
    frozen.latest = Math.max(frozen.latest, this.#memtable.latest)
    this.#memtable = frozen
    this.#flushing = undefined
  }
}

function emptyMemtable(): Memtable {
  return { table: new IdTable(), earliest: Infinity, latest: -Infinity }
}
