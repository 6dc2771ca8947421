import type { ChildProcess } from 'node:child_process'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { WarehouseError } from '../errors.ts'
import type { EngineLimits } from './config.ts'
import { launch, tell } from './launch.ts'
import type { Statement, StatementResult, ToParent } from './protocol.ts'

export interface EngineOptions extends EngineLimits {
  /** Folder of the engine; made when it is not there. */
  readonly path: string
  readonly database: string
  /** Milliseconds after which a statement's engine is taken for dead and killed: longer than any statement may run. */
  readonly patience: number
  readonly onEvent?: (event: EngineEvent) => void
}

export type EngineEvent =
  | { readonly what: 'started'; readonly pid: number; readonly version: string }
  | { readonly what: 'died'; readonly reason: string; readonly retryMs: number }

/** Milliseconds before a dead engine is started again: doubled with each failure, back to the first after a good start. */
const BACKOFF = { first: 100, most: 10_000 }
/** A folder in use may belong to a child that is just ending with its parent: so long do we try again. */
const IN_USE_PATIENCE_MS = 3_000
const STOP_PATIENCE_MS = 10_000
/**
 * Folder of the rows that are handed over, a file an insert. A pipe takes some 200 KB in a turn of the event loop, and of rows that stand in
 * a statement the engine makes copies: it reads them from a file at half the cost. They hardly ever reach the disk.
 */
const BODIES = 'bodies'

interface Running {
  readonly resolve: (result: StatementResult) => void
  readonly reject: (error: Error) => void
  readonly watchdog: NodeJS.Timeout
}

type State =
  | { is: 'starting'; done: Promise<void> }
  | { is: 'ready'; child: ChildProcess; version: string }
  | { is: 'waiting'; reason: string; until: number; timer: NodeJS.Timeout }
  | { is: 'stopped' }

/**
 * chDB in a child process. When it dies, what was under way fails as `unavailable` and it is started again. The data folder's
 * lock is the engine's own: it goes with the process, however that ends.
 */
export class Engine {
  readonly #options: EngineOptions
  readonly #running = new Map<number, Running>()
  #state: State = { is: 'stopped' }
  /** False from `stop` on: a start that fails then is not tried again. */
  #wanted = false
  #closed = false
  #nextId = 1
  #failures = 0
  #starts = 0

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** Throws `in-use` when another process has the folder, `unavailable` with the engine's words when it does not start. */
  async start(): Promise<void> {
    this.#wanted = true
    const deadline = Date.now() + IN_USE_PATIENCE_MS
    for (;;) {
      try {
        return await this.#begin()
      } catch (error) {
        const again = error instanceof WarehouseError && error.code === 'in-use' && Date.now() < deadline
        if (!again) {
          this.#wanted = false
          throw error
        }
        await new Promise(resolve => setTimeout(resolve, BACKOFF.first))
      }
    }
  }

  /** After `stop`: starts again, and goes on trying if that fails. Nothing once it was closed meanwhile. */
  async resume(): Promise<void> {
    if (this.#closed) return
    this.#wanted = true
    await this.#begin().catch((error: Error) => this.#retry(error.message))
  }

  async run(statement: Statement): Promise<StatementResult> {
    if (this.#state.is === 'starting') await this.#state.done
    const state = this.#state
    if (state.is === 'waiting') {
      const seconds = Math.max(0, (state.until - Date.now()) / 1000).toFixed(1)
      throw new WarehouseError('unavailable', `${state.reason} It is started again in ${seconds} s.`)
    }
    if (state.is !== 'ready') throw new WarehouseError('unavailable', 'The engine is stopped.')
    return this.#send(state.child, statement)
  }

  get stats(): { pid: number; version: string; restarts: number; underWay: number } {
    const ready = this.#state.is === 'ready' ? this.#state : undefined
    return {
      pid: ready?.child.pid ?? 0,
      version: ready?.version ?? '',
      restarts: Math.max(0, this.#starts - 1),
      underWay: this.#running.size,
    }
  }

  /** Lets the engine end its files properly. Statements under way fail as `unavailable` if it does not in time. */
  async stop(): Promise<void> {
    this.#wanted = false
    const state = this.#state
    if (state.is === 'starting') {
      await state.done.catch(() => undefined)
      return this.stop()
    }
    this.#state = { is: 'stopped' }
    if (state.is === 'waiting') clearTimeout(state.timer)
    if (state.is !== 'ready') return
    const ended = new Promise(resolve => state.child.once('exit', resolve))
    const killer = setTimeout(() => state.child.kill('SIGKILL'), STOP_PATIENCE_MS)
    tell(state.child, { do: 'stop' }).catch(() => undefined)
    await ended
    clearTimeout(killer)
    this.#failAll('The warehouse was closed.')
  }

  /** Stops for good. */
  close(): Promise<void> {
    this.#closed = true
    return this.stop()
  }

  #begin(): Promise<void> {
    const done = this.#launch()
    this.#state = { is: 'starting', done }
    return done
  }

  async #launch(): Promise<void> {
    try {
      const { child, version } = await launch(this.#options)
      await emptyFolder(join(this.#options.path, BODIES)).catch(error => {
        child.kill('SIGKILL')
        throw new WarehouseError('failed', `The warehouse folder cannot be written: ${error.message}`, { cause: error })
      })
      this.#state = { is: 'ready', child, version }
      this.#starts += 1
      this.#failures = 0
      child.on('message', (message: ToParent) => this.#hear(message))
      child.once('exit', (code, signal) => this.#died(child, `The engine ended with ${signal ?? `code ${code}`}.`))
      // It may have died between its greeting and now.
      if (child.exitCode !== null || child.signalCode !== null) this.#died(child, 'The engine ended at once.')
      else this.#options.onEvent?.({ what: 'started', pid: child.pid ?? 0, version })
    } catch (error) {
      this.#state = { is: 'stopped' }
      throw error
    }
  }

  #died(child: ChildProcess, reason: string): void {
    if (this.#state.is !== 'ready' || this.#state.child !== child) return
    this.#failAll(reason)
    this.#retry(reason)
  }

  #retry(reason: string): void {
    if (!this.#wanted) return
    const retryMs = Math.min(BACKOFF.most, BACKOFF.first * 2 ** this.#failures)
    this.#failures += 1
    const timer = setTimeout(() => {
      this.#begin().catch((error: Error) => this.#retry(error.message))
    }, retryMs)
    this.#state = { is: 'waiting', reason, until: Date.now() + retryMs, timer }
    this.#options.onEvent?.({ what: 'died', reason, retryMs })
  }

  #send(child: ChildProcess, statement: Statement): Promise<StatementResult> {
    const id = this.#nextId++
    // By its name within the folder, as in a path the engine would take some characters for a pattern.
    const file = statement.body === undefined ? undefined : `${BODIES}/${id}`
    const result = new Promise<StatementResult>((resolve, reject) => {
      const watchdog = setTimeout(() => child.kill('SIGKILL'), this.#options.patience)
      this.#running.set(id, { resolve, reject, watchdog })
      this.#tell(child, id, statement, file).catch((error: Error) =>
        this.#settle(id)?.reject(new WarehouseError('unavailable', error.message, { cause: error })),
      )
    })
    return file === undefined ? result : result.finally(() => rm(join(this.#options.path, file), { force: true }))
  }

  async #tell(child: ChildProcess, id: number, statement: Statement, file: string | undefined): Promise<void> {
    const { body, ...rest } = statement
    if (file === undefined || body === undefined) return tell(child, { do: 'run', id, ...rest })
    await write(join(this.#options.path, file), body)
    // The engine may have died meanwhile.
    if (this.#running.has(id)) await tell(child, { do: 'run', id, file, ...rest })
  }

  #hear(message: ToParent): void {
    if (message.is === 'done') this.#settle(message.id)?.resolve(message)
    else if (message.is === 'failed') this.#settle(message.id)?.reject(new Error(message.message))
  }

  #settle(id: number): Running | undefined {
    const running = this.#running.get(id)
    this.#running.delete(id)
    if (running) clearTimeout(running.watchdog)
    return running
  }

  #failAll(reason: string): void {
    for (const id of [...this.#running.keys()]) this.#settle(id)?.reject(new WarehouseError('unavailable', reason))
  }
}

/** Of what a process that was killed has left. Only after the engine has its lock: before, it may be another's. */
async function emptyFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
  await mkdir(path)
}

/** For this user's eyes only: it is what people did. */
async function write(path: string, body: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for (let at = 0; at < body.length; ) at += (await file.write(body, at)).bytesWritten
  } finally {
    await file.close()
  }
}
