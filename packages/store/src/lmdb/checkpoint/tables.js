// JavaScript, because a worker thread runs it too and Node 20 does not run TypeScript.

/** Tables of the checkpoint by their number in a chunk. */
export const TABLES = /** @type {const} */ (['profiles', 'links', 'imports'])

/** @type {import('lmdb').RootDatabaseOptionsWithPath} */
const OPTIONS = {
  path: '',
  encoding: 'binary',
  keyEncoding: 'binary',
  maxDbs: 8,
  // Every transaction is on the disk when it ends: a checkpoint is whole or it is not there.
  overlappingSync: false,
}

/**
 * @param {string} path
 * @returns {import('lmdb').RootDatabaseOptionsWithPath}
 */
export function environmentOptions(path) {
  return { ...OPTIONS, path }
}

/** @type {import('lmdb').DatabaseOptions} */
export const TABLE_OPTIONS = { encoding: 'binary', keyEncoding: 'binary' }

/** Where the checkpoint says what it is, in the table `meta`. */
export const META_KEY = Buffer.from('checkpoint')
