import type { Row } from '@espalier/core/stream'
import { CLAIM_BYTES } from '../claimBytes.ts'
import { StoreError } from '../errors.ts'
import { isHeld } from '../leaseTime.ts'
import type { Outbox, ShipBatch } from '../port.ts'

interface WaitingRow {
  readonly row: Row
  readonly at: number
  /** 1, 2, 3… in the order they came. */
  readonly number: number
}

interface HeldBatch extends ShipBatch {
  readonly at: number
  /** Of its first row. */
  readonly number: number
  holder: string
  until: number
}

export interface MemoryOutboxOptions {
  /** Most rows that may wait for the warehouse; commits beyond are refused with `full`. */
  readonly maxRows: number
  /** Names the time of rows that come without one. */
  readonly clock: () => number
}

export class MemoryOutbox implements Outbox {
  readonly #options: MemoryOutboxOptions
  #waiting: WaitingRow[] = []
  readonly #batches = new Map<string, HeldBatch>()
  #nextToken = 1
  #nextNumber = 1

  constructor(options: MemoryOutboxOptions) {
    this.#options = options
  }

  /** Takes a commit's rows, all or none. */
  add(rows: readonly Row[], at: number): void {
    if (!this.#fits(rows.length))
      throw new StoreError('full', 'The outbox is full: the warehouse has to catch up first.')
    for (const row of rows) this.#waiting.push({ row, at, number: this.#nextNumber++ })
  }

  log(rows: readonly Row[]): boolean {
    if (!this.#fits(rows.length)) return false
    this.add(rows, this.#options.clock())
    return true
  }

  async flush(): Promise<void> {}

  async claim({ now, leaseMs, holder, maxRows, maxBatches }: Parameters<Outbox['claim']>[0]): Promise<ShipBatch[]> {
    const free = [...this.#batches.values()].filter(
      batch => batch.holder === holder || !isHeld(batch.until, now, leaseMs),
    )
    const claimed = free.slice(0, maxBatches)
    let bytes = 0
    while (claimed.length < maxBatches && bytes < CLAIM_BYTES && this.#waiting.length > 0) {
      const batch = this.#makeBatch(maxRows)
      bytes += batch.body.length
      claimed.push(batch)
    }
    for (const batch of claimed) Object.assign(batch, { holder, until: now + leaseMs })
    return claimed.map(({ token, table, partition, rows, body }) => ({
      token,
      table,
      partition,
      rows,
      body: body.slice(),
    }))
  }

  async settle(token: string): Promise<void> {
    this.#batches.delete(token)
  }

  async depth(): Promise<{ rows: number; bytes: number; oldest: number | undefined }> {
    const batches = [...this.#batches.values()]
    const times = [...batches.map(batch => batch.at), ...this.#waiting.map(waiting => waiting.at)]
    return {
      rows: this.#rows(),
      bytes:
        batches.reduce((sum, batch) => sum + batch.body.length, 0) +
        this.#waiting.reduce((sum, { row }) => sum + Buffer.byteLength(row.line) + 1, 0),
      oldest: times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b)),
    }
  }

  async mark(): Promise<string> {
    return String(this.#nextNumber)
  }

  async passed(mark: string): Promise<boolean> {
    return [...this.#batches.values(), ...this.#waiting].every(({ number }) => number >= Number(mark))
  }

  #makeBatch(maxRows: number): HeldBatch {
    const { table, partition } = this.#waiting[0]!.row
    const lines: string[] = []
    const left: WaitingRow[] = []
    const { at, number } = this.#waiting[0]!
    let bytes = 0
    for (const waiting of this.#waiting) {
      const { row } = waiting
      const fits = lines.length < maxRows && bytes < CLAIM_BYTES
      if (fits && row.table === table && row.partition === partition)
        bytes += lines[lines.push(`${row.line}\n`) - 1]!.length
      else left.push(waiting)
    }
    this.#waiting = left
    const token = `memory-${this.#nextToken++}`
    const body = new TextEncoder().encode(lines.join(''))
    const batch = { token, table, partition, rows: lines.length, body, at, number, holder: '', until: 0 }
    this.#batches.set(token, batch)
    return batch
  }

  #rows(): number {
    return this.#waiting.length + [...this.#batches.values()].reduce((sum, batch) => sum + batch.rows, 0)
  }

  #fits(rows: number): boolean {
    return this.#rows() + rows <= this.#options.maxRows
  }
}
