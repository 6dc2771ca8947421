import { createClient } from '@clickhouse/client'
import { clusterDdl } from '@espalier/warehouse'
import { type ClickHouse, startClickHouse } from './server.ts'

/**
 * A cluster for tests: one server a shard, each with its own engine and folder, and a front with the tables over them. What chDB has not is
 * made from what it has: no `ON CLUSTER` and no Keeper (each statement runs on each shard, tables are not replicated), and instead of
 * the native protocol the front reads a shard by HTTP. Plans are those of `Distributed` tables: one part a shard, joins gathered.
 */
export interface ClickHouseCluster {
  readonly front: ClickHouse
  readonly shards: readonly ClickHouse[]
  close(): Promise<void>
}

const DATABASE = 'espalier'

export async function startCluster(size: number): Promise<ClickHouseCluster> {
  const shards: ClickHouse[] = []
  for (let i = 0; i < size; i++) shards.push(await startClickHouse({ database: `${DATABASE}_shard` }))
  const front = await startClickHouse({ database: DATABASE })
  const statements = clusterDdl({ cluster: 'main', database: DATABASE })
  const onShards = statements.filter(
    statement => statement.includes(`${DATABASE}_shard\`.`) && !isDistributed(statement),
  )
  for (const shard of shards) await run(shard, onShards.map(unreplicated))
  for (const statement of statements.filter(isDistributed)) await run(front, overShards(statement, shards))
  return {
    front,
    shards,
    close: async () => {
      for (const server of [front, ...shards]) await server.close()
    },
  }
}

const isDistributed = (statement: string) => statement.includes('ENGINE = Distributed(')

/** The statement for the table of one server. */
function unreplicated(statement: string): string {
  return statement
    .replace(' ON CLUSTER `main`', '')
    .replace(/Replicated(\w*MergeTree)\('[^']*', '[^']*'(?:, )?/, '$1(')
    .replace('replicated_deduplication_window', 'non_replicated_deduplication_window')
}

/** A table under the distributed one's name, planned as it is: its part of shard i reads what shard i answers. */
function overShards(statement: string, shards: readonly ClickHouse[]): string[] {
  const [, table] = /^CREATE TABLE IF NOT EXISTS `\w+`\.(\w+)/.exec(statement)!
  const columns = [...statement.matchAll(/^ {2}`([\w.]+)` (.+?)(?: (?:DEFAULT|MATERIALIZED|CODEC\().*|),?$/gm)]
  const names = columns.map(([, name]) => `\`${name}\``).join(', ')
  const structure = columns.map(([, name, type]) => `\`${name}\` ${type}`).join(', ')
  const final = statement.includes('written') ? ' FINAL' : ''
  const parts = shards.map(({ url, username, password }, index) => {
    const query = encodeURIComponent(`SELECT ${names} FROM ${table}${final} FORMAT RowBinary`)
    const headers = `headers('X-ClickHouse-User' = ${quote(username)}, 'X-ClickHouse-Key' = ${quote(password)})`
    return `SELECT * FROM url('${url}/?query=${query}', 'RowBinary', ${quote(structure)}, ${headers}) WHERE shardNum() = ${index + 1}`
  })
  const addresses = shards.map(() => '127.0.0.1').join(',')
  return [
    `CREATE VIEW ${table}_of_shards AS ${parts.join(' UNION ALL ')}`,
    `CREATE TABLE ${table} AS remote('${addresses}', ${DATABASE}, ${table}_of_shards)`,
  ]
}

async function run({ url, username, password, database }: ClickHouse, statements: readonly string[]): Promise<void> {
  const client = createClient({ url, username, password, database })
  for (const query of statements) await client.command({ query })
  await client.close()
}

const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
