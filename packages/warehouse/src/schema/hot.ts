import { numberAt } from '../sql/json.ts'
import type { Column } from './table.ts'

/**
 * What reports need of every row, beside the row: the ids of ten million events are 400 MB to read and hash, their properties 1.3 GB to
 * read and parse. These are worked out as rows come in, and are always what reading the row gives.
 */

/** The source profile as a number. Rows are sorted by profile, so that equal ones follow each other and LZ4 makes little of them. */
export const profileHash: Column = {
  name: 'profile_hash',
  type: 'UInt64',
  materialized: 'cityHash64(profile)',
  codec: 'LZ4',
}

/** What is kept of an amount: the number, and whether it was written as text, which segments do not take for one. */
export interface HotAmount {
  readonly amount: Column
  readonly isText: Column
}

/** Properties whose amounts are kept, by the property: what orders name their money in Segment's specification. */
export const hotAmounts: ReadonlyMap<string, HotAmount> = new Map(
  ['total'].map(property => {
    const amount = {
      name: `amount_${property}`,
      type: 'Nullable(Float64)',
      // Most events have none: looking for its name costs a tenth of parsing. A name may be written with escapes.
      materialized: `if(position(properties, '"${property}"') > 0 OR position(properties, '\\\\u') > 0, ${numberAt('properties', property, { bind: () => `'${property}'` })}, NULL)`,
      codec: 'LZ4',
    }
    const isText = {
      name: `amount_${property}_is_text`,
      type: 'Bool',
      materialized: `if(${amount.name} IS NULL, false, JSONType(properties, '${property}') = 'String')`,
      codec: 'LZ4',
    }
    return [property, { amount, isText }]
  }),
)
