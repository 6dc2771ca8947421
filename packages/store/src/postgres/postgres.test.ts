import { startPostgres, type TestPostgres } from '@espalier/testkit/postgres'
import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { storeContract } from '../contract.ts'
import { openPostgresStore } from './store.ts'

async function queried<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  // What is in memory only is not on the disk.
  await client.query('CHECKPOINT')
  return client
    .query<Row>(text)
    .then(({ rows }) => rows)
    .finally(() => client.end())
}

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
    async folder() {
      const [place] = await queried<{ place: string }>(
        url,
        `SELECT current_setting('data_directory') || '/base/' || oid AS place
         FROM pg_database WHERE datname = current_database()`,
      )
      return place!.place
    },
    close: () => store.close(),
  }
})
