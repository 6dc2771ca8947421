import type { JsonObject } from '@espalier/core'
import type { Database } from '../client/database.ts'
import { ALL_TIME } from '../sql/params.ts'

export interface QuotesQuestion {
  readonly workspace: string
  readonly experience: string
  /** Told before this (exclusive). */
  readonly before?: number
  /** At most so many, and then all of the last one's millisecond: whoever goes on before it misses none. */
  readonly limit: number
}

/** A price that somebody was told for the first time. */
export interface ToldQuote {
  readonly timestamp: number
  readonly requestId: string
  /** The source profile it was told. */
  readonly source: string
  readonly item: string
  /** As the decision has it: price, list, until, variant, and what held it. */
  readonly quote: JsonObject
}

/** The audit of an experience's prices, newest first. Rows that tell no price are left out by a look at their text. */
export async function quotes(
  database: Database,
  { workspace, experience, before, limit }: QuotesQuestion,
): Promise<ToldQuote[]> {
  const rows = await database.rows<Omit<ToldQuote, 'quote'> & { quote: string }>(
    `SELECT * FROM (
      SELECT
        toUnixTimestamp64Milli(d.timestamp) AS timestamp, request_id AS requestId, profile AS source,
        told.1 AS item, told.2 AS quote
      FROM decisions AS d
      ARRAY JOIN JSONExtractKeysAndValuesRaw(inputs, 'quotes') AS told
      WHERE workspace = {workspace:String} AND has(\`answers.experience\`, {experience:String})
        AND position(inputs, '"quotes":') > 0
        AND d.timestamp < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
        AND JSONExtractString(told.2, 'experience') = {experience:String}
      ORDER BY timestamp DESC
      LIMIT {limit:UInt32} WITH TIES
    ) ORDER BY timestamp DESC, requestId DESC, item`,
    { workspace, experience, before: before ?? ALL_TIME.to, limit },
  )
  return rows.map(row => ({ ...row, quote: JSON.parse(row.quote) as JsonObject }))
}
