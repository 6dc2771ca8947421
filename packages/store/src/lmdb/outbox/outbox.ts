import type { Row } from '@espalier/core/stream'
import { CLAIM_BYTES } from '../../claimBytes.ts'
import { isHeld } from '../../leaseTime.ts'
import type { Outbox, ShipBatch } from '../../port.ts'
import type { Journal } from '../journal/journal.ts'
import { comparePositions, type Position } from '../journal/position.ts'
import { readFrames, totals } from '../journal/reader.ts'
import { type Assigned, assign, bodyOf } from './assign.ts'
import type { BatchRecord } from './batch.ts'
import { type Body, Rooms } from './room.ts'

/** Where the outbox keeps which rows are in which batch. Durable at return. */
export interface OutboxLedger {
  load(): { cursor: Position; batches: BatchRecord[] }
  assigned(cursor: Position, batches: readonly BatchRecord[]): Promise<void>
  settled(token: string): Promise<void>
}

/** Who makes rows durable that change nobody. */
export interface RowWriter {
  log(rows: readonly Row[]): boolean
  flush(): Promise<void>
}

interface Parts {
  readonly journal: Journal
  readonly ledger: OutboxLedger
  /** Bytes of journal that may wait for the warehouse. */
  readonly maxBytes: number
  /** Called when a batch has arrived: parts of the journal may not be needed any more. */
  readonly onSettled: () => Promise<void>
}

interface Pending {
  readonly record: BatchRecord
  holder: string | undefined
  until: number
  /** Where its rows are for whoever holds it. */
  room?: Buffer
}

/** The journal as the warehouse's inbox: its rows in order, divided into batches as they are claimed. */
export class LmdbOutbox implements Outbox {
  readonly #journal: Journal
  readonly #ledger: OutboxLedger
  readonly #maxBytes: number
  readonly #pending = new Map<string, Pending>()
  /** All rows before it are in a batch. */
  #cursor: Position
  /** All frames before it are counted here. */
  #end: Position
  #waiting: { rows: number; bytes: number; oldest: number | undefined } = { rows: 0, bytes: 0, oldest: undefined }
  /** One claim at a time: each sees what the others took. */
  #turn: Promise<unknown> = Promise.resolve()
  #writer: RowWriter | undefined
  readonly #rooms = new Rooms()
  readonly #onSettled: () => Promise<void>

  private constructor({ journal, ledger, maxBytes, onSettled }: Parts, cursor: Position) {
    this.#journal = journal
    this.#ledger = ledger
    this.#maxBytes = maxBytes
    this.#onSettled = onSettled
    this.#cursor = cursor
    this.#end = journal.end
  }

  static async open(parts: Parts): Promise<LmdbOutbox> {
    const { journal, ledger } = parts
    const { cursor, batches } = ledger.load()
    const outbox = new LmdbOutbox(parts, cursor)
    for (const record of batches) outbox.#pending.set(record.token, { record, holder: undefined, until: 0 })
    outbox.#waiting = await totals(journal, cursor, journal.end)
    return outbox
  }

  /** Logged rows go through the single writer. */
  connect(writer: RowWriter): void {
    this.#writer = writer
  }

  /** A frame that ends at `end` is durable. */
  appended(frame: { rows: number; rowBytes: number; time: number }, end: Position): void {
    this.#end = end
    if (frame.rows === 0) return
    const { rows, bytes, oldest } = this.#waiting
    this.#waiting = { rows: rows + frame.rows, bytes: bytes + frame.rowBytes, oldest: oldest ?? frame.time }
  }

  /** What is before it has been shipped. */
  get settledTo(): Position {
    let position = this.#waiting.rows === 0 ? this.#end : this.#cursor
    for (const { record } of this.#pending.values()) {
      if (comparePositions(record.from, position) < 0) position = record.from
    }
    return position
  }

  /**
   * How many rows before a position, where the journal went on in a new segment, have not been shipped; where none is to be,
   * nothing keeps the segments before it.
   */
  pass(position: Position): Promise<number> {
    return this.#inTurn(async () => {
      if (comparePositions(this.#end, position) < 0) this.#end = position
      let { rows } = await totals(this.#journal, this.#cursor, position)
      if (rows === 0 && comparePositions(this.#cursor, position) < 0) {
        await this.#ledger.assigned(position, [])
        this.#cursor = position
      }
      for (const { record } of this.#pending.values()) {
        if (comparePositions(record.from, position) < 0) rows += record.rows
      }
      return rows
    })
  }

  /** The journal holds as much unshipped as it may (R2, R11). */
  get isFull(): boolean {
    return this.#journal.bytesSince(this.settledTo) >= this.#maxBytes
  }

  log(rows: readonly Row[]): boolean {
    return this.#writer?.log(rows) ?? false
  }

  flush(): Promise<void> {
    return this.#writer?.flush() ?? Promise.resolve()
  }

  claim(options: Parameters<Outbox['claim']>[0]): Promise<ShipBatch[]> {
    return this.#inTurn(() => this.#claim(options))
  }

  settle(token: string): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#pending.has(token)) return
      await this.#ledger.settled(token)
      const { room } = this.#pending.get(token)!
      this.#pending.delete(token)
      if (room !== undefined) this.#rooms.giveBack(room)
    }).then(() => this.#onSettled())
  }

  async depth(): Promise<{ rows: number; bytes: number; oldest: number | undefined }> {
    let { rows, bytes, oldest } = this.#waiting
    for (const { record } of this.#pending.values()) {
      rows += record.rows
      bytes += record.bytes
      oldest = Math.min(oldest ?? Infinity, record.time)
    }
    return { rows, bytes, oldest }
  }

  async mark(): Promise<string> {
    return `${this.#end.segment}:${this.#end.offset}`
  }

  async passed(mark: string): Promise<boolean> {
    const [segment = 0, offset = 0] = mark.split(':').map(Number)
    return comparePositions(this.settledTo, { segment, offset }) >= 0
  }

  /** Passes frames that have no rows, so that nothing keeps their segments. */
  skipEmpty(): Promise<void> {
    return this.#inTurn(async () => {
      const end = this.#end
      if (this.#waiting.rows > 0 || this.#cursor.segment === end.segment) return
      await this.#ledger.assigned(end, [])
      this.#cursor = end
    })
  }

  /** Runs `work` while nothing is claimed or settled. */
  atRest<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(work)
  }

  async #claim({ now, leaseMs, holder, maxRows, maxBatches }: Parameters<Outbox['claim']>[0]): Promise<ShipBatch[]> {
    const taken: ShipBatch[] = []
    const hold = (pending: Pending, body: Body) => {
      // Who held it before may still look at the room of then: that is left to be collected.
      pending.room = body.room
      pending.holder = holder
      pending.until = now + leaseMs
      const { token, table, partition, rows } = pending.record
      taken.push({ token, table, partition, rows, body: body.bytes })
    }
    let bytes = 0
    for (const pending of this.#pending.values()) {
      if (taken.length >= maxBatches || bytes >= CLAIM_BYTES) return taken
      if (pending.holder !== undefined && pending.holder !== holder && isHeld(pending.until, now, leaseMs)) continue
      hold(pending, await bodyOf(this.#journal, pending.record, this.#rooms))
      bytes += pending.record.bytes
    }
    if (taken.length >= maxBatches) return taken
    if (this.#waiting.rows === 0) {
      // Who asks in a loop must not keep the event loop from the commits it waits for.
      await new Promise(resolve => setImmediate(resolve))
      return taken
    }
    for (const { record, body } of await this.#assign(maxRows, maxBatches - taken.length)) {
      if (taken.length < maxBatches) hold(this.#pending.get(record.token)!, body)
      else this.#rooms.giveBack(body.room)
    }
    return taken
  }

  async #assign(maxRows: number, wanted: number): Promise<Assigned[]> {
    const { batches, next } = await assign(this.#journal, this.#cursor, this.#end, {
      wanted,
      maxRows,
      rooms: this.#rooms,
    })
    const records = batches.map(({ record }) => record)
    await this.#ledger.assigned(next, records)
    this.#cursor = next
    for (const record of records) this.#pending.set(record.token, { record, holder: undefined, until: 0 })
    const rows = this.#waiting.rows - records.reduce((sum, { rows }) => sum + rows, 0)
    const bytes = this.#waiting.bytes - records.reduce((sum, { bytes }) => sum + bytes, 0)
    // What is left is no older than what was the first before; until it is looked up, that stands for it.
    this.#waiting = { rows, bytes, oldest: rows > 0 ? this.#waiting.oldest : undefined }
    if (rows > 0) {
      const oldest = await this.#firstTime()
      // Read again: more was appended while it was looked up.
      this.#waiting = { ...this.#waiting, oldest }
    }
    return batches
  }

  /** Time of the first frame with rows that no batch has. */
  async #firstTime(): Promise<number | undefined> {
    for await (const { header } of readFrames(this.#journal, this.#cursor, this.#end)) {
      if (header.rows > 0) return header.time
    }
    return undefined
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }
}
