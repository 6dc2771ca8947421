import type { ApiKey, KeyStore } from '../port.ts'
import type { Database } from './database.ts'

interface KeyRow extends Omit<ApiKey, 'revoked'> {
  readonly revoked: number | null
}

const COLUMNS = 'id, workspace, kind, hash, label, created, revoked'

export class PostgresKeys implements KeyStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async put(key: ApiKey): Promise<void> {
    await this.#database.change(
      `INSERT INTO espalier.api_keys (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (id) DO UPDATE SET workspace = excluded.workspace, kind = excluded.kind, hash = excluded.hash,
         label = excluded.label, created = excluded.created, revoked = excluded.revoked`,
      [key.id, key.workspace, key.kind, key.hash, key.label, key.created, key.revoked ?? null],
    )
  }

  async byHash(hash: string): Promise<ApiKey | undefined> {
    const rows = await this.#database.query<KeyRow>(
      `SELECT ${COLUMNS} FROM espalier.api_keys WHERE hash = $1`,
      [hash],
      'keys.byHash',
    )
    return rows.map(asKey)[0]
  }

  async list(workspace: string): Promise<ApiKey[]> {
    const rows = await this.#database.query<KeyRow>(
      `SELECT ${COLUMNS} FROM espalier.api_keys WHERE workspace = $1 ORDER BY created, id`,
      [workspace],
    )
    return rows.map(asKey)
  }

  async revoke(workspace: string, id: string, now: number): Promise<boolean> {
    const revoked = await this.#database.change(
      'UPDATE espalier.api_keys SET revoked = coalesce(revoked, $3) WHERE workspace = $1 AND id = $2',
      [workspace, id, now],
    )
    return revoked > 0
  }

  /** The first made first. */
  async workspaces(): Promise<string[]> {
    const rows = await this.#database.query<{ workspace: string }>(
      `SELECT workspace FROM (
         SELECT DISTINCT ON (workspace) workspace, created, id FROM espalier.api_keys ORDER BY workspace, created, id
       ) AS first ORDER BY created, id`,
    )
    return rows.map(row => row.workspace)
  }
}

function asKey({ revoked, ...key }: KeyRow): ApiKey {
  return { ...key, ...(revoked === null ? {} : { revoked }) }
}
