// A worker thread. JavaScript, because Node 20 does not run TypeScript and tests run from the sources.

import { parentPort, workerData } from 'node:worker_threads'
import { open } from 'lmdb'
import { mergeRuns, writeRun } from '../dedup/runWriter.js'
import { environmentOptions, TABLE_OPTIONS } from './options.js'
import { rewriteTables } from './rewrite.js'

/**
 * Writes to one LMDB environment: collects chunks of entries and puts them there in one synced transaction. Also sorts and
 * merges run files. So the thread that answers requests does none of it. (LMDB's own asynchronous writes are not used: a
 * full disk ends the process there.)
 *
 * @typedef {{ task: 'chunk', bytes: ArrayBuffer }
 *   | { task: 'commit' }
 *   | { task: 'discard' }
 *   | { task: 'run', path: string, ids: Uint32Array<ArrayBuffer>, earliest: number, latest: number }
 *   | { task: 'merge', path: string, paths: string[] }
 *   | { task: 'rewrite', path: string }
 *   | { task: 'close' }} Task
 *
 * @typedef {{ table: number, key: Buffer, value: Buffer | undefined }} Entry
 */

/** @type {{ path: string, tables: readonly string[] }} */
const { path, tables } = workerData
const REMOVED = 0xffff_ffff
const environment = open(environmentOptions(path))
const databases = tables.map(name => environment.openDB(name, TABLE_OPTIONS))

/** @type {ArrayBuffer[]} */
let chunks = []

parentPort?.on('message', (/** @type {{ id: number, task: Task }} */ { id, task }) => {
  perform(task).then(
    () => parentPort?.postMessage({ id }),
    error => parentPort?.postMessage({ id, error: { message: String(error?.message ?? error), code: error?.code } }),
  )
})

/** @param {Task} task */
async function perform(task) {
  switch (task.task) {
    case 'chunk':
      chunks.push(task.bytes)
      return
    case 'discard':
      chunks = []
      return
    case 'commit': {
      const entries = chunks
      chunks = []
      return commit(entries)
    }
    case 'run':
      return writeRun(task.path, task.ids, task)
    case 'merge':
      return mergeRuns(task.path, task.paths)
    case 'rewrite':
      return rewriteTables(environment, tables, task.path)
    case 'close':
      await environment.close()
  }
}

/** @param {readonly ArrayBuffer[]} chunks */
function commit(chunks) {
  const entries = chunks.flatMap(readChunk)
  // In the order of the keys each page is touched once. The sort is stable: of two for one key the later stays the later.
  entries.sort((a, b) => a.table - b.table || a.key.compare(b.key))
  environment.transactionSync(() => {
    for (const { table, key, value } of entries) {
      if (value) databases[table]?.putSync(key, value)
      else databases[table]?.removeSync(key)
    }
  })
}

/**
 * @param {ArrayBuffer} chunk
 * @returns {Entry[]}
 */
function readChunk(chunk) {
  const bytes = Buffer.from(chunk)
  const entries = []
  for (let at = 0; at < bytes.length; ) {
    const valueAt = at + 7 + bytes.readUInt16LE(at + 1)
    const length = bytes.readUInt32LE(at + 3)
    const end = length === REMOVED ? valueAt : valueAt + length
    const value = length === REMOVED ? undefined : bytes.subarray(valueAt, end)
    entries.push({ table: bytes[at] ?? 0, key: bytes.subarray(at + 7, valueAt), value })
    at = end
  }
  return entries
}
