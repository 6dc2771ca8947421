// JavaScript, because a worker thread runs it and Node 20 does not run TypeScript.

import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import { open } from 'lmdb'
import { environmentOptions, TABLE_OPTIONS } from './options.js'

/** Bytes of entries in one transaction. */
const BATCH_BYTES = 4 << 20

/**
 * Writes all entries of the tables into a new environment, in order, and makes it durable. Not LMDB's own copy: that takes over
 * whole pages, and in the gaps of a page is what was there before.
 * @param {import('lmdb').RootDatabase} from
 * @param {readonly string[]} tables
 * @param {string} path
 */
export async function rewriteTables(from, tables, path) {
  const to = open({ ...environmentOptions(path), noSync: true })
  try {
    for (const name of tables) {
      const source = from.openDB(name, TABLE_OPTIONS)
      const target = to.openDB(name, TABLE_OPTIONS)
      /** @type {{ key: Buffer, value: Buffer }[]} */
      let batch = []
      let bytes = 0
      const write = () => {
        const entries = batch
        batch = []
        bytes = 0
        to.transactionSync(() => {
          for (const { key, value } of entries) target.putSync(key, value, { append: true })
        })
      }
      for (const { key, value } of source.getRange()) {
        // Both are in memory that is used again.
        const entry = { key: Buffer.from(/** @type {Buffer} */ (key)), value: Buffer.from(value) }
        batch.push(entry)
        bytes += entry.key.length + entry.value.length
        if (bytes >= BATCH_BYTES) write()
      }
      write()
    }
  } finally {
    await to.close()
  }
  const file = await openFile(join(path, 'data.mdb'), 'r+')
  await file.sync().finally(() => file.close())
}
