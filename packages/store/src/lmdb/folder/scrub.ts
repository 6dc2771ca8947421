import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ScrubReport } from '../../port.ts'
import type { CheckpointDb } from '../checkpoint/db.ts'
import type { CheckpointSchedule } from '../checkpoint/schedule.ts'
import type { Committer } from '../commit/committer.ts'
import type { ControlDb } from '../control/db.ts'
import { replaceFolder } from '../environment/replace.ts'
import type { WriterThread } from '../environment/thread.ts'
import type { Journal } from '../journal/journal.ts'
import type { Position } from '../journal/position.ts'
import type { LmdbOutbox } from '../outbox/outbox.ts'
import { FOLDERS } from './folders.ts'

export interface ScrubParts {
  readonly folder: string
  readonly journal: Journal
  readonly committer: Committer
  readonly schedule: CheckpointSchedule
  readonly checkpoint: CheckpointDb
  readonly thread: WriterThread
  readonly control: ControlDb
  readonly outbox: LmdbOutbox
  /** Writes a checkpoint; nothing but what comes after it is needed of the journal. */
  readonly write: () => Promise<void>
  /** Removes the segments of the journal that nothing needs. */
  readonly trim: () => Promise<void>
}

/**
 * Everything the folder keeps is written anew: LMDB leaves what was in a page where it was, and a journal only grows. A new
 * segment, a checkpoint after it, both environments entry by entry into new files, and the segments before go. Files of ids
 * hold hashes only and stay.
 */
export async function scrubFolder(parts: ScrubParts): Promise<ScrubReport> {
  const { folder, journal, committer, schedule, checkpoint, thread, control, outbox } = parts
  const bytesBefore = await bytesOf(folder)
  await committer.flush()
  const boundary = await schedule.hold(async () => {
    const end = await committer.between(async (): Promise<Position> => {
      await journal.rotate()
      return journal.end
    })
    await parts.write()
    await replaceFolder(
      join(folder, FOLDERS.checkpoint),
      fresh => thread.rewrite(fresh),
      () => checkpoint.reopen(),
    )
    return end
  })
  await control.rewrite()
  const pendingRows = await outbox.pass(boundary)
  await parts.trim()
  const elsewhere = ['Backups of the data folder that were taken before hold what it held then.']
  return { pendingRows, bytesBefore, bytesAfter: await bytesOf(folder), elsewhere }
}

/** Bytes of the files that are written anew. */
async function bytesOf(folder: string): Promise<number> {
  let bytes = 0
  for (const name of [FOLDERS.checkpoint, FOLDERS.control, FOLDERS.journal]) {
    for (const file of await readdir(join(folder, name))) {
      // A segment may have been removed meanwhile.
      bytes += await stat(join(folder, name, file)).then(
        ({ size }) => size,
        () => 0,
      )
    }
  }
  return bytes
}
