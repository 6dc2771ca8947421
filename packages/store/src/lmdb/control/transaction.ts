import type { ControlDb, ControlReader, ControlTable, RangeOptions } from './db.ts'

interface Write {
  readonly table: ControlTable
  readonly key: Buffer
  /** JSON; undefined: it goes. */
  readonly value: string | undefined
}

/** What transactions that are written together have written so far. */
export class Writes {
  readonly #writes = new Map<string, Write>()

  get isEmpty(): boolean {
    return this.#writes.size === 0
  }

  [Symbol.iterator](): IterableIterator<Write> {
    return this.#writes.values()
  }

  get(table: ControlTable, key: Buffer): Write | undefined {
    return this.#writes.get(idOf(table, key))
  }

  add(write: Write): void {
    this.#writes.set(idOf(write.table, write.key), write)
  }
}

/** Reads what is durable with what was written before it and in it; keeps its own writes only when all went well. */
export class ControlTransaction implements ControlReader {
  readonly #db: ControlDb
  readonly #before: Writes
  readonly #own = new Writes()

  constructor(db: ControlDb, before: Writes) {
    this.#db = db
    this.#before = before
  }

  get<T>(table: ControlTable, key: Buffer): T | undefined {
    const write = this.#own.get(table, key) ?? this.#before.get(table, key)
    if (!write) return this.#db.get(table, key)
    return write.value === undefined ? undefined : (JSON.parse(write.value) as T)
  }

  range<T>(table: ControlTable, start: Buffer, end: Buffer, { limit, reverse = false }: RangeOptions = {}): T[] {
    const found = new Map<string, { key: Buffer; value: string }>()
    for (const { key, value } of this.#db.entries(table, start, end, false, undefined)) {
      const copy = Buffer.from(key)
      found.set(idOf(table, copy), { key: copy, value: Buffer.from(value).toString() })
    }
    for (const write of [...this.#before, ...this.#own]) {
      const { key, value } = write
      if (write.table !== table || key.compare(start) < 0 || key.compare(end) >= 0) continue
      if (value === undefined) found.delete(idOf(table, key))
      else found.set(idOf(table, key), { key, value })
    }
    const sorted = [...found.values()].sort((a, b) => (reverse ? b.key.compare(a.key) : a.key.compare(b.key)))
    return sorted.slice(0, limit).map(({ value }) => JSON.parse(value) as T)
  }

  put(table: ControlTable, key: Buffer, value: unknown): void {
    this.#own.add({ table, key, value: JSON.stringify(value) })
  }

  remove(table: ControlTable, key: Buffer): void {
    this.#own.add({ table, key, value: undefined })
  }

  keep(): void {
    for (const write of this.#own) this.#before.add(write)
  }
}

function idOf(table: ControlTable, key: Buffer): string {
  return `${table} ${key.toString('latin1')}`
}
