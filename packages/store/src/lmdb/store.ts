import { mkdir, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Row } from '@espalier/core/stream'
import { StoreError } from '../errors.ts'
import type { Store } from '../port.ts'
import { ProcessLeases } from '../processLeases.ts'
import { Checkpointer } from './checkpoint/checkpointer.ts'
import { CHECKPOINT_TABLES, CheckpointDb, type CheckpointMeta } from './checkpoint/db.ts'
import { CheckpointSchedule } from './checkpoint/schedule.ts'
import { Committer } from './commit/committer.ts'
import { replay } from './commit/replay.ts'
import { LmdbCatalog } from './control/catalog.ts'
import { LmdbCounters } from './control/counters.ts'
import { ControlDb } from './control/db.ts'
import { LmdbDefinitions } from './control/definitions.ts'
import { LmdbKeys } from './control/keys.ts'
import { LmdbLedger } from './control/ledger.ts'
import type { HashKey } from './dedup/hash.ts'
import { checkEnvironment, damaged } from './environment/damage.ts'
import { DiskRoom } from './environment/diskRoom.ts'
import { finishReplacing } from './environment/replace.ts'
import { WriterThread } from './environment/thread.ts'
import { syncDirectory, systemFiles } from './files.ts'
import { backupFolder } from './folder/backup.ts'
import { FOLDERS } from './folder/folders.ts'
import { ensureFormat, FORMAT, MIGRATIONS } from './folder/format.ts'
import { lockFolder } from './folder/lock.ts'
import { scrubFolder } from './folder/scrub.ts'
import { FRAME_FORMAT } from './journal/frame.ts'
import { FrameBuilder } from './journal/frameBuilder.ts'
import { JOURNAL_START, Journal } from './journal/journal.ts'
import type { Position } from './journal/position.ts'
import { comparePositions } from './journal/position.ts'
import { newerPeople, storeError } from './journal/problems.ts'
import { SEGMENT_START } from './journal/segment.ts'
import { DEFAULTS, type LmdbStoreOptions } from './options.ts'
import { LmdbOutbox } from './outbox/outbox.ts'
import { LmdbPeople } from './people/people.ts'
import { PeopleState } from './people/state.ts'

const NOTHING: CheckpointMeta = { position: JOURNAL_START, at: 0, workspaces: [], nextRun: 1 }

/**
 * The embedded store: a journal of commits, synced before they are answered, and LMDB behind it as its checkpoint. One
 * process has the folder. Throws `in-use`, `newer-version`, `corrupt`, `full` or `unavailable`.
 */
export async function openLmdbStore(given: LmdbStoreOptions): Promise<Store> {
  const options = { ...DEFAULTS, now: Date.now, files: systemFiles, ...given }
  await mkdir(options.path, { recursive: true }).catch(error => {
    throw storeError(error)
  })
  const unlock = await lockFolder(options.path).catch(error => {
    throw storeError(error)
  })
  const opened: (() => Promise<void>)[] = [unlock]
  try {
    return await openParts(options, opened)
  } catch (error) {
    for (const close of opened.reverse()) await close().catch(() => undefined)
    throw storeError(error)
  }
}

type Options = Required<LmdbStoreOptions>

/** What was committed knows its keys and what of it was shipped from the control environment: without it rows would go out twice. */
async function checkEnvironments(path: string): Promise<void> {
  await checkEnvironment(join(path, FOLDERS.checkpoint))
  const control = join(path, FOLDERS.control)
  if ((await checkEnvironment(control)) || !(await hasCommits(join(path, FOLDERS.journal)))) return
  throw damaged(join(control, 'data.mdb'), 'is missing')
}

async function hasCommits(journal: string): Promise<boolean> {
  for (const name of await readdir(journal)) {
    if (name.endsWith('.journal') && (await stat(join(journal, name))).size > SEGMENT_START) return true
  }
  return false
}

/** `opened` collects how to close what is open. */
async function openParts(options: Options, opened: (() => Promise<void>)[]): Promise<Store> {
  const { path, now, apply, newId } = options
  await ensureFormat(path, FORMAT, MIGRATIONS)
  for (const name of [FOLDERS.control, FOLDERS.checkpoint]) await finishReplacing(join(path, name))
  for (const name of Object.values(FOLDERS)) await mkdir(join(path, name), { recursive: true })
  const runsDirectory = join(path, FOLDERS.runs)
  await checkEnvironments(path)

  const control = new ControlDb(join(path, FOLDERS.control))
  opened.push(() => control.close())
  const db = new CheckpointDb(join(path, FOLDERS.checkpoint))
  opened.push(() => db.close())
  // The names of what was made survive a power cut before anything is promised.
  for (const name of Object.values(FOLDERS)) await syncDirectory(join(path, name))
  await syncDirectory(path)
  const thread = new WriterThread(join(path, FOLDERS.checkpoint), CHECKPOINT_TABLES)
  opened.push(() => thread.close())
  const meta = db.meta() ?? NOTHING
  if ((meta.format ?? 0) > FRAME_FORMAT) throw newerPeople(path, meta.format!)
  const journal = await Journal.open({
    files: options.files,
    directory: join(path, FOLDERS.journal),
    segmentBytes: options.segmentBytes,
    from: meta.position,
  })
  opened.push(() => journal.close())
  const state = new PeopleState({
    db,
    hashKey: hashKeyOf(await control.secret('hash')),
    cacheBytes: options.cacheBytes,
  })
  opened.push(() => state.close())
  await state.load(meta, runsDirectory)
  await removeUnlisted(runsDirectory, meta)

  const checkpointer = new Checkpointer({
    state,
    db,
    thread,
    runsDirectory,
    horizon: options.horizon,
    now,
    last: meta,
  })
  const { dirtyBytes } = options
  const replayed = await replay({
    journal,
    from: meta.position,
    said: meta.rules ?? [],
    state,
    apply,
    newId,
    published: async (position, said) => {
      // What the next commit goes by, one before it may have said.
      if (state.budget.dirty > dirtyBytes) await checkpointer.write(position, said())
    },
  })
  if (replayed.isUpgraded) {
    await appendRows(journal, replayed.links, now())
    await checkpointer.write(journal.end)
  }

  /** The journal up to here is neither needed for recovery nor for the warehouse. */
  const done = (): Position => {
    const shipped = outbox.settledTo
    const { position } = checkpointer.last
    return comparePositions(shipped, position) < 0 ? shipped : position
  }
  const room = new DiskRoom(path)
  let pins = 0
  const trim = async () => {
    if (pins > 0) return
    await outbox.skipEmpty()
    await journal.removeBefore(done())
  }
  const outbox = await LmdbOutbox.open({
    journal,
    ledger: new LmdbLedger(control, JOURNAL_START),
    maxBytes: options.maxOutboxBytes,
    onSettled: trim,
  })
  const committer: Committer = new Committer({
    apply,
    newId,
    now,
    state,
    journal,
    outbox,
    ready: async () => {
      await room.ensure()
      await schedule.ready()
    },
    written: () => schedule.look(),
  })
  outbox.connect(committer)
  const write = () =>
    new Promise<void>((resolve, reject) => {
      committer.atRest(() => {
        committer.plans.forget()
        checkpointer.write(journal.end).then(resolve, reject)
      })
    })
  const schedule = new CheckpointSchedule(
    { everyMs: options.checkpointMs, dirtyBytes, journalBytes: 256 << 20 },
    {
      now,
      dirty: () => state.budget.dirty,
      journal: () => journal.bytesSince(checkpointer.last.position),
      last: () => checkpointer.last.position,
      end: () => journal.end,
      write: async () => {
        await write()
        await trim()
      },
    },
  )

  /** A backup copies what a scrub removes: one at a time. */
  let copying: Promise<unknown> = Promise.resolve()
  let scrubbing: Promise<unknown> | undefined
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (closing) return Promise.reject(new StoreError('unavailable', 'The store is closed.'))
    const done = copying.then(work)
    copying = done.catch(() => undefined)
    return done.catch(error => {
      throw storeError(error)
    })
  }
  let closing: Promise<void> | undefined
  const close = async () => {
    let failure: unknown
    const attempt = async (step: () => Promise<void>) => {
      await step().catch(error => {
        failure ??= error
      })
    }
    await scrubbing
    await attempt(() => committer.close())
    await schedule.close()
    if (comparePositions(checkpointer.last.position, journal.end) !== 0) await attempt(() => schedule.run())
    await checkpointer.close()
    for (const one of opened.reverse()) await attempt(one)
    if (failure) throw failure
  }
  return {
    people: new LmdbPeople(state, db, batch => committer.commit(batch)),
    outbox,
    definitions: new LmdbDefinitions(control),
    catalog: new LmdbCatalog(control),
    records: new LmdbCatalog(control, 'records'),
    counters: new LmdbCounters(control),
    keys: new LmdbKeys(control),
    leases: new ProcessLeases(),
    concurrency: 1,
    masterSecret: () => control.secret('master'),
    async stats() {
      const workspaces = state.workspaces()
      const starts = workspaces.map(({ dedup }) => dedup.start ?? Infinity)
      const start = Math.min(Infinity, ...starts)
      return {
        engine: 'lmdb',
        format: FORMAT,
        profiles: workspaces.reduce((sum, { people }) => sum + people, 0),
        cacheBytes: Math.round(state.budget.clean),
        changedBytes: Math.round(state.budget.dirty),
        journalBytes: journal.segments.reduce((sum, segment) => sum + journal.size(segment), 0),
        journalSequence: journal.sequence - 1,
        replayedFrames: replayed.frames,
        checkpointAgeMs: checkpointer.last.at === 0 ? '' : now() - checkpointer.last.at,
        checkpointError: schedule.failure?.message ?? '',
        rememberedIds: workspaces.reduce((sum, { dedup }) => sum + dedup.size, 0),
        rememberedIdsBytes: workspaces.reduce((sum, { dedup }) => sum + dedup.bytes, 0),
        rememberedSince: start === Infinity ? '' : start,
        outboxRows: (await outbox.depth()).rows,
      }
    },
    async check() {
      if (closing) throw new StoreError('unavailable', 'The store is closed.')
      if (outbox.isFull) throw new StoreError('full', 'The outbox is full: the warehouse has to catch up first.')
      if (schedule.failure) throw schedule.failure
      await room.ensure()
    },
    backup(directory, progress = () => undefined) {
      return inTurn(async () => {
        const unpin = checkpointer.pin()
        pins++
        try {
          const source = { folder: path, checkpoint: db, control, journal, unshipped: () => outbox.settledTo }
          await backupFolder(directory, { ...source, atRest: work => outbox.atRest(work) }, progress)
        } finally {
          pins--
          unpin()
        }
      })
    },
    scrub() {
      const kept = { folder: path, journal, committer, schedule, checkpoint: db, thread, control, outbox }
      const done = inTurn(() => scrubFolder({ ...kept, write, trim }))
      scrubbing = done.catch(() => undefined)
      return done
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

function hashKeyOf(secret: Uint8Array): HashKey {
  const bytes = Buffer.from(secret)
  return { a: bytes.readInt32LE(0), b: bytes.readInt32LE(4) }
}

/** Rows of no commit. */
async function appendRows(journal: Journal, rows: readonly Row[], time: number): Promise<void> {
  if (rows.length === 0) return
  const frame = new FrameBuilder()
  for (const row of rows) frame.addRow(row)
  frame.addTime(time)
  await journal.append(frame.build(journal.sequence).bytes)
}

/** Files that were written for a checkpoint which never came. */
async function removeUnlisted(directory: string, meta: CheckpointMeta): Promise<void> {
  const listed = new Set(meta.workspaces.flatMap(({ runs }) => runs.map(run => run.file)))
  for (const name of await readdir(directory)) if (!listed.has(name)) await unlink(join(directory, name))
}
