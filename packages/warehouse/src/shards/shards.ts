import { checkBatch } from '../client/batch.ts'
import { WarehouseError } from '../errors.ts'
import { putSpend } from '../queries/putSpend.ts'
import { putRates } from '../queries/rates.ts'
import { tableStats } from '../queries/stats.ts'
import { erase, type Removed } from '../removal/erase.ts'
import { expire } from '../removal/expire.ts'
import { ownerOf, sign } from '../schema/owner.ts'
import { layout, migrations, tables } from '../schema/tables.ts'
import type { InsertBatch, Warehouse } from '../warehouse.ts'
import { checkLayout, checkSchema, type Shard } from './schema.ts'
import { shardOf, splitRows } from './split.ts'

/** What of a warehouse goes to its shards themselves; everything else is asked over their `Distributed` tables. */
export type ShardedWork = Pick<
  Warehouse,
  'insert' | 'erase' | 'expire' | 'putRates' | 'putSpend' | 'owners' | 'sign' | 'check' | 'stats' | 'close'
>

/** `shards` in the order that their rows are divided by, `front` the server with the `Distributed` tables. */
export async function openShards(front: Shard, shards: readonly Shard[]): Promise<ShardedWork> {
  for (const shard of shards) await checkSchema(shard, [layout, migrations, ...tables])
  await checkSchema(front, [migrations, ...tables])
  await checkLayout(shards)
  const ofWorkspace = (workspace: string) => shards[shardOf(workspace, shards.length)]!.database
  return {
    insert: batch => insert(shards, batch),
    erase: async question => {
      const removed: Record<string, number> = {}
      for (const { database } of shards) {
        const here: Removed = await erase(database, question)
        for (const [table, rows] of Object.entries(here)) removed[table] = (removed[table] ?? 0) + rows
      }
      return removed
    },
    expire: async question => {
      let rows = 0
      for (const { database } of shards) rows += await expire(database, question)
      return rows
    },
    putRates: (workspace, rates) => putRates(ofWorkspace(workspace), workspace, rates),
    putSpend: (workspace, rows) => putSpend(ofWorkspace(workspace), workspace, rows),
    owners: () => Promise.all(shards.map(async ({ where, database }) => ({ where, id: await ownerOf(database) }))),
    sign: async installation => {
      for (const { database } of shards) await sign(database, installation)
    },
    check: async () => {
      for (const { database } of [front, ...shards]) await database.check()
    },
    stats: () => stats(front, shards),
    close: async () => {
      for (const { database } of [front, ...shards]) await database.close()
    },
  }
}

/**
 * Each shard gets its rows as one block under a token of its own, all at once. Where one fails the batch has failed: repeated as it is,
 * it divides the same way, and what a shard has already it knows by the token.
 */
async function insert(shards: readonly Shard[], batch: InsertBatch): Promise<void> {
  checkBatch(batch)
  const { shardBy } = tables.find(({ name }) => name === batch.table)!
  const parts = await splitRows(batch.body, shardBy, shards.length)
  const done = await Promise.allSettled(
    parts.map(async (rows, index) => {
      if (rows === undefined) return
      await shards[index]!.database.insert(batch.table, rows, `${batch.token}:${index + 1}`)
    }),
  )
  const errors = done.flatMap(one => (one.status === 'rejected' ? [one.reason as unknown] : []))
  if (errors.length === 0) return
  // `invalid` says that it will be refused again, which is only so when nothing else stood in the way.
  throw errors.find(error => !(error instanceof WarehouseError) || error.code !== 'invalid') ?? errors[0]
}

/** Sizes are those of all shards together. */
async function stats(front: Shard, shards: readonly Shard[]): Promise<Record<string, number | string>> {
  const sums: Record<string, number | string> = {}
  for (const { database } of shards) {
    for (const [name, value] of Object.entries(await tableStats(database))) {
      const sum = sums[name]
      const adds = typeof value === 'number' && typeof sum === 'number' && name !== 'schema'
      sums[name] = adds ? sum + value : value
    }
  }
  const waiting = [front, ...shards].map(({ database }) => database.waiting)
  return {
    ...sums,
    shards: shards.length,
    'waiting.queries': waiting.reduce((sum, { queries }) => sum + queries, 0),
    'waiting.inserts': waiting.reduce((sum, { inserts }) => sum + inserts, 0),
  }
}
