import type { Definition, DefinitionChange, PublishedSet } from '@espalier/core/definition'
import { StoreError } from '../errors.ts'
import type { DefinitionStore } from '../port.ts'
import { compareDefinitions, newVersions } from '../publication.ts'
import type { Database, Queries } from './database.ts'

const COLUMNS = 'kind, key, version, published, author, archived, body'

export class PostgresDefinitions implements DefinitionStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async version(workspace: string): Promise<number> {
    const [row] = await this.#database.query<{ version: number }>(
      'SELECT version FROM espalier.definition_sets WHERE workspace = $1',
      [workspace],
      'definitions.version',
    )
    return row?.version ?? 0
  }

  async current(workspace: string): Promise<PublishedSet> {
    const { version, newest } = await readNewest(this.#database, workspace)
    return live(version, newest)
  }

  async publish(
    workspace: string,
    changes: readonly DefinitionChange[],
    options: { now: number; author: string; expected?: number },
  ): Promise<PublishedSet> {
    return this.#database.transaction(async tx => {
      await tx.change('INSERT INTO espalier.definition_sets VALUES ($1, 0) ON CONFLICT DO NOTHING', [workspace])
      await tx.query('SELECT FROM espalier.definition_sets WHERE workspace = $1 FOR UPDATE', [workspace])
      const { version, newest } = await readNewest(tx, workspace)
      if (options.expected !== undefined && options.expected !== version) {
        throw new StoreError(
          'conflict',
          `Definitions are at version ${version}, not ${options.expected}: look at what changed, then publish again.`,
        )
      }
      const latest = (kind: string, key: string) => newest.find(one => one.kind === kind && one.key === key)
      const made = newVersions(latest, changes, options)
      if (made.length === 0) return live(version, newest)
      for (const one of made) {
        await tx.change(
          `INSERT INTO espalier.definitions (workspace, ${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [
            workspace,
            one.kind,
            one.key,
            one.version,
            one.published,
            one.author,
            one.archived,
            JSON.stringify(one.body),
          ],
          'definitions.add',
        )
      }
      await tx.change('UPDATE espalier.definition_sets SET version = version + 1 WHERE workspace = $1', [workspace])
      const after = await readNewest(tx, workspace)
      return live(after.version, after.newest)
    })
  }

  async history(workspace: string, kind: string, key: string): Promise<Definition[]> {
    return this.#database.query(
      `SELECT ${COLUMNS} FROM espalier.definitions
       WHERE workspace = $1 AND kind = $2 AND key = $3 ORDER BY version DESC`,
      [workspace, kind, key],
    )
  }
}

/** The set's version and the newest version of each definition, of one moment: it is one statement. */
async function readNewest(queries: Queries, workspace: string): Promise<{ version: number; newest: Definition[] }> {
  const rows = await queries.query<Definition & { set_version: number }>(
    `SELECT DISTINCT ON (kind, key) ${COLUMNS},
       (SELECT version FROM espalier.definition_sets WHERE workspace = $1) AS set_version
     FROM espalier.definitions WHERE workspace = $1 ORDER BY kind, key, version DESC`,
    [workspace],
    'definitions.newest',
  )
  return { version: rows[0]?.set_version ?? 0, newest: rows.map(({ set_version: _, ...definition }) => definition) }
}

function live(version: number, newest: readonly Definition[]): PublishedSet {
  return { version, definitions: newest.filter(one => !one.archived).sort(compareDefinitions) }
}
