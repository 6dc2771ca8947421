import { random } from '@espalier/core/random'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEngine, type TestEngine } from '../contract/engine.ts'
import { bodyOf, event, fresh } from '../contract/index.ts'
import { shardingKey } from '../schema/cluster.ts'
import { tables } from '../schema/tables.ts'
import { cityHash64 } from './cityHash.ts'
import { shardOf, splitRows } from './split.ts'

let opened: TestEngine
beforeAll(async () => {
  opened = await startEngine()
})
afterAll(() => opened?.close())

const ALPHABET = ['a', 'Z', '7', '-', '"', '\\', 'é', '😀', '\u0000', ' ']

describe('the shard of a row', () => {
  it('is what the engine’s own expression says, whatever the length', async () => {
    const { integer, pick } = random('shards')
    const texts = Array.from({ length: 600 }, (_, index) =>
      Array.from({ length: index < 200 ? index : integer(300) }, () => (index % 2 === 0 ? 'p' : pick(ALPHABET))).join(
        '',
      ),
    )
    const { shardBy } = tables[0]!
    const rows = await opened.database.rows<{ hash: string; kept: string; shard: number }>(
      `SELECT toString(${shardingKey(tables[0]!)}) AS hash, toString(cityHash64(toLowCardinality(${shardBy}))) AS kept,
        toUInt32(${shardingKey(tables[0]!)} % 7) AS shard
      FROM (SELECT arrayJoin({texts:Array(String)}) AS ${shardBy})`,
      { texts },
    )
    expect(rows).toEqual(
      texts.map(text => {
        const hash = String(cityHash64(text))
        return { hash, kept: hash, shard: shardOf(text, 7) }
      }),
    )
  })

  it('is the shard of its column, for every table that takes batches', () => {
    for (const { name, shardBy } of tables.filter(table => table.deduplicationWindow > 0)) {
      expect({ name, shardBy }).toEqual({ name, shardBy: name === 'identity_links' ? 'source' : 'profile' })
    }
  })
})

describe('a batch', () => {
  const workspace = fresh('split')

  it('is divided without changing a byte, in order', async () => {
    const { integer } = random('rows')
    const rows = Array.from({ length: 5000 }, (_, index) => event({ workspace, index, profile: `p${integer(500)}` }))
    const parts = await splitRows(bodyOf(rows), 'profile', 3)
    parts.forEach((part, shard) => {
      expect(part?.toString()).toBe(String(bodyOf(rows.filter(({ profile }) => shardOf(profile, 3) === shard))))
    })
  })

  it.each([
    ['escapes', { workspace, profile: 'a"\\\u0001é' }, 'a"\\\u0001é'],
    ['its name inside of a text before it', { workspace: '"profile":"x', profile: 'ada' }, 'ada'],
    ['an object of the same name before it', { context: { profile: 'x' }, profile: 'ada' }, 'ada'],
    ['an object after it', { profile: 'ada', context: { profile: 'x' } }, 'ada'],
    ['nothing in it', { profile: '' }, ''],
  ])('is read right: %s', async (_, row, key) => {
    const parts = await splitRows(bodyOf([row]), 'profile', 64)
    expect(parts.findIndex(part => part !== undefined)).toBe(shardOf(key, 64))
  })

  it('without a last line end, with empty lines, or with nothing', async () => {
    const two = await splitRows(Buffer.from('\n{"profile":"a"}\n\n{"profile":"a"}'), 'profile', 2)
    expect(two[shardOf('a', 2)]?.toString()).toBe('{"profile":"a"}\n{"profile":"a"}')
    expect(await splitRows(Buffer.alloc(0), 'profile', 2)).toEqual([undefined, undefined])
  })

  it.each(['{"workspace":"w"}\n', '{"profile":1}\n', 'not json\n'])('that has no shard is refused: %s', async text => {
    await expect(splitRows(Buffer.from(text), 'profile', 2)).rejects.toThrow(/A row of the batch/)
  })
})
