import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { startServer } from './server.ts'

export interface TestPostgres {
  /** Makes an empty database and gives its URL. */
  database(): Promise<string>
  /** Removes everything made; for an own server, ends it. */
  stop(): Promise<void>
}

/**
 * A real PostgreSQL for tests: an own one, ready in about a second, or the one at `ESPALIER_TEST_POSTGRES_URL` (its user
 * must be allowed to create databases). `durable` keeps fsync on; an own server for tests runs without.
 */
export async function startPostgres(options: { durable?: boolean } = {}): Promise<TestPostgres> {
  const given = process.env.ESPALIER_TEST_POSTGRES_URL
  const server = given ? undefined : await startServer({ durable: options.durable ?? false })
  const url = given ?? server?.url ?? ''
  const admin = new pg.Pool({ connectionString: url, max: 2, allowExitOnIdle: true })
  // An idle connection that breaks says so here; whoever asks next gets the error.
  admin.on('error', () => {})
  const made: string[] = []
  return {
    async database() {
      const name = `espalier_test_${randomBytes(6).toString('hex')}`
      await admin.query(`CREATE DATABASE ${name}`)
      made.push(name)
      const database = new URL(url)
      database.pathname = `/${name}`
      return database.href
    },
    async stop() {
      if (!server) for (const name of made) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      await admin.end()
      await server?.stop()
    },
  }
}
