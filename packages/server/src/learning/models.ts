import type { Learned } from '@espalier/core/decision'
import type { PublishedSet } from '@espalier/core/definition'
import { type Model, readModel, type Timeline, writeModel } from '@espalier/core/policy'
import type { CatalogItem, Store } from '@espalier/store'
import { Problem } from '../problem.ts'
import { type LearningRecord, NOTHING } from './record.ts'

export interface ModelsOptions {
  readonly store: Pick<Store, 'records' | 'leases'>
  readonly now: () => number
  readonly holder: string
}

/** Changes whenever any experience of the workspace learned something: cheap to ask for. */
const NUMBER = 'learning'
const recordId = (experience: string) => `learning:${experience}`
const modelId = (experience: string, version: number) => `model:${experience}:${version}`

/** A change holds the lease for milliseconds; a node that died with it, so long. */
const LEASE_MS = 10_000
const TRY_EVERY_MS = 25
const GIVE_UP_MS = 15_000

interface Known {
  readonly text: string
  readonly learned: Learned
}

/** What policies have learned: kept in the store, and on each node as far as it is needed to decide. */
export class Models {
  readonly #options: ModelsOptions
  /** By workspace and experience. */
  readonly #known = new Map<string, Map<string, Known>>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: ModelsOptions) {
    this.#options = options
  }

  /** Another number: something was learned. */
  async number(workspace: string): Promise<number> {
    const [item] = await this.#options.store.records.get(workspace, [NUMBER])
    return (item?.body.number as number | undefined) ?? 0
  }

  /**
   * What the experiences of a set have learned, as far as it may decide from now on. What has not changed is the same object as
   * before; models are read once.
   */
  async learned(workspace: string, set: PublishedSet): Promise<ReadonlyMap<string, Learned>> {
    const before = this.#known.get(workspace) ?? new Map<string, Known>()
    const keys = set.definitions.flatMap(one =>
      one.kind === 'experience' && !one.archived && 'policy' in one.body && one.body.policy?.kind !== 'split'
        ? one.key
        : [],
    )
    if (keys.length === 0) {
      this.#known.delete(workspace)
      return new Map()
    }
    const items = await this.#options.store.records.get(workspace, keys.map(recordId))
    const known = new Map<string, Known>()
    for (const item of items) {
      const key = item.id.slice(recordId('').length)
      const record = item.body as unknown as LearningRecord
      const versions = needed(record.timeline, this.#options.now())
      const text = JSON.stringify([versions, record.rollout, record.rolledOut, record.rolledOutContent])
      const old = before.get(key)
      known.set(
        key,
        old?.text === text ? old : { text, learned: await this.#load(workspace, key, record, versions, old) },
      )
    }
    this.#known.set(workspace, known)
    return new Map([...known].map(([key, { learned }]) => [key, learned]))
  }

  async record(workspace: string, experience: string): Promise<LearningRecord> {
    const [item] = await this.#options.store.records.get(workspace, [recordId(experience)])
    return item === undefined ? NOTHING : (item.body as unknown as LearningRecord)
  }

  /** A version's model; undefined where it is not kept any more. */
  async model(workspace: string, experience: string, version: number): Promise<Model | undefined> {
    const [item] = await this.#options.store.records.get(workspace, [modelId(experience, version)])
    return item && readModel(item.body.text as string)
  }

  /**
   * Changes what is known of an experience, one change at a time on all nodes, a new model with it. Models that no timeline names any
   * more are removed. `change` answers the record to keep; the same one changes nothing.
   */
  change(
    workspace: string,
    experience: string,
    change: (record: LearningRecord) => { readonly record: LearningRecord; readonly model?: Model },
  ): Promise<LearningRecord> {
    const turn = this.#turn.then(() => this.#change(workspace, experience, change))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #change(
    workspace: string,
    experience: string,
    change: Parameters<Models['change']>[2],
  ): Promise<LearningRecord> {
    const { store, now, holder } = this.#options
    const lease = `learning:${workspace}`
    await this.#acquire(lease)
    try {
      const before = await this.record(workspace, experience)
      const { record, model } = change(before)
      if (record === before) return record
      const updated = now()
      const kept = new Set(record.timeline.map(({ version }) => version))
      const versions = record.versions.filter(({ version }) => kept.has(version))
      const body = { ...record, versions } as unknown as CatalogItem['body']
      if (model !== undefined) {
        const text = writeModel(model)
        await store.records.put(workspace, [{ id: modelId(experience, model.version), updated, body: { text } }])
      }
      // Last of all, and together with the number that nodes look at: they never hear of a model that is not there.
      const number = (await this.number(workspace)) + 1
      await store.records.put(workspace, [
        { id: recordId(experience), updated, body },
        { id: NUMBER, updated, body: { number } },
      ])
      const gone = record.versions.filter(({ version }) => !kept.has(version))
      await store.records.remove(
        workspace,
        gone.map(({ version }) => modelId(experience, version)),
      )
      return { ...record, versions }
    } finally {
      await store.leases.release(lease, holder)
    }
  }

  async #acquire(lease: string): Promise<void> {
    const { store, now, holder } = this.#options
    for (let tried = 0; tried < GIVE_UP_MS; tried += TRY_EVERY_MS) {
      if (await store.leases.acquire(lease, holder, now(), LEASE_MS)) return
      await new Promise(resolve => setTimeout(resolve, TRY_EVERY_MS))
    }
    throw new Problem('conflict', 'Another node is changing what policies have learned.', { mend: 'Try again.' })
  }

  async #load(
    workspace: string,
    experience: string,
    { rollout, rolledOut, rolledOutContent }: LearningRecord,
    versions: Timeline,
    old: Known | undefined,
  ): Promise<Learned> {
    const models: NonNullable<Learned['models']>[number][] = []
    for (const { from, version } of versions) {
      const same = [...(old?.learned.models ?? []), ...models].find(({ model }) => model.version === version)?.model
      const model = same ?? (await this.model(workspace, experience, version))
      if (model !== undefined) models.push({ from, model })
    }
    return {
      models,
      ...(rollout && { rollout }),
      ...(rolledOut !== undefined && { rolledOut }),
      ...(rolledOutContent !== undefined && { rolledOutContent }),
    }
  }
}

/** Entries that decide now or later. The one before is kept too: a longer draw period may have begun before the latest. */
function needed(timeline: Timeline, now: number): Timeline {
  const current = timeline.findLastIndex(({ from }) => from <= now)
  return timeline.slice(Math.max(0, current - 1))
}
