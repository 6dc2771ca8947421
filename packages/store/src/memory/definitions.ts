import type { Definition, DefinitionChange, PublishedSet } from '@espalier/core/definition'
import { StoreError } from '../errors.ts'
import type { DefinitionStore } from '../port.ts'
import { compareDefinitions, newVersions } from '../publication.ts'

export class MemoryDefinitions implements DefinitionStore {
  readonly #workspaces = new Map<string, { version: number; all: Definition[] }>()

  async version(workspace: string): Promise<number> {
    return this.#workspaces.get(workspace)?.version ?? 0
  }

  async current(workspace: string): Promise<PublishedSet> {
    const { version, all } = this.#workspaces.get(workspace) ?? { version: 0, all: [] }
    const newest = new Map(all.map(definition => [`${definition.kind}/${definition.key}`, definition]))
    const live = [...newest.values()].filter(definition => !definition.archived)
    return structuredClone({ version, definitions: live.sort(compareDefinitions) })
  }

  async publish(
    workspace: string,
    changes: readonly DefinitionChange[],
    options: { now: number; author: string; expected?: number },
  ): Promise<PublishedSet> {
    const { version, all } = this.#workspaces.get(workspace) ?? { version: 0, all: [] }
    if (options.expected !== undefined && options.expected !== version) {
      throw new StoreError(
        'conflict',
        `Definitions are at version ${version}, not ${options.expected}: look again first.`,
      )
    }
    const latest = (kind: string, key: string) => all.findLast(one => one.kind === kind && one.key === key)
    const made = newVersions(latest, structuredClone(changes), options)
    if (made.length > 0) this.#workspaces.set(workspace, { version: version + 1, all: [...all, ...made] })
    return this.current(workspace)
  }

  async history(workspace: string, kind: string, key: string): Promise<Definition[]> {
    const all = this.#workspaces.get(workspace)?.all ?? []
    return structuredClone(all.filter(one => one.kind === kind && one.key === key).reverse())
  }
}
