import { join } from 'node:path'
import { apply } from '@espalier/core/stream'
import { type Store, StoreError } from '@espalier/store'
import { openLmdbStore } from '@espalier/store/lmdb'
import { openPostgresStore } from '@espalier/store/postgres'
import { type Location, openWarehouse, type Server, type Warehouse } from '@espalier/warehouse'
import type { Logger } from 'pino'
import { STORE_FOLDER, WAREHOUSE_FOLDER } from './backup.ts'
import { usableFolder } from './folder.ts'
import { newId } from './id.ts'
import type { ServerOptions } from './options/index.ts'
import { StartError } from './problem.ts'

/** Makes the folders of the embedded engines, so far as they lack. Throws `StartError` where one cannot be used. */
export async function prepareFolders({ data, store, warehouse }: ServerOptions): Promise<void> {
  if (store === 'embedded') await usableFolder(join(data, STORE_FOLDER))
  if (warehouse === 'embedded') await usableFolder(join(data, WAREHOUSE_FOLDER))
}

/**
 * Opens the store the options name. What it dates by itself is dated by `now`, as commits are: whether all of a time has been
 * shipped is told by the dates of both. Throws `StartError` with one line for the operator.
 */
export async function openStoreOf(options: ServerOptions, now: () => number): Promise<Store> {
  try {
    return await (options.store === 'embedded' ? openEmbeddedStore(options, now) : openSharedStore(options, now))
  } catch (error) {
    if (error instanceof StartError) throw error
    if (error instanceof StoreError) throw new StartError(told(error, options), { cause: error })
    throw new StartError(`The store cannot be opened: ${messageOf(error)}.`, { cause: error })
  }
}

/** A database that does not answer says what stands in the way, and not where it was looked for. */
function told({ code, message }: StoreError, { store }: ServerOptions): string {
  if (code !== 'unavailable' || store === 'embedded') return message
  return `${message.replace(/\.$/, '')}. Mend ESPALIER_STORE, or see that it runs there.`
}

function openEmbeddedStore({ data, cacheBytes, outboxBytes }: ServerOptions, now: () => number): Promise<Store> {
  return openLmdbStore({ path: join(data, STORE_FOLDER), apply, newId, now, cacheBytes, maxOutboxBytes: outboxBytes })
}

async function openSharedStore({ store: url, outboxBytes }: ServerOptions, clock: () => number): Promise<Store> {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new StartError('The option store is neither `embedded` nor a postgresql:// URL. Mend ESPALIER_STORE.')
  }
  return openPostgresStore({ url, apply, newId, clock, maxOutboxBytes: outboxBytes })
}

/** Opens the warehouse the options name; throws what `openWarehouse` throws. */
export async function openWarehouseOf(options: ServerOptions, log: Logger, signal: AbortSignal): Promise<Warehouse> {
  const location = locationOf(options)
  return openWarehouse(location, {
    threads: options.queryThreads,
    memory: options.warehouseMemory,
    onEvent: event => log.info({ engine: event }, 'warehouse engine'),
    signal,
  })
}

/** Throws `StartError` for what is no URL. */
export function locationOf({ warehouse, warehouseShards, data }: ServerOptions): Location {
  if (warehouse === 'embedded') {
    if (warehouseShards.length === 0) return { embedded: { path: join(data, WAREHOUSE_FOLDER) } }
    throw new StartError('The option warehouseShards needs a server of the cluster in ESPALIER_WAREHOUSE.')
  }
  const server = serverOf(warehouse)
  if (server === undefined) {
    throw new StartError('The option warehouse is neither `embedded` nor an http(s):// URL. Mend ESPALIER_WAREHOUSE.')
  }
  return warehouseShards.length === 0 ? server : { ...server, shards: warehouseShards.map(shardOf) }
}

function shardOf(text: string, index: number): Server {
  const server = serverOf(text)
  const what = `Shard ${index + 1} of the option warehouseShards`
  const mend = 'Mend ESPALIER_WAREHOUSE_SHARDS.'
  if (server === undefined) throw new StartError(`${what} is no http(s):// URL. ${mend}`)
  if (server.database === undefined) return server
  throw new StartError(`${what} names a database. It is that of ESPALIER_WAREHOUSE with _shard behind it. ${mend}`)
}

/** What a URL says; undefined where it is none. */
function serverOf(text: string): (Server & { readonly database?: string }) | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return undefined
  const { origin, username, password, pathname } = new URL(text)
  const database = pathname.slice(1)
  return {
    url: origin,
    ...(username === '' ? {} : { username: decoded(username) }),
    ...(password === '' ? {} : { password: decoded(password) }),
    ...(database === '' ? {} : { database }),
  }
}

/** A user or a password as it was before it was written into a URL; the error says nothing of either. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new StartError(
      'The user or the password in a URL of the warehouse holds a % that stands for nothing. Write it as %25 in ESPALIER_WAREHOUSE or ESPALIER_WAREHOUSE_SHARDS.',
    )
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
