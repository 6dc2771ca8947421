import type { Account } from '@espalier/core/account'
import type { Queries } from '../database.ts'
import { Again } from '../failures.ts'

/** An account as locked. */
export interface LockedAccount {
  readonly version: number
  readonly body: Account
}

/** In key order, and after all profiles, so that batches wait for each other and never in a circle. */
export async function lockAccounts(
  tx: Queries,
  workspace: string,
  ids: ReadonlySet<string>,
): Promise<Map<string, LockedAccount>> {
  if (ids.size === 0) return new Map()
  const rows = await tx.query<LockedAccount & { id: string }>(
    `SELECT id, version, body FROM espalier.accounts
     WHERE workspace = $1 AND id = ANY ($2::text[]) ORDER BY id FOR UPDATE`,
    [workspace, [...ids]],
    'commit.accounts.lock',
  )
  return new Map(rows.map(({ id, version, body }) => [id, { version, body }]))
}

/** A new one that somebody else made at the same moment makes the batch be done again on what is true then. */
export async function writeAccounts(
  tx: Queries,
  workspace: string,
  accounts: ReadonlyMap<string, Account | undefined>,
  locked: ReadonlyMap<string, LockedAccount>,
): Promise<void> {
  const kept = [...accounts.values()].filter(account => account !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1))
  const gone = [...accounts.keys()].filter(id => accounts.get(id) === undefined)
  if (kept.length > 0) {
    const written = await tx.change(
      `INSERT INTO espalier.accounts AS old (workspace, id, version, body)
       SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::json[])
       ON CONFLICT (workspace, id) DO UPDATE SET version = excluded.version, body = excluded.body
       WHERE old.version = excluded.version - 1`,
      [
        workspace,
        kept.map(({ id }) => id),
        kept.map(({ id }) => (locked.get(id)?.version ?? 0) + 1),
        kept.map(account => JSON.stringify(account)),
      ],
      'commit.accounts',
    )
    if (written !== kept.length) throw new Again('An account came into being meanwhile.')
  }
  if (gone.length === 0) return
  await tx.change(
    'DELETE FROM espalier.accounts WHERE workspace = $1 AND id = ANY ($2::text[])',
    [workspace, gone],
    'commit.accounts.remove',
  )
}
