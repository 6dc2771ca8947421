// A worker thread. JavaScript, because Node 20 does not run TypeScript and tests run from the sources.

import { parentPort, workerData } from 'node:worker_threads'
import { open } from 'lmdb'
import { mergeRuns, writeRun } from '../dedup/runWriter.js'
import { environmentOptions, META_KEY, TABLE_OPTIONS, TABLES } from './tables.js'

/**
 * Writes checkpoints: collects chunks of entries and puts them into LMDB in one transaction, and sorts and merges run
 * files, so that the thread that answers requests does neither.
 *
 * @typedef {{ task: 'chunk', bytes: ArrayBuffer }
 *   | { task: 'commit', meta: string }
 *   | { task: 'discard' }
 *   | { task: 'run', path: string, ids: Uint32Array<ArrayBuffer>, earliest: number, latest: number }
 *   | { task: 'merge', path: string, paths: string[] }
 *   | { task: 'close' }} Task
 */

const environment = open(environmentOptions(workerData.path))
const meta = environment.openDB('meta', TABLE_OPTIONS)
const tables = TABLES.map(name => environment.openDB(name, TABLE_OPTIONS))

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
      return commit(entries, task.meta)
    }
    case 'run':
      return writeRun(task.path, task.ids, task)
    case 'merge':
      return mergeRuns(task.path, task.paths)
    case 'close':
      await environment.close()
  }
}

/**
 * @param {readonly ArrayBuffer[]} chunks
 * @param {string} text
 */
function commit(chunks, text) {
  const entries = chunks.flatMap(readChunk)
  // In the order of the keys each page is touched once.
  entries.sort((a, b) => a.table - b.table || a.key.compare(b.key))
  environment.transactionSync(() => {
    for (const { table, key, value } of entries) tables[table]?.putSync(key, value)
    meta.putSync(META_KEY, Buffer.from(text))
  })
}

/** @param {ArrayBuffer} chunk */
function readChunk(chunk) {
  const bytes = Buffer.from(chunk)
  const entries = []
  for (let at = 0; at < bytes.length; ) {
    const keyAt = at + 7
    const valueAt = keyAt + bytes.readUInt16LE(at + 1)
    const end = valueAt + bytes.readUInt32LE(at + 3)
    entries.push({ table: bytes[at] ?? 0, key: bytes.subarray(keyAt, valueAt), value: bytes.subarray(valueAt, end) })
    at = end
  }
  return entries
}
