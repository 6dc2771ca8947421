// JavaScript, because a worker thread runs it too and Node 20 does not run TypeScript.

/**
 * @param {string} path
 * @returns {import('lmdb').RootDatabaseOptionsWithPath}
 */
export function environmentOptions(path) {
  // Every transaction is on the disk when it ends: it is whole or it is not there.
  return { path, encoding: 'binary', keyEncoding: 'binary', maxDbs: 12, overlappingSync: false }
}

/** @type {import('lmdb').DatabaseOptions} */
export const TABLE_OPTIONS = { encoding: 'binary', keyEncoding: 'binary' }
