import type { Database, Params } from '../client/database.ts'
import { WarehouseError } from '../errors.ts'
import { within } from './params.ts'

/** An arm as one version of the experience had it. */
export interface ArmVersion {
  readonly control: boolean
  readonly variant: string
  readonly version: number
  /** Mean over its exposures in the range. */
  readonly propensity: number
  /** When it was seen first and last. */
  readonly firstSeen: number
  readonly lastSeen: number
  /** The arm's number, the same in all versions. */
  readonly group: number
}

/** Their numbers must fit into 16 bits, and a report over more says nothing. */
const MOST = 5_000

/** The arms of an experience that were seen in the range, control first, then by variant and version. */
export async function armVersions(database: Database, scope: Params): Promise<ArmVersion[]> {
  const rows = await database.rows<Omit<ArmVersion, 'group'>>(
    `SELECT e.control AS control, if(e.control, '', e.variant) AS variant, e.version AS version, avg(e.propensity) AS propensity,
      toUnixTimestamp64Milli(min(e.timestamp)) AS firstSeen, toUnixTimestamp64Milli(max(e.timestamp)) AS lastSeen
    FROM exposures AS e
    WHERE e.workspace = {workspace:String} AND e.experience = {experience:String} AND NOT e.holdout AND ${within('e.timestamp')}
    GROUP BY control, variant, version
    ORDER BY control DESC, variant, version
    LIMIT ${MOST + 1}`,
    scope,
  )
  if (rows.length > MOST) {
    throw new WarehouseError(
      'invalid',
      `More than ${MOST} arms in all versions of this experience. Ask for a shorter time.`,
    )
  }
  const groups = new Map<string, number>()
  return rows.map(row => {
    const arm = `${row.control} ${row.variant}`
    const group = groups.get(arm) ?? groups.size + 1
    groups.set(arm, group)
    return { ...row, group }
  })
}

/** Text that tells an exposure's arm and version apart from all others; `textOf` makes the same. */
export const armText = (table: string) =>
  `concat(toString(${table}.version), if(${table}.control, ' control', concat(' variant ', ${table}.variant)))`

const textOf = ({ version, control, variant }: ArmVersion) => `${version} ${control ? 'control' : `variant ${variant}`}`

/** Parameters that turn `armText` into the number of the arm version (from 1) or of the arm. */
export function numbersOf(versions: readonly ArmVersion[]): { arms: string[]; numbers: number[]; groups: number[] } {
  return {
    arms: versions.map(textOf),
    numbers: versions.map((_, index) => index + 1),
    groups: versions.map(version => version.group),
  }
}
