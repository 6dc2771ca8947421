import type { JsonObject } from '@espalier/core'
import { type CompiledPolicy, type CompiledSet, compile, type Learned, policiesOf } from '@espalier/core/decision'
import {
  type Amounts,
  amountsOf,
  type CompleteBodies,
  type DefinitionChange,
  type PublishedSet,
  settingsOf,
} from '@espalier/core/definition'
import type { Store } from '@espalier/store'
import type { Models } from '../learning/models.ts'
import { isBelieved } from './believed.ts'

/** Everything a request needs to know of its workspace's definitions, of one moment (R4). */
export interface LiveSet {
  readonly published: PublishedSet
  readonly compiled: CompiledSet
  readonly settings: CompleteBodies['settings']
  /** Where events have amounts that reports count. */
  readonly amounts: Amounts
  /** The catalog items that contents refer to. */
  readonly items: ReadonlyMap<string, JsonObject>
  /** What policies have learned: the number it was read under, and their policies made ready. */
  readonly learning: Learning
}

interface Learning {
  readonly number: number
  readonly learned: ReadonlyMap<string, Learned>
  readonly policies: ReadonlyMap<string, Ready>
}

interface Ready {
  readonly learned: Learned | undefined
  readonly policy: CompiledPolicy | undefined
}

interface Known {
  set: LiveSet
  checked: number
}

/** The published definitions of each workspace, compiled; a node keeps no more of them than that. */
export class LiveDefinitions {
  readonly #store: Pick<Store, 'definitions' | 'catalog'>
  readonly #models: Pick<Models, 'number' | 'learned'> | undefined
  readonly #now: () => number
  readonly #known = new Map<string, Known>()
  readonly #loading = new Map<string, Promise<LiveSet>>()

  /** Without models, policies that learn serve their split. */
  constructor(
    store: Pick<Store, 'definitions' | 'catalog'>,
    now: () => number,
    models?: Pick<Models, 'number' | 'learned'>,
  ) {
    this.#store = store
    this.#models = models
    this.#now = now
  }

  /** The set to use now. A promise only where the store has to be asked. */
  of(workspace: string): LiveSet | Promise<LiveSet> {
    const known = this.#known.get(workspace)
    if (known !== undefined && isBelieved(known.checked, this.#now())) return known.set
    return this.#refreshed(workspace)
  }

  /** The set last used, for work that goes on beside requests. */
  last(workspace: string): LiveSet | undefined {
    return this.#known.get(workspace)?.set
  }

  /** Publishes and uses it at once on this node. */
  async publish(
    workspace: string,
    changes: readonly DefinitionChange[],
    options: { readonly author: string; readonly expected?: number },
  ): Promise<LiveSet> {
    const published = await this.#store.definitions.publish(workspace, changes, { ...options, now: this.#now() })
    return this.#use(workspace, published)
  }

  /** What is cached may be old: a catalog item changed, somebody published, or something was learned. */
  async refresh(workspace: string): Promise<LiveSet> {
    return this.#use(workspace, await this.#store.definitions.current(workspace))
  }

  #refreshed(workspace: string): Promise<LiveSet> {
    let loading = this.#loading.get(workspace)
    if (loading === undefined) {
      loading = this.#load(workspace).finally(() => this.#loading.delete(workspace))
      this.#loading.set(workspace, loading)
    }
    return loading
  }

  async #load(workspace: string): Promise<LiveSet> {
    const known = this.#known.get(workspace)
    if (known === undefined) return this.refresh(workspace)
    const version = await this.#store.definitions.version(workspace)
    const published =
      version === known.set.published.version ? known.set.published : await this.#store.definitions.current(workspace)
    return this.#use(workspace, published)
  }

  async #use(workspace: string, published: PublishedSet): Promise<LiveSet> {
    const checked = this.#now()
    const before = this.#known.get(workspace)?.set
    const same = before?.published.version === published.version
    const number = (await this.#models?.number(workspace)) ?? 0
    const learning = same && before.learning.number === number ? before.learning : undefined
    const learned = learning?.learned ?? (await this.#models?.learned(workspace, published)) ?? new Map()
    const { compiled, policies } = learning
      ? { compiled: before!.compiled, policies: learning.policies }
      : ready(published, learned, same ? before : undefined)
    const settings = same ? before.settings : settingsOf(published)
    const amounts = same ? before.amounts : amountsOf(published.definitions)
    const items = await this.#items(workspace, compiled.items)
    const newest = this.#known.get(workspace)
    // Somebody was faster with a newer set.
    if (newest !== undefined && isNewer(newest.set, published.version, number)) return newest.set
    const set: LiveSet = { published, compiled, settings, amounts, items, learning: { number, learned, policies } }
    this.#known.set(workspace, { set, checked })
    return set
  }

  async #items(workspace: string, ids: readonly string[]): Promise<Map<string, JsonObject>> {
    if (ids.length === 0) return new Map()
    const items = await this.#store.catalog.get(workspace, ids)
    return new Map(items.map(item => [item.id, { ...(item.body as JsonObject), id: item.id }]))
  }
}

function isNewer({ published, learning }: LiveSet, version: number, number: number): boolean {
  return published.version > version || (published.version === version && learning.number > number)
}

/** Compiles a set; policies of the same definitions that have learned nothing new are taken over, since theirs are ready. */
function ready(
  published: PublishedSet,
  learned: ReadonlyMap<string, Learned>,
  before: LiveSet | undefined,
): { readonly compiled: CompiledSet; readonly policies: Learning['policies'] } {
  const policyOf = policiesOf(published, key => learned.get(key))
  const policies = new Map<string, Ready>()
  const compiled = compile(published, experience => {
    const { key } = experience
    const old = before?.learning.policies.get(key)
    const current = learned.get(key)
    const policy = old !== undefined && old.learned === current ? old.policy : policyOf(experience)
    policies.set(key, { learned: current, policy })
    return policy
  })
  return { compiled, policies }
}
