import type { Row } from '@espalier/core/stream'

export interface LogBufferOptions {
  /** Most rows held in memory; beyond, `add` refuses. */
  readonly maxRows: number
  /** Most bytes of lines held in memory, as UTF-16 counts them. */
  readonly maxLength: number
  /** How long a row may wait before it is written. */
  readonly delayMs: number
}

/** Rows written at once at most: bounds a statement. */
const WRITE_ROWS = 10_000

/**
 * Rows that wait for their group commit. `write` makes rows durable or throws; those it refused stay in front and are
 * tried again, the very same list, so a lost connection loses nothing while the bound allows.
 */
export class LogBuffer {
  readonly #write: (rows: readonly Row[]) => Promise<void>
  readonly #options: LogBufferOptions
  #rows: Row[] = []
  #length = 0
  /** What was tried and may be written: `write` alone can tell, of the same rows. */
  #tried: readonly Row[] | undefined
  /** Rows written since the start. */
  #written = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #stopped = false

  constructor(write: (rows: readonly Row[]) => Promise<void>, options: LogBufferOptions) {
    this.#write = write
    this.#options = options
  }

  get rows(): number {
    return this.#rows.length
  }

  /** Takes all or none. */
  add(rows: readonly Row[]): boolean {
    const length = lengthOf(rows)
    if (this.#rows.length + rows.length > this.#options.maxRows) return false
    if (this.#length + length > this.#options.maxLength) return false
    for (const row of rows) this.#rows.push(row)
    this.#length += length
    this.#schedule()
    return true
  }

  /** Writes what is there now, and fails as `write` does. */
  async flush(): Promise<void> {
    const target = this.#written + this.#rows.length
    while (this.#written < target) {
      this.#writing ??= this.#writeSome().finally(() => {
        this.#writing = undefined
      })
      await this.#writing
    }
  }

  /** No more writes by itself. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #writeSome(): Promise<void> {
    this.#tried ??= this.#rows.slice(0, WRITE_ROWS)
    const rows = this.#tried
    await this.#write(rows)
    this.#tried = undefined
    this.#rows.splice(0, rows.length)
    this.#length -= lengthOf(rows)
    this.#written += rows.length
  }

  #schedule(): void {
    if (this.#timer || this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // What could not be written stays and is tried again; `check` and the next commit say what is wrong.
      this.flush().catch(() => this.#schedule())
    }, this.#options.delayMs).unref()
  }
}

function lengthOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + row.line.length, 0)
}
