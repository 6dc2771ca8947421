import type { CheckpointDb, CheckpointMeta } from '../checkpoint/db.ts'
import type { HashKey } from '../dedup/hash.ts'
import { Run } from '../dedup/run.ts'
import { CacheBudget } from './layers.ts'
import { WorkspaceState } from './workspaceState.ts'

/** The durable state of all workspaces. */
export class PeopleState {
  readonly budget: CacheBudget
  readonly #db: CheckpointDb
  readonly #hashKey: HashKey
  readonly #workspaces = new Map<string, WorkspaceState>()
  #nextNumber = 1

  constructor(parts: { db: CheckpointDb; hashKey: HashKey; cacheBytes: number }) {
    this.#db = parts.db
    this.#hashKey = parts.hashKey
    this.budget = new CacheBudget(parts.cacheBytes)
  }

  /** Takes over what the checkpoint lists. */
  async load(meta: CheckpointMeta, runsDirectory: string): Promise<void> {
    for (const entry of meta.workspaces) {
      const runs: Run[] = []
      for (const { file } of entry.runs) runs.push(await Run.open(runsDirectory, file))
      this.#add(entry, runs)
    }
  }

  workspaces(): WorkspaceState[] {
    return [...this.#workspaces.values()]
  }

  get(name: string): WorkspaceState | undefined {
    return this.#workspaces.get(name)
  }

  /** The workspace, which comes into being with its first commit. */
  ensure(name: string): WorkspaceState {
    return this.#workspaces.get(name) ?? this.#add({ name, number: this.#nextNumber, people: 0 }, [])
  }

  async close(): Promise<void> {
    for (const { dedup } of this.#workspaces.values()) for (const run of dedup.runs) await run.close()
  }

  #add(entry: { name: string; number: number; people: number }, runs: readonly Run[]): WorkspaceState {
    const workspace = new WorkspaceState(entry, { db: this.#db, budget: this.budget, hashKey: this.#hashKey, runs })
    this.#workspaces.set(entry.name, workspace)
    this.#nextNumber = Math.max(this.#nextNumber, entry.number + 1)
    return workspace
  }
}
