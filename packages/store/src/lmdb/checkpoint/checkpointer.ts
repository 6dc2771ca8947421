import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Horizon } from '../../horizon.ts'
import { Run } from '../dedup/run.ts'
import { forgotten, mergeable } from '../dedup/tiers.ts'
import { ChunkWriter } from '../environment/chunks.ts'
import type { WriterThread } from '../environment/thread.ts'
import { FRAME_FORMAT } from '../journal/frame.ts'
import type { Position } from '../journal/position.ts'
import { encodeProfile } from '../people/codec.ts'
import { GONE } from '../people/layers.ts'
import type { PeopleState } from '../people/state.ts'
import type { WorkspaceState } from '../people/workspaceState.ts'
import {
  CHECKPOINT_TABLES,
  type CheckpointDb,
  type CheckpointMeta,
  type CheckpointTable,
  META_KEY,
  type RulesSaid,
} from './db.ts'
import { keyOf, timerKey } from './keys.ts'
import { Slice } from './slice.ts'

/** Of a timer the key says all. */
const NO_VALUE = new Uint8Array(0)

/**
 * Writes the state of the people to LMDB, behind the journal: a snapshot at one position, in slices while commits go on,
 * in one transaction. Then the messageIds' run files are merged and the forgotten ones dropped.
 */
export class Checkpointer {
  readonly #state: PeopleState
  readonly #db: CheckpointDb
  readonly #thread: WriterThread
  readonly #runsDirectory: string
  readonly #horizon: Horizon
  readonly #now: () => number
  #last: CheckpointMeta
  #nextRun: number
  /** Files no checkpoint lists any more once the next one is written. */
  #obsolete: Run[] = []
  #merging: Promise<void> | undefined
  #writing: Promise<void> | undefined
  #pins = 0

  constructor(parts: {
    state: PeopleState
    db: CheckpointDb
    thread: WriterThread
    runsDirectory: string
    horizon: Horizon
    now: () => number
    last: CheckpointMeta
  }) {
    this.#state = parts.state
    this.#db = parts.db
    this.#thread = parts.thread
    this.#runsDirectory = parts.runsDirectory
    this.#horizon = parts.horizon
    this.#now = parts.now
    this.#last = parts.last
    this.#nextRun = parts.last.nextRun
  }

  get last(): CheckpointMeta {
    return this.#last
  }

  /**
   * One checkpoint: the state as it is now, which is that of `position`. One at a time. When it fails, everything is as
   * before and the journal still has it. `rules`: what the commits after it go by, where they do not say it themselves.
   */
  async write(position: Position, rules?: readonly RulesSaid[]): Promise<void> {
    this.#writing = this.#write(position, rules)
    await this.#writing.finally(() => {
      this.#writing = undefined
    })
    this.#merging ??= this.#merge().finally(() => {
      this.#merging = undefined
    })
  }

  /** No run file is deleted until the answer is called. */
  pin(): () => void {
    this.#pins++
    return () => {
      this.#pins--
    }
  }

  async #write(position: Position, rules: readonly RulesSaid[] | undefined): Promise<void> {
    const at = this.#now()
    // Frozen in one go: from here on commits change the layers above.
    const frozen = this.#state.workspaces().map(freeze)
    const fresh = new Map<WorkspaceState, Run>()
    const gone = new Set<string>()
    let meta: CheckpointMeta
    try {
      const chunks = new ChunkWriter(CHECKPOINT_TABLES, bytes => this.#thread.chunk(bytes))
      await this.#writeEntries(frozen, fresh, chunks)
      const workspaces = frozen.map(({ workspace, people }) => {
        const run = fresh.get(workspace)
        const runs = [...workspace.dedup.runs, ...(run ? [run] : [])].map(one => one.entry)
        for (const { file } of forgotten(runs, this.#horizon)) gone.add(file)
        const { name, number } = workspace
        return { name, number, people, runs: runs.filter(one => !gone.has(one.file)) }
      })
      meta = { position, at, format: FRAME_FORMAT, workspaces, nextRun: this.#nextRun, ...(rules && { rules }) }
      chunks.add('meta', META_KEY, Buffer.from(JSON.stringify(meta)))
      chunks.flush()
      await this.#thread.commit()
    } catch (error) {
      this.#thread.discard()
      for (const { workspace } of frozen) workspace.unfreeze()
      for (const run of fresh.values()) await this.#delete(run)
      throw error
    }
    this.#last = meta
    await this.#settle(frozen, fresh, gone)
  }

  /** Waits for background work. */
  async close(): Promise<void> {
    await this.#merging
    for (const run of this.#obsolete) await run.close()
  }

  async #writeEntries(
    frozen: readonly Frozen[],
    fresh: Map<WorkspaceState, Run>,
    chunks: ChunkWriter<CheckpointTable>,
  ): Promise<void> {
    const slice = new Slice()
    for (const { workspace, profiles, links, imports, timers, ids } of frozen) {
      const { number } = workspace
      for (const [id, profile] of profiles) {
        chunks.add('profiles', keyOf(number, id), profile === GONE ? undefined : encodeProfile(profile))
        if (slice.isOver()) await slice.pause()
      }
      for (const [identifier, source] of links) {
        chunks.add('links', keyOf(number, identifier), source === GONE ? undefined : Buffer.from(source))
        if (slice.isOver()) await slice.pause()
      }
      for (const [id, { was, due }] of timers) {
        if (was === due) continue
        if (was !== undefined) chunks.add('timers', timerKey(number, was, id), undefined)
        if (due !== undefined) chunks.add('timers', timerKey(number, due, id), NO_VALUE)
        if (slice.isOver()) await slice.pause()
      }
      for (const [key, chunk] of imports) {
        chunks.add('imports', keyOf(number, key), chunk === GONE ? undefined : chunk)
      }
      if (!ids) continue
      const file = this.#runFile()
      await this.#thread.writeRun(join(this.#runsDirectory, file), ids.table.ids(), {
        earliest: ids.earliest,
        latest: ids.latest,
      })
      fresh.set(workspace, await Run.open(this.#runsDirectory, file))
    }
  }

  /** The transaction is there: what was frozen is clean, and what it does not list can go. */
  async #settle(frozen: readonly Frozen[], fresh: Map<WorkspaceState, Run>, gone: Set<string>): Promise<void> {
    this.#db.refresh()
    const slice = new Slice()
    for (const { workspace } of frozen) {
      const run = fresh.get(workspace)
      if (run) workspace.dedup.thaw(run)
      const { runs } = workspace.dedup
      workspace.dedup.runs = runs.filter(one => !gone.has(one.entry.file))
      this.#obsolete.push(...runs.filter(one => gone.has(one.entry.file)))
      for (const layers of [workspace.profiles, workspace.links, workspace.imports]) {
        await layers.thaw(slice)
      }
      workspace.timers.thaw()
    }
    if (this.#pins > 0) return
    for (const run of this.#obsolete.splice(0)) await this.#delete(run)
  }

  async #delete(run: Run): Promise<void> {
    await run.close()
    await unlink(join(this.#runsDirectory, run.entry.file)).catch(() => undefined)
  }

  /** Merged files take the place of their parts at once; the parts are deleted with the next checkpoint. */
  async #merge(): Promise<void> {
    for (const workspace of this.#state.workspaces()) {
      for (;;) {
        const parts = new Set(mergeable(workspace.dedup.runs.map(run => run.entry)))
        if (parts.size === 0) break
        const old = workspace.dedup.runs.filter(run => parts.has(run.entry))
        const file = this.#runFile()
        try {
          const paths = old.map(run => join(this.#runsDirectory, run.entry.file))
          await this.#thread.mergeRuns(join(this.#runsDirectory, file), paths)
          const merged = await Run.open(this.#runsDirectory, file)
          // A checkpoint lists the files as they are when it begins.
          while (this.#writing) await this.#writing.catch(() => undefined)
          const now = workspace.dedup.runs
          // A checkpoint meanwhile may have forgotten one of them.
          if (!old.every(run => now.includes(run))) {
            this.#obsolete.push(merged)
            break
          }
          workspace.dedup.runs = now.flatMap(run => (run === old[0] ? [merged] : old.includes(run) ? [] : [run]))
          this.#obsolete.push(...old)
        } catch {
          // Nothing is lost without a merge: the parts stay, the next checkpoint tries again.
          await unlink(join(this.#runsDirectory, file)).catch(() => undefined)
          return
        }
      }
    }
  }

  #runFile(): string {
    return `${String(this.#nextRun++).padStart(10, '0')}.run`
  }
}

interface Frozen extends ReturnType<typeof freeze> {}

function freeze(workspace: WorkspaceState) {
  return {
    workspace,
    people: workspace.people,
    profiles: workspace.profiles.freeze(),
    links: workspace.links.freeze(),
    imports: workspace.imports.freeze(),
    timers: workspace.timers.freeze(),
    ids: workspace.dedup.freeze(),
  }
}
