import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { create, UnpackSync } from 'tar'
import { usableFolder } from './folder.ts'
import { Problem, StartError } from './problem.ts'
import type { Services } from './services.ts'

export interface BackupManifest {
  readonly format: 1
  readonly version: string
  /** ISO 8601. */
  readonly taken: string
}

/** Names inside the data folder and inside a backup. */
export const STORE_FOLDER = 'store'
export const WAREHOUSE_FOLDER = 'warehouse'
const MANIFEST = 'backup.json'
const PREFIX = 'backup-'
/** Where a backup is unpacked, until all of it is there. */
const RESTORING = '.restoring'

/**
 * A consistent copy of everything as a gzip'd tar. Shipping pauses meanwhile: then what the warehouse's copy lacks is in
 * the store's outbox, and nothing is in both or in neither, however many events come in.
 */
export async function backupStream(services: Services): Promise<Readable> {
  const { store, warehouse, shipper, options, version, now } = services
  // It says what to use instead, before a warehouse is copied for nothing.
  if (options.store !== 'embedded') await store.backup(options.data)
  await mkdir(options.data, { recursive: true })
  const folder = await mkdtemp(join(options.data, PREFIX))
  const clean = () => rm(folder, { recursive: true, force: true })
  try {
    await shipper.paused(async () => {
      await mkdir(join(folder, WAREHOUSE_FOLDER))
      await warehouse.backup(join(folder, WAREHOUSE_FOLDER))
      await mkdir(join(folder, STORE_FOLDER))
      await store.backup(join(folder, STORE_FOLDER))
    })
    const manifest: BackupManifest = { format: 1, version, taken: new Date(now()).toISOString() }
    await writeFile(join(folder, MANIFEST), JSON.stringify(manifest))
  } catch (error) {
    await clean()
    throw isNoRoom(error) ? await noRoom(options.data, error) : error
  }
  const names = [...(await namesIn(folder, STORE_FOLDER)), ...(await namesIn(folder, WAREHOUSE_FOLDER))]
  // Last: where it is, the archive is whole.
  const archive = create({ gzip: { level: 1 }, cwd: folder, portable: true, noDirRecurse: true }, [...names, MANIFEST])
  const stream = new PassThrough()
  // Also where the client goes away midway.
  pipeline(archive as unknown as Readable, stream)
    .catch(() => undefined)
    .finally(clean)
  return stream
}

function isNoRoom(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

async function noRoom(data: string, cause: unknown): Promise<Problem> {
  const free = Math.floor((await freeBytes(data)) / 2 ** 20)
  return new Problem(
    'full',
    `A backup is made of a copy in ${data}, and there is no room for it (${free} MB are free).`,
    {
      mend: 'Make as much room as the folder itself takes; it is given back when the backup is through.',
      cause,
    },
  )
}

/**
 * A folder and all that is in it, one by one: told only the folder, an archive has what is in it after all else. Without symbolic
 * links: ClickHouse keeps some for people to look at, with absolute paths, and makes them again where they lack.
 */
async function namesIn(folder: string, name: string): Promise<string[]> {
  const names = [name]
  for (const entry of await readdir(join(folder, name), { withFileTypes: true })) {
    const inside = join(name, entry.name)
    if (entry.isDirectory()) names.push(...(await namesIn(folder, inside)))
    else if (!entry.isSymbolicLink()) names.push(inside)
  }
  return names
}

/** What backups left behind that a crash ended. */
export async function removeOldBackups(data: string): Promise<void> {
  for (const name of await readdir(data)) {
    if (name.startsWith(PREFIX)) await rm(join(data, name), { recursive: true, force: true })
  }
}

/** Makes a data folder, which must not exist or be empty, of a backup. Throws `StartError`; then the folder is empty. */
export async function restoreBackup(archive: Readable, data: string): Promise<void> {
  const folder = join(data, RESTORING)
  const there = await stat(data).catch(() => undefined)
  if (there?.isDirectory() === false) throw new StartError(`${data} is a file. Restore into a new folder.`)
  await rm(folder, { recursive: true, force: true })
  await usableFolder(data)
  if ((await readdir(data)).length > 0) {
    throw new StartError(`${data} is not empty. Restore into a new folder and start the server with that one.`)
  }
  await mkdir(folder)
  try {
    await unpack(archive, folder)
    checkManifest(await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined))
    for (const name of await readdir(folder)) await rename(join(folder, name), join(data, name))
  } catch (error) {
    for (const name of await readdir(data)) await rm(join(data, name), { recursive: true, force: true, maxRetries: 5 })
    if (error instanceof StartError) throw error
    if (isNoRoom(error)) {
      const free = Math.floor((await freeBytes(data)) / 2 ** 20)
      throw new StartError(
        `There is no room for the backup in ${data} (${free} MB are free). Make room, or restore into a folder elsewhere.`,
        { cause: error },
      )
    }
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartError(`The backup cannot be unpacked: ${reason}. Take another one.`, { cause: error })
  }
  await rm(folder, { recursive: true })
}

/** Throws `StartError` for a folder with half of a backup in it. */
export async function refuseHalfRestored(data: string): Promise<void> {
  const half = await stat(join(data, RESTORING)).catch(() => undefined)
  if (half === undefined) return
  throw new StartError(`A backup was being restored into ${data}, and not all of it is there. Restore it again.`)
}

/** One thing at a time: of an archive that breaks off nothing is still being written when that is known. */
function unpack(archive: Readable, cwd: string): Promise<void> {
  const target = new UnpackSync({ cwd, strict: true })
  return new Promise((resolve, reject) => {
    archive.on('error', reject)
    target.on('error', reject).on('close', resolve)
    archive.pipe(target)
  })
}

function checkManifest(text: string | undefined): void {
  if (text === undefined)
    throw new StartError('This is no backup of Espalier, or its end is missing. Take another one.')
  const manifest = JSON.parse(text) as BackupManifest
  if (manifest.format !== 1) {
    throw new StartError(`This backup was made by Espalier ${manifest.version}, which is newer. Install that version.`)
  }
}

/** Bytes free where the folder lies. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
