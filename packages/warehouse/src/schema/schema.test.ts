import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEngine, type TestEngine } from '../contract/engine.ts'
import { batchesOf, DAY, event, NOON } from '../contract/index.ts'
import { clusterDdl } from './cluster.ts'
import { migrate, migrations } from './migrate.ts'
import { applyRetention } from './retention.ts'
import { DEDUPLICATION_WINDOW } from './table.ts'
import { tables } from './tables.ts'

let opened: TestEngine
const database = () => opened.database
beforeAll(async () => {
  opened = await startEngine()
})
afterAll(() => opened?.close())

const definitionOf = async (name: string) => {
  const [row] = await database().rows<{ text: string }>(
    'SELECT create_table_query AS text FROM system.tables WHERE database = currentDatabase() AND name = {name:String}',
    { name },
  )
  return row?.text ?? ''
}

describe('migrations', () => {
  it('run once, in order, and are remembered', async () => {
    expect(await migrate(database())).toEqual(migrations.map(migration => migration.version))
    expect(await migrate(database())).toEqual([])
    expect(migrations.map(migration => migration.version)).toEqual(migrations.map((_, index) => index + 1))
  })

  it('go on from where they are', async () => {
    const more = [...migrations, { version: migrations.length + 1, name: 'one more', statements: ['SELECT 1'] }]
    expect(await migrate(database(), more)).toEqual([migrations.length + 1])
  })

  it('refuse a schema of a newer version, with both numbers', async () => {
    await expect(migrate(database())).rejects.toMatchObject({
      code: 'newer-version',
      message: expect.stringContaining(`version ${migrations.length + 1}`),
    })
  })
})

describe('tables', () => {
  it.each(tables.map(table => table.name))('R2 %s is synced to the disk with each insert and merge', async name => {
    const definition = await definitionOf(name)
    for (const setting of ['fsync_after_insert = 1', 'fsync_part_directory = 1', 'min_rows_to_fsync_after_merge = 1']) {
      expect(definition).toContain(setting)
    }
  })

  it('R3 every table that takes batches remembers at least ten times what can be unacknowledged', async () => {
    // The shipper has at most some hundreds of batches under way.
    expect(DEDUPLICATION_WINDOW).toBeGreaterThanOrEqual(10 * 500)
    for (const name of ['events', 'decisions', 'exposures', 'identity_links']) {
      expect(await definitionOf(name)).toContain(`non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`)
    }
  })

  it('the engine keeps no logs of its own that would grow', async () => {
    await database().rows('SELECT count() FROM events')
    const growing = await database().rows(
      "SELECT name FROM system.tables WHERE database = 'system' AND (engine LIKE '%MergeTree' OR name LIKE '%\\_log')",
    )
    expect(growing).toEqual([])
  })
})

describe('deduplication', () => {
  const [first, ...others] = Array.from({ length: 5 }, () => batchesOf('events', [event({ workspace: 'window' })])[0]!)
  const send = (batch = first!) => database().insert('events', batch.body, batch.token)
  const count = async () => (await database().rows<{ n: number }>('SELECT count() AS n FROM events'))[0]?.n

  it('R3 holds when parts were merged and after a restart', async () => {
    await send()
    await database().command('OPTIMIZE TABLE events FINAL')
    await opened.engine.stop()
    await opened.engine.start()
    await send()
    expect(await count()).toBe(1)
  })

  it('R3 ends with the window: what was pushed out of it is taken in again', async () => {
    await database().command('ALTER TABLE events MODIFY SETTING non_replicated_deduplication_window = 3')
    for (const batch of others) await send(batch)
    expect(await count()).toBe(5)
    await send(others.at(-1))
    expect(await count()).toBe(5)
    await send(first)
    expect(await count()).toBe(6)
  })
})

describe('retention', () => {
  it('is none unless asked for, can be set, changed and taken back', async () => {
    const ttl = async () => /TTL .*?(?= SETTINGS)/.exec(await definitionOf('decisions'))?.[0]
    await applyRetention(database(), {})
    expect(await ttl()).toBeUndefined()
    await applyRetention(database(), { decisions: 30 })
    expect(await ttl()).toContain('toIntervalDay(30)')
    await applyRetention(database(), { decisions: 400 })
    expect(await ttl()).toContain('toIntervalDay(400)')
    await applyRetention(database(), {})
    expect(await ttl()).toBeUndefined()
  })

  it('lets rows go when they are due, and no others', async () => {
    await database().command('TRUNCATE TABLE events')
    const [{ now } = { now: 0 }] = await database().rows<{ now: number }>('SELECT toUnixTimestamp(now()) * 1000 AS now')
    for (const timestamp of [NOON - 4_000 * DAY, now - DAY]) {
      for (const batch of batchesOf('events', [event({ workspace: 'due', timestamp })])) {
        await database().insert('events', batch.body, batch.token)
      }
    }
    await applyRetention(database(), { events: 3_000 })
    await database().command('OPTIMIZE TABLE events FINAL')
    const rows = await database().rows('SELECT toUnixTimestamp64Milli(timestamp) AS at FROM events')
    expect(rows).toEqual([{ at: now - DAY }])
  })
})

describe('the schema of a cluster', () => {
  const statements = clusterDdl({ cluster: "main`'s", database: 'espalier' })

  it.each(
    statements.map(statement => [statement.split('\n')[0]!, statement]),
  )('%s … is understood', async (_, statement) => {
    const [row] = await database().rows<{ text: string }>('SELECT formatQuery({statement:String}) AS text', {
      statement,
    })
    expect(row?.text).toMatch(/^(CREATE|ALTER) (TABLE|DATABASE)/)
  })

  it('has a replicated table on each shard and a distributed one over them, for every table', () => {
    for (const { name, shardBy } of tables) {
      const [rows, distributed] = statements.filter(statement => new RegExp(`^CREATE .*\\.${name} `).test(statement))
      expect(rows).toContain('ENGINE = Replicated')
      expect(rows).toContain(`'/clickhouse/tables/{shard}/espalier_shard/${name}', '{replica}'`)
      expect(distributed).toContain(`'espalier_shard', '${name}', cityHash64(${shardBy}))`)
    }
  })

  it('R3 remembers inserted parts for as long as a shard may be down, also where the table is there already', async () => {
    const settings = ['replicated_deduplication_window', 'replicated_deduplication_window_seconds']
    const known = await database().rows<{ name: string }>(
      'SELECT name FROM system.merge_tree_settings WHERE name IN {settings:Array(String)} ORDER BY name',
      { settings },
    )
    expect(known.map(({ name }) => name)).toEqual(settings)
    for (const { name, deduplicationWindow } of tables) {
      for (const made of [
        `CREATE TABLE IF NOT EXISTS \`espalier_shard\`.${name} `,
        `ALTER TABLE \`espalier_shard\`.${name} `,
      ]) {
        const statement = statements.find(one => one.startsWith(made) && /SETTING/.test(one))
        expect(statement).toMatch(new RegExp(`${settings[0]} = ${deduplicationWindow}, ${settings[1]} = \\d{9}`))
      }
    }
  })

  it('brings what an older one lacks, and may run again', async () => {
    await database().command('ALTER TABLE exposures DROP COLUMN propensity')
    const onOne = statements
      .filter(statement => /^ALTER TABLE `espalier`\.exposures/.test(statement))
      .map(statement => statement.replace(/ ON CLUSTER `.*` ADD/, ' ADD'))
    expect(onOne.length).toBeGreaterThan(5)
    for (const statement of [...onOne, ...onOne]) await database().command(statement)
    expect(await definitionOf('exposures')).toContain('`propensity` Float64')
  })

  it('would be noticed if it were wrong', async () => {
    const wrong = statements[2]!.replace('ENGINE =', 'ENGIN')
    await expect(database().rows('SELECT formatQuery({wrong:String})', { wrong })).rejects.toMatchObject({
      code: 'failed',
    })
  })
})
