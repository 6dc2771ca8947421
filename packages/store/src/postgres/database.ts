import pg from 'pg'
import { StoreError } from '../errors.ts'
import { asStoreError, mayTryAgain } from './failures.ts'

/**
 * Runs one statement; `name` keeps its plan on the connection. Statements of one transaction that are given at once go at once,
 * and are performed in the order they were given.
 */
export interface Queries {
  query<Row extends object>(text: string, values?: unknown[], name?: string): Promise<Row[]>
  /** The number of rows a statement changed. */
  change(text: string, values?: unknown[], name?: string): Promise<number>
}

/** Most times a transaction is done again because somebody else was faster. */
const ATTEMPTS = 20

/**
 * Bounds for what a lost node leaves behind, and durable commits (R2) where the server's default is not; a stricter
 * setting, for a standby, stays. All of it for this transaction only, so a pooler between is no obstacle.
 */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = '20s';
SET LOCAL statement_timeout = '60s';
SET LOCAL idle_in_transaction_session_timeout = '30s';
SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`

/**
 * A connection that cannot be had is closed: where the server asks for a password and there is none, it would be left open, and keep the
 * process from ending, until the server has enough of it.
 */
class Client extends pg.Client {
  override connect(): Promise<pg.Client>
  override connect(callback: Connected): void
  override connect(callback?: Connected): Promise<pg.Client> | undefined {
    if (callback === undefined) return super.connect()
    const tell = callback as (error: Error | null, client: pg.Client) => void
    super.connect((error: Error | null) => {
      if (error) void this.end().catch(() => undefined)
      tell(error, this)
    })
    return undefined
  }
}

/** As `pg` types it; the pool connects so. */
type Connected = ((error: Error) => void) | ((error: null, client: pg.Client) => void)

/** A pool of connections that recovers by itself; every error is told as the port promises. */
export class Database implements Queries {
  readonly #pool: pg.Pool
  #closed = false

  constructor(options: { url: string; connections: number }) {
    this.#pool = new pg.Pool({
      Client,
      connectionString: options.url,
      max: options.connections,
      connectionTimeoutMillis: 10_000,
      query_timeout: 90_000,
      keepAlive: true,
      pipeline: true,
      application_name: 'espalier',
      types: { getTypeParser },
    })
    // A connection that breaks is replaced when next needed, and whoever had a statement on it gets the error; without
    // somebody listening, Node would end the process, between two statements of a transaction as well.
    this.#pool.on('error', () => {})
    this.#pool.on('connect', client => {
      client.on('error', () => {})
    })
  }

  async query<Row extends object>(text: string, values: unknown[] = [], name?: string): Promise<Row[]> {
    return (await this.#run(text, values, name)).rows
  }

  async change(text: string, values: unknown[] = [], name?: string): Promise<number> {
    return (await this.#run(text, values, name)).rowCount ?? 0
  }

  /**
   * Everything `work` does is durable at return, or nothing is. Done again when somebody else was faster. What `work` still asks
   * for when it has failed is refused.
   */
  async transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(work)
      } catch (error) {
        if (attempt < ATTEMPTS && mayTryAgain(error)) continue
        throw asStoreError(error)
      }
    }
  }

  get connections(): { total: number; idle: number; waiting: number } {
    return { total: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#pool.end()
  }

  async #run(text: string, values: unknown[], name?: string): Promise<pg.QueryResult> {
    this.#assertOpen()
    try {
      return await this.#pool.query({ text, values, ...(name === undefined ? {} : { name }) })
    } catch (error) {
      throw asStoreError(error)
    }
  }

  async #attempt<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
    this.#assertOpen()
    const client = await this.#pool.connect()
    let isOver = false
    const run = (text: string, values: unknown[] = [], name?: string) => {
      if (isOver) throw new Error('The transaction is over.')
      return client.query({ text, values, ...(name === undefined ? {} : { name }) })
    }
    let broken: Error | boolean = false
    try {
      const [, done] = await Promise.all([
        client.query(BEGIN),
        work({
          query: async (text, values, name) => (await run(text, values, name)).rows,
          change: async (text, values, name) => (await run(text, values, name)).rowCount ?? 0,
        }),
      ])
      isOver = true
      const { command } = await client.query('COMMIT')
      if (command !== 'COMMIT') throw new Error('PostgreSQL did not commit.')
      return done
    } catch (error) {
      isOver = true
      await client.query('ROLLBACK').catch(failed => {
        broken = failed
      })
      throw error
    } finally {
      client.release(broken)
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('unavailable', 'The store is closed.')
  }
}

/** bigint: ours are times, versions and counts, all within what a number holds exactly. */
function getTypeParser(oid: number): (text: string) => unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid)
}
