import { copyFile, mkdir, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../../errors.ts'
import { CheckpointDb } from '../checkpoint/db.ts'
import type { ControlDb } from '../control/db.ts'
import { syncDirectory } from '../files.ts'
import type { Journal } from '../journal/journal.ts'
import type { Position } from '../journal/position.ts'
import { segmentName } from '../journal/segment.ts'
import { FOLDERS } from './folders.ts'

/**
 * Copies the data folder as of one moment of its journal, while commits go on: the checkpoint as it is, the journal from
 * there (or from what is not shipped) up to that moment. Nothing that is copied may be deleted meanwhile.
 */
export async function backupFolder(
  target: string,
  source: {
    folder: string
    checkpoint: CheckpointDb
    control: ControlDb
    journal: Journal
    /** Runs the work while the outbox rests: what is in a batch and what is not must be of one moment. */
    atRest: (work: () => Promise<void>) => Promise<void>
    unshipped: () => Position
  },
  progress: (done: number, total: number) => void,
): Promise<void> {
  await ensureEmpty(target)
  for (const name of Object.values(FOLDERS)) await mkdir(join(target, name))
  let end!: Position
  let first!: number
  await source.atRest(async () => {
    end = source.journal.end
    first = source.unshipped().segment
    await source.control.backup(join(target, FOLDERS.control))
  })
  await source.checkpoint.backup(join(target, FOLDERS.checkpoint))
  const copies = await copiesOf(source, target, first, end)
  const sizes = await Promise.all(copies.map(async ({ from, bytes }) => bytes ?? (await stat(from)).size))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let done = 0
  for (const [i, { from, to, bytes }] of copies.entries()) {
    await copyDurably(from, to, bytes)
    done += sizes[i]!
    progress(done, total)
  }
  for (const name of Object.values(FOLDERS)) await syncFiles(join(target, name))
  // Last: without it the folder is nothing.
  await copyDurably(join(source.folder, 'format.json'), join(target, 'format.json'))
  await syncDirectory(target)
}

interface Copy {
  readonly from: string
  readonly to: string
  /** Only the first so many bytes. */
  readonly bytes?: number
}

async function copiesOf(
  { folder, journal }: { folder: string; journal: Journal },
  target: string,
  unshipped: number,
  end: Position,
): Promise<Copy[]> {
  // What the copy says of itself, since a checkpoint may have been written after its position was asked for.
  const copy = new CheckpointDb(join(target, FOLDERS.checkpoint))
  const meta = copy.meta()
  await copy.close()
  const runs = (meta?.workspaces ?? []).flatMap(workspace => workspace.runs.map(run => run.file))
  const upTo = laterOf(end, meta?.position)
  const first = Math.min(meta?.position.segment ?? 1, unshipped)
  const segments = journal.segments.filter(segment => segment >= first && segment <= upTo.segment)
  return [
    ...runs.map(file => ({ from: join(folder, FOLDERS.runs, file), to: join(target, FOLDERS.runs, file) })),
    ...segments.map(segment => ({
      from: journal.path(segment),
      to: join(target, FOLDERS.journal, segmentName(segment)),
      bytes: segment === upTo.segment ? upTo.offset : journal.size(segment),
    })),
  ]
}

function laterOf(a: Position, b: Position | undefined): Position {
  return b && (b.segment > a.segment || (b.segment === a.segment && b.offset > a.offset)) ? b : a
}

async function ensureEmpty(target: string): Promise<void> {
  await mkdir(target, { recursive: true })
  if ((await readdir(target)).length > 0) throw new StoreError('conflict', `${target} is not empty: name a new folder.`)
}

async function copyDurably(from: string, to: string, bytes?: number): Promise<void> {
  await copyFile(from, to)
  const file = await open(to, 'r+')
  try {
    if (bytes !== undefined) await file.truncate(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFiles(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = await open(join(directory, name), 'r')
    await file.sync()
    await file.close()
  }
  await syncDirectory(directory)
}
