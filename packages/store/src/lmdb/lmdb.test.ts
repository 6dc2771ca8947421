import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeContract } from '../contract.ts'
import { openLmdbStore } from './store.ts'

storeContract('lmdb', async dependencies => {
  const path = await mkdtemp(join(tmpdir(), 'espalier-lmdb-'))
  let store = await openLmdbStore({ path, ...dependencies })
  return {
    store,
    async reopen() {
      await store.close()
      store = await openLmdbStore({ path, ...dependencies })
      return store
    },
    folder: async () => path,
    async close() {
      await store.close()
      await rm(path, { recursive: true })
    },
  }
})
