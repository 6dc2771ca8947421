import { setImmediate } from 'node:timers/promises'
import { WarehouseError } from '../errors.ts'
import { cityHash64 } from './cityHash.ts'

const NEWLINE = 10
const QUOTE = 34
const BACKSLASH = 92
const BRACE = 123

/** Rows looked at in one go, some 15 ms: requests are answered in between. */
const AT_ONCE = 2_000

/** Which of `shards` holds the rows of a key: `cityHash64(key) % shards`, as the sharding key of the `Distributed` tables says. */
export function shardOf(key: string, shards: number): number {
  return Number(cityHash64(key) % BigInt(shards))
}

/**
 * The rows of a batch by shard, in their order, bytes untouched; a shard without rows gets none. The same bytes always divide the
 * same way. `column` is the one whose hash names the shard.
 */
export async function splitRows(body: Uint8Array, column: string, shards: number): Promise<(Buffer | undefined)[]> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const name = Buffer.from(`"${column}":"`)
  const known = new Map<string, number>()
  const pieces: Buffer[][] = Array.from({ length: shards }, () => [])
  let rows = 0
  for (let start = 0; start < bytes.length; ) {
    if (++rows % AT_ONCE === 0) await setImmediate()
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline === -1 ? bytes.length : newline + 1
    const row = bytes.subarray(start, end)
    start = end
    if (row.length === 1) continue
    const key = keyOf(row, name, column)
    let shard = known.get(key)
    if (shard === undefined) {
      shard = shardOf(key, shards)
      known.set(key, shard)
    }
    pieces[shard]!.push(row)
  }
  return pieces.map(some => (some.length === 0 ? undefined : Buffer.concat(some)))
}

/**
 * The text of a row's column. Rows begin with their plain columns, so that it is found without reading the rest: a quote inside of a
 * text is escaped, hence what looks like the column's name before any object is it. Everything else is parsed.
 */
function keyOf(row: Buffer, name: Buffer, column: string): string {
  const at = row.indexOf(name)
  const from = at + name.length
  const to = row.indexOf(QUOTE, from)
  const isPlain = at > 0 && to > 0 && row.subarray(1, at).indexOf(BRACE) === -1
  if (isPlain && row.subarray(from, to).indexOf(BACKSLASH) === -1) return row.toString('utf8', from, to)
  return parsedKey(row, column)
}

function parsedKey(row: Buffer, column: string): string {
  let key: unknown
  try {
    key = JSON.parse(row.toString())[column]
  } catch (cause) {
    throw new WarehouseError('invalid', `A row of the batch is not JSON: ${String(cause)}`, { cause })
  }
  if (typeof key !== 'string') {
    throw new WarehouseError('invalid', `A row of the batch has no text in ${column}, which names its shard.`)
  }
  return key
}
