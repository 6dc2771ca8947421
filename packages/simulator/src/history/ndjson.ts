import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Item } from '../item.ts'

/** Writes items as NDJSON, one a line, never holding more than a buffer; answers how many. */
export async function writeNdjson(path: string, items: AsyncIterable<Item> | Iterable<Item>): Promise<number> {
  const file = createWriteStream(path)
  let count = 0
  try {
    for await (const item of items) {
      count++
      if (!file.write(`${JSON.stringify(item)}\n`)) await once(file, 'drain')
    }
  } finally {
    file.end()
  }
  await finished(file)
  return count
}
