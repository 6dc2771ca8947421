import type { Definition, DefinitionChange, PublishedSet } from '@espalier/core/definition'
import { StoreError } from '../../errors.ts'
import type { DefinitionStore } from '../../port.ts'
import { compareDefinitions, newVersions } from '../../publication.ts'
import type { ControlDb, ControlReader } from './db.ts'
import { after, controlKey } from './key.ts'

/** Every version under (workspace, kind, key, version); the set's version under (workspace). */
export class LmdbDefinitions implements DefinitionStore {
  readonly #db: ControlDb

  constructor(db: ControlDb) {
    this.#db = db
  }

  async version(workspace: string): Promise<number> {
    return versionOf(this.#db, workspace)
  }

  async current(workspace: string): Promise<PublishedSet> {
    const all = this.#db.range<Definition>('definitions', controlKey(workspace), after(workspace))
    const newest = new Map(all.map(definition => [JSON.stringify([definition.kind, definition.key]), definition]))
    const live = [...newest.values()].filter(definition => !definition.archived)
    return { version: versionOf(this.#db, workspace), definitions: live.sort(compareDefinitions) }
  }

  async publish(
    workspace: string,
    changes: readonly DefinitionChange[],
    options: { now: number; author: string; expected?: number },
  ): Promise<PublishedSet> {
    await this.#db.transaction(transaction => {
      const version = versionOf(transaction, workspace)
      if (options.expected !== undefined && options.expected !== version) {
        const message = `Definitions are at version ${version}, not ${options.expected}: look again first.`
        throw new StoreError('conflict', message)
      }
      const made = newVersions((kind, key) => historyOf(transaction, workspace, kind, key, 1)[0], changes, options)
      for (const one of made) transaction.put('definitions', controlKey(workspace, one.kind, one.key, one.version), one)
      if (made.length > 0) transaction.put('versions', controlKey(workspace), version + 1)
    })
    return this.current(workspace)
  }

  async history(workspace: string, kind: string, key: string): Promise<Definition[]> {
    return historyOf(this.#db, workspace, kind, key)
  }
}

function versionOf(reader: ControlReader, workspace: string): number {
  return reader.get<number>('versions', controlKey(workspace)) ?? 0
}

/** Newest first. */
function historyOf(reader: ControlReader, workspace: string, kind: string, key: string, limit?: number): Definition[] {
  const [start, end] = [controlKey(workspace, kind, key), after(workspace, kind, key)]
  return reader.range('definitions', start, end, { reverse: true, ...(limit === undefined ? {} : { limit }) })
}
