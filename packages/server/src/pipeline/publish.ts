import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '@espalier/core'
import { type Collisions, collisionsOf } from '@espalier/core/collision'
import {
  type Definition,
  type DefinitionChange,
  type Kind,
  normalise,
  type PublishedSet,
  UPKEEP_KEY,
} from '@espalier/core/definition'
import { nextUpkeep, upkeepOf, validateSet } from '@espalier/core/plan'
import { sentence } from '@espalier/core/problem'
import { StoreError } from '@espalier/store'
import { Problem } from '../problem.ts'
import type { Services } from '../services.ts'

export interface Publication {
  readonly version: number
  readonly changed: readonly {
    readonly kind: string
    readonly key: string
    readonly version: number
    readonly change: 'created' | 'updated' | 'archived' | 'unchanged'
  }[]
  /** Of a dry run: collisions between experiences as they would be. */
  readonly collisions?: Collisions
}

export interface PublishOptions {
  readonly author: string
  readonly expected?: number
  readonly dryRun?: boolean
  /** The file a definition was read from, to name it in errors. */
  readonly fileOf?: (kind: string, key: string) => string | undefined
}

/**
 * Validates changes against what is live and publishes them, all or none (R9). They are used on this node at once, on the
 * others within 2 s (R4), and signals that they newly need are filled in from the warehouse.
 */
export async function publish(
  services: Services,
  workspace: string,
  changes: readonly DefinitionChange[],
  options: PublishOptions,
): Promise<Publication> {
  const { definitions, backfill, store } = services
  for (;;) {
    const current = await store.definitions.current(workspace)
    if (options.expected !== undefined && !isAsOf(current, options.expected)) {
      throw new Problem('conflict', `Version ${current.version} is live, not ${options.expected}.`)
    }
    refuseInvalid(changes, current, options)
    const normal = changes.map(change => {
      return change.body === undefined ? change : { ...change, body: normalise(change.kind as Kind, change.body) }
    })
    if (options.dryRun === true) {
      return { ...describe(current, normal, undefined), collisions: collisionsOf(planned(current, normal)) }
    }
    try {
      // What was validated is what is published: if somebody else published meanwhile, look again.
      const expected = current.version
      const all = [...normal, ...upkeepChange(current, normal)]
      const live = await definitions.publish(workspace, all, { author: options.author, expected })
      backfill.schedule(workspace)
      services.retention.nudge()
      return describe(current, normal, live.published)
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'conflict' && options.expected === undefined)) throw error
    }
  }
}

function planned({ version, definitions }: PublishedSet, changes: readonly DefinitionChange[]): PublishedSet {
  const replaced = new Set(changes.map(({ kind, key }) => `${kind}/${key}`))
  const kept = definitions.filter(({ kind, key }) => !replaced.has(`${kind}/${key}`))
  const made = changes.flatMap(({ kind, key, body }): Definition[] => {
    if (body === undefined) return []
    return [
      { kind, key, version: 0, published: 0, author: '', archived: false, body: body as unknown as Definition['body'] },
    ]
  })
  return { version, definitions: [...kept, ...made] }
}

/** What a team authored is as it was at that version: since then only upkeep was published, which nobody sees. */
function isAsOf(current: PublishedSet, version: number): boolean {
  return version <= current.version && version >= (upkeepOf(current).authored ?? current.version)
}

/** The upkeep that goes with changes; nothing where they change nothing. */
function upkeepChange(current: PublishedSet, changes: readonly DefinitionChange[]): DefinitionChange[] {
  if (describe(current, changes, undefined).changed.every(({ change }) => change === 'unchanged')) return []
  const after = planned(current, changes)
  const body = nextUpkeep({ ...after, version: current.version + 1 })
  return [{ kind: 'upkeep', key: UPKEEP_KEY, body }]
}

function refuseInvalid(changes: readonly DefinitionChange[], current: PublishedSet, options: PublishOptions): void {
  const problems = validateSet(changes, current)
  const [first] = problems
  if (first === undefined) return
  const errors = problems.map(problem => {
    const file = options.fileOf?.(problem.kind, problem.key)
    return file === undefined ? problem : { file, ...problem }
  })
  const where = first.path === '' ? '' : `, ${first.path}`
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`
  throw new Problem('invalid_definition', `${first.kind} "${first.key}"${where}: ${first.message}${more}.`, {
    path: first.path,
    mend: sentence(first.mend),
    extra: { errors },
  })
}

/** What changed from one set to another, or, without the other, what would change. */
function describe(
  before: PublishedSet,
  changes: readonly DefinitionChange[],
  after: PublishedSet | undefined,
): Publication {
  const changed = changes.map(({ kind, key, body }): Publication['changed'][number] => {
    const old = find(before, kind, key)
    if (body === undefined) return { kind, key, version: (old?.version ?? 0) + 1, change: 'archived' }
    if (old !== undefined && isDeepStrictEqual(old.body, body as unknown)) {
      return { kind, key, version: old.version, change: 'unchanged' }
    }
    const version = after === undefined ? (old?.version ?? 0) + 1 : (find(after, kind, key)?.version ?? 1)
    return { kind, key, version, change: old === undefined ? 'created' : 'updated' }
  })
  return { version: after?.version ?? before.version, changed }
}

function find(set: PublishedSet, kind: string, key: string): (Definition & { body: JsonObject }) | undefined {
  const found = set.definitions.find(one => one.kind === kind && one.key === key && !one.archived)
  return found as (Definition & { body: JsonObject }) | undefined
}
