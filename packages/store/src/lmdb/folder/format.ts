import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../../errors.ts'
import { syncDirectory } from '../files.ts'

/** Of the folders this version writes. */
export const FORMAT = 2

/** Makes a folder of format `to` out of one of format `to - 1`. Repeated from the start when it was interrupted. */
export interface Migration {
  readonly to: number
  run(folder: string): Promise<void>
}

/** One for each format after the first. What a crash left in the journal is not theirs: see `commit/replay.ts`. */
export const MIGRATIONS: readonly Migration[] = [
  // Timers: an earlier version would lose people's timers, and leave the table of them as it is. No person of format 1 has one.
  { to: 2, run: async () => undefined },
]

/**
 * Makes sure the folder is of `format`: a new one becomes it, an older one is migrated step by step, a newer one is
 * refused.
 */
export async function ensureFormat(folder: string, format: number, migrations: readonly Migration[]): Promise<void> {
  const found = await readFormat(folder)
  if (found === undefined) return writeFormat(folder, format)
  if (found > format) {
    const message = `The data folder ${folder} has format ${found}; this version knows ${format}. Use the newer version of Espalier.`
    throw new StoreError('newer-version', message)
  }
  for (let to = found + 1; to <= format; to++) {
    const migration = migrations.find(one => one.to === to)
    if (!migration) throw new StoreError('unsupported', `Format ${found} of ${folder} is too old to be migrated.`)
    await migration.run(folder)
    await writeFormat(folder, to)
  }
}

async function readFormat(folder: string): Promise<number | undefined> {
  const path = join(folder, 'format.json')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const format = /^\{"format":(\d+)\}\s*$/.exec(text)?.[1]
  if (format === undefined) {
    throw new StoreError(
      'corrupt',
      `${path} is not what Espalier writes: restore the data folder from a backup, or name another.`,
    )
  }
  return Number.parseInt(format, 10)
}

async function writeFormat(folder: string, format: number): Promise<void> {
  const path = join(folder, 'format.json')
  const file = await open(`${path}.new`, 'w')
  try {
    await file.writeFile(`{"format":${format}}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  await syncDirectory(folder)
}
