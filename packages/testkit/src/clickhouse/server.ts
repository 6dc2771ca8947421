import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Engine } from '@espalier/warehouse/engine'
import { handle } from './handler.ts'

export interface ClickHouseOptions {
  /** Folder for the data; a temporary one, removed by `close`, unless given. */
  readonly path?: string
  readonly username?: string
  readonly password?: string
  /** The one database there is, beside `default`, which is only good for CREATE DATABASE. */
  readonly database?: string
}

/** A ClickHouse server for tests: its HTTP face over chDB in a child process, on a free port. */
export interface ClickHouse {
  readonly url: string
  readonly username: string
  readonly password: string
  readonly database: string
  /** Refuses connections, as a server that is down; its data stay. */
  down(): Promise<void>
  /** Listens again under the same URL. */
  up(): Promise<void>
  close(): Promise<void>
}

export async function startClickHouse(options: ClickHouseOptions = {}): Promise<ClickHouse> {
  const { username = 'default', password = 'secret', database = 'espalier' } = options
  const path = options.path ?? (await mkdtemp(join(tmpdir(), 'clickhouse-')))
  const engine = new Engine({ path, database, memory: 1_500_000_000, patience: 120_000 })
  await engine.start()
  const access = { username, password, database }
  // As long a URL as a ClickHouse server takes (http_max_uri_size).
  const server = createServer({ maxHeaderSize: 2 ** 20 }, (request, response) => {
    handle(engine, access, request, response).catch(() => response.destroy())
  })
  await listen(server, 0)
  const { port } = server.address() as AddressInfo
  return {
    ...access,
    url: `http://127.0.0.1:${port}`,
    down: () => unlisten(server),
    up: () => listen(server, port),
    close: async () => {
      await unlisten(server)
      await engine.stop()
      if (options.path === undefined) await rm(path, { recursive: true, force: true })
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function unlisten(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
