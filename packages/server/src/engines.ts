import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { apply } from '@espalier/core/stream'
import { type Store, StoreError } from '@espalier/store'
import { openLmdbStore } from '@espalier/store/lmdb'
import { openPostgresStore } from '@espalier/store/postgres'
import { type Location, openWarehouse, type Warehouse } from '@espalier/warehouse'
import type { Logger } from 'pino'
import { STORE_FOLDER, WAREHOUSE_FOLDER } from './backup.ts'
import { newId } from './id.ts'
import type { ServerOptions } from './options/index.ts'
import { StartError } from './problem.ts'

/** Opens the store the options name. Throws `StartError` with one line for the operator. */
export async function openStoreOf(options: ServerOptions): Promise<Store> {
  try {
    return await (options.store === 'embedded' ? openEmbeddedStore(options) : openSharedStore(options))
  } catch (error) {
    if (error instanceof StartError) throw error
    if (error instanceof StoreError) throw new StartError(error.message, { cause: error })
    throw new StartError(`The store cannot be opened: ${messageOf(error)}.`, { cause: error })
  }
}

function openEmbeddedStore({ data, cacheBytes, outboxBytes }: ServerOptions): Promise<Store> {
  return openLmdbStore({ path: join(data, STORE_FOLDER), apply, newId, cacheBytes, maxOutboxBytes: outboxBytes })
}

async function openSharedStore({ store: url, outboxBytes }: ServerOptions): Promise<Store> {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new StartError('The option store is neither `embedded` nor a postgresql:// URL. Mend ESPALIER_STORE.')
  }
  return openPostgresStore({ url, apply, newId, maxOutboxBytes: outboxBytes })
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    const mend = 'Choose a folder this user may write to with --data.'
    throw new StartError(`The data folder ${path} cannot be made: ${messageOf(error)}. ${mend}`, { cause: error })
  }
}

/** Opens the warehouse the options name; throws what `openWarehouse` throws. */
export async function openWarehouseOf(options: ServerOptions, log: Logger): Promise<Warehouse> {
  const location = locationOf(options)
  if ('embedded' in location) await makeFolder(location.embedded.path)
  return openWarehouse(location, {
    threads: options.queryThreads,
    memory: options.warehouseMemory,
    onEvent: event => log.info({ engine: event }, 'warehouse engine'),
  })
}

/** Throws `StartError` for what is no URL. */
export function locationOf({ warehouse, data }: ServerOptions): Location {
  if (warehouse === 'embedded') return { embedded: { path: join(data, WAREHOUSE_FOLDER) } }
  if (!/^https?:\/\//.test(warehouse) || !URL.canParse(warehouse)) {
    throw new StartError('The option warehouse is neither `embedded` nor an http(s):// URL. Mend ESPALIER_WAREHOUSE.')
  }
  const { origin, username, password, pathname } = new URL(warehouse)
  const database = pathname.slice(1)
  return {
    url: origin,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(database === '' ? {} : { database }),
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
