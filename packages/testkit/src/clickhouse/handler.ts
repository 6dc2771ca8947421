import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { createGunzip, gzipSync } from 'node:zlib'
import { WarehouseError } from '@espalier/warehouse'
import type { Engine, Lane } from '@espalier/warehouse/engine'
import { readOptions } from './params.ts'

export interface Access {
  readonly username: string
  readonly password: string
  readonly database: string
}

/** One request in ClickHouse's HTTP protocol, as far as `@clickhouse/client` speaks it. */
export async function handle(engine: Engine, access: Access, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname === '/ping') return void response.end('Ok.\n')
  const body = await buffer(request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request)
  response.setHeader('x-clickhouse-query-id', url.searchParams.get('query_id') ?? randomUUID())
  if (!allowed(access, request)) {
    return fail(
      response,
      403,
      516,
      `${access.username}: Authentication failed: password is incorrect. (AUTHENTICATION_FAILED)`,
    )
  }
  const inUrl = url.searchParams.get('query')
  const sql = inUrl ?? body.toString()
  const database = url.searchParams.get('database') ?? access.database
  if (database !== access.database && !/^\s*(CREATE\s+DATABASE|SELECT\s+1\b)/i.test(sql)) {
    return fail(response, 404, 81, `Database ${database} does not exist. (UNKNOWN_DATABASE)`)
  }
  try {
    const rows = inUrl !== null && body.length > 0 ? { body } : {}
    const result = await engine.run({ lane: laneOf(sql), sql, ...readOptions(url.searchParams, sql), ...rows })
    response.setHeader(
      'x-clickhouse-summary',
      JSON.stringify({
        read_rows: String(result.rows),
        written_rows: String(result.rows),
        elapsed_ns: String(Math.round(result.elapsed * 1e9)),
      }),
    )
    const compress =
      url.searchParams.get('enable_http_compression') === '1' && /gzip/.test(`${request.headers['accept-encoding']}`)
    if (compress) response.setHeader('content-encoding', 'gzip')
    response.end(compress ? gzipSync(result.bytes) : result.bytes)
  } catch (error) {
    // A server that dies says nothing any more.
    if (error instanceof WarehouseError) return void response.destroy()
    const message = error instanceof Error ? error.message : String(error)
    fail(response, 500, Number(/^Code: (\d+)/.exec(message)?.[1] ?? 1002), message)
  }
}

function allowed(access: Access, request: IncomingMessage): boolean {
  const basic = Buffer.from(`${request.headers.authorization}`.replace(/^Basic /, ''), 'base64').toString()
  const { 'x-clickhouse-user': user, 'x-clickhouse-key': key } = request.headers
  return basic === `${access.username}:${access.password}` || (user === access.username && key === access.password)
}

const laneOf = (sql: string): Lane => (/^\s*(SELECT|WITH|EXPLAIN|SHOW|DESCRIBE)\b/i.test(sql) ? 'read' : 'write')

function fail(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { 'x-clickhouse-exception-code': String(code) })
  response.end(/^Code: /.test(message) ? message : `Code: ${code}. DB::Exception: ${message}`)
}
