import { Worker } from 'node:worker_threads'
import { StoreError } from '../../errors.ts'
import { writeError } from './diskRoom.ts'

interface Answer {
  readonly id: number
  readonly error?: { readonly message: string; readonly code?: string | number }
}

interface Waiting {
  resolve(): void
  reject(error: StoreError): void
}

/** Of its young generation. What it collects for a commit lives until then, so more room would not be collected less. */
const YOUNG_MB = 12

/** A thread that writes to one environment (`writer.js`); started when it is needed, and again when it died. */
export class WriterThread {
  readonly #data: { readonly path: string; readonly tables: readonly string[] }
  #worker: Worker | undefined
  /** Who has the chunks given since the last commit. */
  #holder: Worker | undefined
  readonly #waiting = new Map<number, Waiting>()
  #next = 1
  #isClosed = false

  constructor(path: string, tables: readonly string[]) {
    this.#data = { path, tables }
  }

  /** Hands over part of a transaction. */
  chunk(bytes: ArrayBuffer): void {
    if (!this.#isClosed) this.#holder ??= this.#worker ?? this.#start()
    void this.#ask({ task: 'chunk', bytes }, [bytes]).catch(() => undefined)
  }

  /** Forgets the chunks given so far. */
  discard(): void {
    this.#holder = undefined
    if (this.#worker) void this.#ask({ task: 'discard' }).catch(() => undefined)
  }

  /** Writes the chunks given since the last commit as one transaction; durable at return. */
  async commit(): Promise<void> {
    const holder = this.#holder
    this.#holder = undefined
    // One that was started since has not all of it.
    if (holder !== this.#worker || this.#isClosed) {
      this.discard()
      throw ended()
    }
    await this.#ask({ task: 'commit' })
  }

  writeRun(path: string, ids: Uint32Array<ArrayBuffer>, received: { earliest: number; latest: number }): Promise<void> {
    return this.#ask({ task: 'run', path, ids, ...received }, [ids.buffer])
  }

  mergeRuns(path: string, paths: readonly string[]): Promise<void> {
    return this.#ask({ task: 'merge', path, paths })
  }

  /**
   * Writes what is in the tables into a new environment at `path`; durable at return. Nothing has this one open in a thread
   * afterwards: the next task opens what is then in its place.
   */
  async rewrite(path: string): Promise<void> {
    await this.#ask({ task: 'rewrite', path })
    await this.#end()
  }

  /** Nothing is written any more: the folder may be another's. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#end()
  }

  async #end(): Promise<void> {
    if (!this.#worker) return
    await this.#send(this.#worker, { task: 'close' }).catch(() => undefined)
    await this.#worker?.terminate()
  }

  async #ask(task: Record<string, unknown>, transfer: ArrayBuffer[] = []): Promise<void> {
    if (this.#isClosed) throw new StoreError('unavailable', 'The store is closed.')
    await this.#send(this.#worker ?? this.#start(), task, transfer)
  }

  #send(worker: Worker, task: Record<string, unknown>, transfer: ArrayBuffer[] = []): Promise<void> {
    const id = this.#next++
    // Idle it does not keep the process; at work it does.
    worker.ref()
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      worker.postMessage({ id, task }, transfer)
    })
  }

  #start(): Worker {
    const worker = new Worker(new URL('./writer.js', import.meta.url), {
      workerData: this.#data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    })
    worker.on('message', ({ id, error }: Answer) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) worker.unref()
      if (!error) return waiting?.resolve()
      const failed = Object.assign(new Error(error.message), { code: error.code })
      void writeError(failed, this.#data.path).then(reason => waiting?.reject(reason))
    })
    const gone = (cause?: unknown) => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      const error = ended(cause)
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    }
    worker.on('error', gone)
    worker.on('exit', () => gone())
    this.#worker = worker
    return worker
  }
}

function ended(cause?: unknown): StoreError {
  return new StoreError('unavailable', 'The thread that writes to LMDB ended.', { cause })
}
