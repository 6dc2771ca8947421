import type { Account } from '@espalier/core/account'
import type { Profile } from '@espalier/core/profile'
import type { Applied } from '@espalier/core/stream'
import type { CommitBatch, Located, PeopleStore, Timer } from '../port.ts'
import { decodeProfile, textKey } from './blobs.ts'
import type { Commits } from './commit/commits.ts'
import type { Database } from './database.ts'

/** Ids in one page of everyone. */
const EVERYONE = 1000

export class PostgresPeople implements PeopleStore {
  readonly #database: Database
  readonly #commits: Commits

  constructor(database: Database, commits: Commits) {
    this.#database = database
    this.#commits = commits
  }

  commit(batch: CommitBatch): Promise<readonly Applied[]> {
    return this.#commits.commit(batch)
  }

  async get(workspace: string, id: string): Promise<Profile | undefined> {
    const [row] = await this.#database.query<{ body: Buffer | null }>(
      `SELECT coalesce(person.body, own.body) AS body
       FROM espalier.profiles own
       LEFT JOIN espalier.profiles person ON person.workspace = own.workspace AND person.id = own.merged_into
       WHERE own.workspace = $1 AND own.id = $2`,
      [workspace, id],
      'people.get',
    )
    return row?.body ? decodeProfile(row.body) : undefined
  }

  async find(workspace: string, identifier: string): Promise<Profile | undefined> {
    return (await this.locate(workspace, identifier))?.profile
  }

  async locate(workspace: string, identifier: string): Promise<Located | undefined> {
    const [row] = await this.#database.query<{ source: string; body: Buffer | null }>(
      `SELECT link.source, coalesce(person.body, own.body) AS body
       FROM espalier.identifiers link
       JOIN espalier.profiles own ON own.workspace = link.workspace AND own.id = link.source
       LEFT JOIN espalier.profiles person ON person.workspace = own.workspace AND person.id = own.merged_into
       WHERE link.workspace = $1 AND link.identifier = $2`,
      [workspace, textKey(identifier)],
      'people.locate',
    )
    // A tombstone is merged into nobody.
    return row?.body ? { profile: decodeProfile(row.body), source: row.source } : undefined
  }

  async accounts(workspace: string, ids: readonly string[]): Promise<Account[]> {
    if (ids.length === 0) return []
    const rows = await this.#database.query<{ body: Account }>(
      'SELECT body FROM espalier.accounts WHERE workspace = $1 AND id = ANY ($2::text[]) ORDER BY id',
      [workspace, ids],
      'people.accounts',
    )
    return rows.map(({ body }) => body)
  }

  async page(workspace: string, after: string | undefined, limit: number): Promise<Profile[]> {
    const rows = await this.#database.query<{ body: Buffer }>(
      `SELECT body FROM espalier.profiles
       WHERE workspace = $1 AND id > $2 AND merged_into IS NULL ORDER BY id LIMIT $3`,
      [workspace, after ?? '', limit],
      'people.page',
    )
    return rows.map(row => decodeProfile(row.body))
  }

  async *everyone(workspace: string): AsyncGenerator<readonly string[]> {
    const last = `SELECT max(id) AS last FROM espalier.profiles WHERE workspace = $1`
    const [end] = await this.#database.query<{ last: string | null }>(last, [workspace], 'people.last')
    for (let after = ''; after < (end?.last ?? ''); ) {
      const rows = await this.#database.query<{ id: string }>(
        `SELECT id FROM espalier.profiles
         WHERE workspace = $1 AND id > $2 AND id <= $3 AND merged_into IS NULL ORDER BY id LIMIT $4`,
        [workspace, after, end?.last, EVERYONE],
        'people.everyone',
      )
      if (rows.length === 0) return
      yield rows.map(({ id }) => id)
      after = rows.at(-1)!.id
    }
  }

  async count(workspace: string): Promise<number> {
    const [row] = await this.#database.query<{ people: number }>(
      `SELECT (SELECT count(*) FROM espalier.profiles WHERE workspace = $1)
            - (SELECT count(*) FROM espalier.profiles WHERE workspace = $1 AND merged_into IS NOT NULL) AS people`,
      [workspace],
    )
    return row?.people ?? 0
  }

  async due(workspace: string, now: number, limit: number): Promise<readonly Timer[]> {
    return this.#database.query<Timer>(
      `SELECT id AS profile, due FROM espalier.profiles
       WHERE workspace = $1 AND due <= $2 ORDER BY due, id LIMIT $3`,
      [workspace, now, limit],
      'people.due',
    )
  }

  async nextDue(workspace: string, after = -Infinity): Promise<number | undefined> {
    const [row] = await this.#database.query<{ due: number | null }>(
      'SELECT min(due) AS due FROM espalier.profiles WHERE workspace = $1 AND due > $2',
      [workspace, after],
      'people.nextDue',
    )
    return row?.due ?? undefined
  }
}
