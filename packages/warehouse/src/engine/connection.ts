import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { type ClickHouseClientConfigOptions, parseError } from '@clickhouse/client'
import { WarehouseError } from '../errors.ts'
import type { Engine } from './engine.ts'
import type { Lane, StatementResult } from './protocol.ts'

type Connection = NonNullable<ClickHouseClientConfigOptions['connection']>
type QueryParams = Parameters<Connection['query']>[0]
type ExecParams = Parameters<Connection['exec']>[0]
type InsertParams = Parameters<Connection['insert']>[0]

/**
 * Lets `@clickhouse/client` talk to the engine in the child process: `createClient({ connection })`. Errors are what they are
 * over HTTP (`ClickHouseError` with code and type), or `WarehouseError` when there is no engine to say anything.
 */
export class EngineConnection implements Connection {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async query(params: QueryParams) {
    const { base, result } = await this.#run('read', params)
    return { ...base, stream: streamOf(result.bytes) }
  }

  async exec(params: ExecParams) {
    const body = params.values === undefined ? undefined : await bytesOf(params.values)
    const { base, result } = await this.#run('write', params, body)
    return { ...base, stream: streamOf(result.bytes), summary: summaryOf(result) }
  }

  async command(params: QueryParams) {
    const { base, result } = await this.#run('write', params)
    return { ...base, summary: summaryOf(result) }
  }

  async insert(params: InsertParams) {
    const body = typeof params.values === 'string' ? Buffer.from(params.values) : await bytesOf(params.values)
    const { base, result } = await this.#run('write', params, body)
    return { ...base, summary: summaryOf(result) }
  }

  async ping() {
    try {
      // Not behind a long query: inserts are short.
      await this.#run('write', { query: 'SELECT 1 FORMAT TSV' })
      return { success: true as const }
    } catch (error) {
      return { success: false as const, error: error instanceof Error ? error : new Error(String(error)) }
    }
  }

  close(): Promise<void> {
    return this.#engine.close()
  }

  async #run(lane: Lane, params: QueryParams, body?: Uint8Array) {
    const base = { query_id: params.query_id ?? randomUUID(), response_headers: {}, http_status_code: 200 }
    // The engine takes an insert without rows for a mistake; over HTTP it is none.
    if (body?.length === 0) return { base, result: { bytes: body, rows: 0, elapsed: 0 } }
    try {
      const result = await this.#engine.run({
        lane,
        sql: params.query,
        settings: settingsOf(params.clickhouse_settings),
        ...(params.query_params === undefined ? {} : { params: params.query_params }),
        ...(body === undefined ? {} : { body }),
      })
      return { base, result }
    } catch (error) {
      throw error instanceof WarehouseError ? error : parseError(error instanceof Error ? error : String(error))
    }
  }
}

/** Settings that only mean something over HTTP. */
const httpOnly = new Set([
  'wait_end_of_query',
  'send_progress_in_http_headers',
  'cancel_http_readonly_queries_on_client_close',
])

function settingsOf(settings: QueryParams['clickhouse_settings']): Record<string, string | number> {
  const entries = Object.entries(settings ?? {}).filter(([name, value]) => value !== undefined && !httpOnly.has(name))
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : String(value),
    ]),
  )
}

/** A batch comes as one piece and stays it: no copy. */
async function bytesOf(stream: Readable): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(typeof piece === 'string' ? Buffer.from(piece) : piece)
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
}

function streamOf(bytes: Uint8Array): Readable {
  const stream = Readable.from(
    bytes.length > 0 ? [Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)] : [],
    {
      objectMode: false,
    },
  )
  // A result set that is closed unread destroys its stream with an error that nobody listens to.
  stream.on('error', () => undefined)
  return stream
}

function summaryOf({ rows, elapsed }: StatementResult) {
  return {
    read_rows: String(rows),
    read_bytes: '0',
    written_rows: String(rows),
    written_bytes: '0',
    total_rows_to_read: '0',
    result_rows: String(rows),
    result_bytes: '0',
    elapsed_ns: String(Math.round(elapsed * 1e9)),
  }
}
