import type { Database } from '../client/database.ts'

export interface IdentityLink {
  /** When it was made, epoch milliseconds. */
  at: number
  /** The source profile it is about, and the identifier whose source that is. */
  source: string
  identifier: string
  /** Who the source was from then on. */
  canonical: string
  /** The rule and what it was applied to: the event's messageId. */
  cause: string
  /** The identifier it was seen with. */
  evidence: string
  won: string
  bucketKey: string
}

/**
 * Who became whom: all links that are about any of these sources or made another source theirs, oldest first. Of more than
 * `limit` the latest.
 */
export async function identityLinks(
  database: Database,
  question: { workspace: string; sources: readonly string[]; limit: number },
): Promise<IdentityLink[]> {
  const rows = await database.rows<IdentityLink>(
    `SELECT toUnixTimestamp64Milli(l.at) AS at, source, identifier, canonical, cause, evidence, won, bucket_key AS bucketKey
    FROM identity_links AS l
    WHERE workspace = {workspace:String} AND (source IN {sources:Array(String)} OR canonical IN {sources:Array(String)})
    ORDER BY l.at DESC, position DESC
    LIMIT {limit:UInt32}`,
    { ...question, sources: [...question.sources] },
  )
  return rows.reverse()
}
