import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import pg from 'pg'
import { describe, expect, it, vi } from 'vitest'
import { startPostgres } from './index.ts'

const ownServer = !process.env.ESPALIER_TEST_POSTGRES_URL

describe('PostgreSQL for tests', () => {
  it('gives databases that know nothing of each other, and is gone when stopped', async () => {
    const postgres = await startPostgres()
    const [one, two] = [await postgres.database(), await postgres.database()]
    await ask(one, 'CREATE TABLE only_here (id int)')
    expect(await ask(one, "SELECT to_regclass('only_here') IS NULL AS gone")).toEqual([{ gone: false }])
    expect(await ask(two, "SELECT to_regclass('only_here') IS NULL AS gone")).toEqual([{ gone: true }])
    await postgres.stop()
    await expect(ask(one, 'SELECT 1')).rejects.toThrow()
    if (ownServer) expect(existsSync(folderOf(one))).toBe(false)
  })

  it.runIf(ownServer)('is gone when a process that does nothing else stops it', async () => {
    const stopper = fork(new URL('../../dist/postgres/stopper.js', import.meta.url), { execArgv: [] })
    const ended = once(stopper, 'exit')
    const [url] = (await once(stopper, 'message')) as [string]
    expect(await ended).toEqual([0, null])
    expect(existsSync(folderOf(url))).toBe(false)
  })

  it('several start at once', async () => {
    const started = await Promise.all([startPostgres(), startPostgres()])
    for (const postgres of started)
      expect(await ask(await postgres.database(), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await Promise.all(started.map(postgres => postgres.stop()))
  })

  it.runIf(ownServer)('keeps fsync on when it must be durable', async () => {
    const postgres = await startPostgres({ durable: true })
    expect(await ask(await postgres.database(), 'SHOW fsync')).toEqual([{ fsync: 'on' }])
    await postgres.stop()
  })

  it.runIf(ownServer)('goes away with the process that started it, even when that is killed', async () => {
    const holder = fork(new URL('../../dist/postgres/holder.js', import.meta.url), { execArgv: [] })
    const [url] = (await once(holder, 'message')) as [string]
    expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    holder.kill('SIGKILL')
    await vi.waitFor(() => expect(existsSync(folderOf(url))).toBe(false), { timeout: 120_000 })
  })
})

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

function folderOf(url: string): string {
  return new URL(url).searchParams.get('host') ?? ''
}
