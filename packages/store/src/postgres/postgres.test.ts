import { startPostgres, type TestPostgres } from '@espalier/testkit/postgres'
import { afterAll, beforeAll } from 'vitest'
import { storeContract } from '../contract.ts'
import { openPostgresStore } from './store.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

storeContract('postgres', async dependencies => {
  const url = await postgres.database()
  let store = await openPostgresStore({ ...dependencies, url, clock: () => 0 })
  return {
    store,
    async reopen() {
      await store.close()
      store = await openPostgresStore({ ...dependencies, url, clock: () => 0 })
      return store
    },
    close: () => store.close(),
  }
})
