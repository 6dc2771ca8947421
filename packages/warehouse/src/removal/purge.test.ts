import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEngine, type TestEngine } from '../contract/engine.ts'
import { batchesOf, DAY, event, NOON } from '../contract/index.ts'
import { migrate } from '../schema/migrate.ts'
import { tables } from '../schema/tables.ts'
import { erase } from './erase.ts'

let opened: TestEngine
beforeAll(async () => {
  opened = await startEngine()
  await migrate(opened.database)
})
afterAll(() => opened?.close())

const add = async (profile: string, timestamp = NOON) => {
  for (const batch of batchesOf('events', [event({ workspace: 'w', profile, timestamp })])) {
    await opened.database.insert('events', batch.body, batch.token)
  }
}

/** Folders of parts on the disk, whatever the engine thinks of them. */
async function partsOnDisk(): Promise<string[]> {
  const all = await readdir(join(opened.path, 'chdb', 'store'), { recursive: true, withFileTypes: true })
  return all
    .filter(entry => entry.isDirectory() && /^\d{6}_\d+_\d+_\d+/.test(entry.name))
    .map(entry => entry.name)
    .sort()
}

async function activeParts(): Promise<string[]> {
  const rows = await opened.database.rows<{ name: string }>(
    "SELECT name FROM system.parts WHERE database = currentDatabase() AND active AND name LIKE '20%' ORDER BY name",
  )
  return rows.map(row => row.name)
}

describe('what was removed', () => {
  it('R8 is off the disk when the erasure returns: parts that were replaced, and those put aside', async () => {
    for (let i = 0; i < 6; i++) await add(i % 2 === 0 ? 'ada' : 'bob', NOON - (i > 3 ? 40 : 0) * DAY)
    await opened.database.command('OPTIMIZE TABLE events FINAL')
    await add('aside', NOON - 400 * DAY)
    await opened.database.command('ALTER TABLE events DETACH PARTITION 202502')
    expect((await partsOnDisk()).length).toBeGreaterThan((await activeParts()).length)
    await erase(opened.database, { workspace: 'w', sources: ['ada'], identifiers: [] })
    expect(await partsOnDisk()).toEqual(await activeParts())
    const rows = await opened.database.rows<{ profile: string }>('SELECT DISTINCT profile FROM events')
    expect(rows).toEqual([{ profile: 'bob' }])
  })

  it('the engine keeps replaced parts as long as it likes otherwise', async () => {
    const [row] = await opened.database.rows<{ text: string }>(
      "SELECT create_table_query AS text FROM system.tables WHERE database = currentDatabase() AND name = 'events'",
    )
    expect(row?.text).not.toContain('old_parts_lifetime')
  })

  it('is everything: each table with a source profile in it is known to name people', () => {
    for (const table of tables) {
      const named = table.columns.map(({ name }) => name).filter(name => /^(profile|source|canonical)$/.test(name))
      expect(table.person ?? [], table.name).toEqual(named)
    }
  })
})
