import { constants } from 'node:fs'
import { cp, mkdir, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { WarehouseError } from '../errors.ts'
import type { Engine } from './engine.ts'

/** Not part of the data: the lock of the running engine, and what queries spill. */
const leftOut = new Set(['status', 'tmp'])

/**
 * Copies the engine's folder into an empty one that opens as a warehouse. The engine is closed meanwhile, so that the copy is of
 * one moment, what it remembers of inserted batches included: a batch sent again to the copy is still known.
 */
export async function backupEngine(engine: Engine, path: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  if ((await readdir(directory)).length > 0) {
    throw new WarehouseError('invalid', `The folder for the backup is not empty: ${directory}`)
  }
  await engine.stop()
  try {
    const from = join(path, 'chdb')
    await cp(from, join(directory, 'chdb'), {
      recursive: true,
      // Shares blocks where the file system can.
      mode: constants.COPYFILE_FICLONE,
      filter: source => !(source !== from && join(from, basename(source)) === source && leftOut.has(basename(source))),
    })
  } finally {
    await engine.resume()
  }
}
