import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import { toWarehouseError } from '../errors.ts'
import { Gate } from './gate.ts'
import { insertSettings, type Settings } from './settings.ts'

export type Params = Readonly<Record<string, unknown>>

export interface DatabaseOptions {
  readonly client: ClickHouseClient
  readonly settings: Settings
  readonly reads: Gate
  readonly writes: Gate
}

/** The one way to the engine, embedded or by URL: bounded, with our settings, and with our errors. */
export class Database {
  readonly #options: DatabaseOptions
  /** One piece of work that is done alone after the other. */
  readonly #turns = new Gate('backups', { running: 1, waiting: 4 })

  constructor(options: DatabaseOptions) {
    this.#options = options
  }

  /** Rows of a query whose values are all in `params`, never in its text. */
  rows<Row>(query: string, params: Params = {}, settings: Settings = {}): Promise<Row[]> {
    return this.#do(this.#options.reads, async client => {
      const result = await client.query({
        query,
        query_params: { ...params },
        format: 'JSONEachRow',
        clickhouse_settings: { ...this.#options.settings, ...settings },
      })
      return result.json<Row>()
    })
  }

  command(query: string, params: Params = {}): Promise<void> {
    return this.#do(this.#options.writes, async client => {
      await client.command({
        query,
        query_params: { ...params },
        clickhouse_settings: { async_insert: 0, session_timezone: 'UTC' },
      })
    })
  }

  /** Hands JSONEachRow bytes to the engine unread. A token that was inserted before changes nothing. */
  insert(table: string, body: Uint8Array, token?: string): Promise<void> {
    return this.#do(this.#options.writes, async client => {
      const { stream } = await client.exec({
        query: `INSERT INTO ${table} FORMAT JSONEachRow`,
        values: Readable.from([body], { objectMode: false }),
        clickhouse_settings: {
          ...insertSettings,
          ...(token === undefined ? {} : { insert_deduplication_token: token }),
        },
      })
      // The answer is empty, and the connection is free again when it has been read.
      for await (const _ of stream);
    })
  }

  async check(): Promise<void> {
    const answer = await this.#options.client.ping({ select: true })
    if (!answer.success) throw toWarehouseError(answer.error)
  }

  get waiting(): { queries: number; inserts: number } {
    return { queries: this.#options.reads.waiting, inserts: this.#options.writes.waiting }
  }

  /** Nothing runs while `work` does, other such work neither; what comes meanwhile waits. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const { reads, writes } = this.#options
    return this.#turns.pass(async () => {
      try {
        await Promise.all([reads.close(), writes.close()])
        return await work()
      } finally {
        reads.open()
        writes.open()
      }
    })
  }

  close(): Promise<void> {
    return this.#options.client.close()
  }

  async #do<T>(gate: Gate, work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    try {
      return await gate.pass(() => work(this.#options.client))
    } catch (error) {
      throw toWarehouseError(error)
    }
  }
}
