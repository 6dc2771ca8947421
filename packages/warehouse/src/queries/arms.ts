import type { Database, Params } from '../client/database.ts'
import { WarehouseError } from '../errors.ts'
import { within } from '../sql/params.ts'

/** An arm as one version of the experience had it; where chances differ within a version, the part of it with one chance. */
export interface ArmVersion {
  readonly control: boolean
  readonly variant: string
  readonly version: number
  /** Exposures in the range. */
  readonly exposures: number
  /** Mean over them. */
  readonly propensity: number
  /** Mean over them of 1 / propensity: what each of its people stands for. */
  readonly weight: number
  /** Class of the chance, where there are several in a version: a hundred to each factor of e. */
  readonly chance?: number
  /** When it was seen first and last. */
  readonly firstSeen: number
  readonly lastSeen: number
  /** The arm's number, the same in all versions. */
  readonly group: number
}

/** Their numbers must fit into 16 bits, and a report over more says nothing. */
const MOST = 5_000
const MOST_CHANCES = 60_000

/** Chances that differ by less are one: they come out of the same sum in another order. */
const SAME_CHANCE = 1e-9

/** Of one class the chances are within a hundredth of each other, and its people are weighted by their own on average. */
const chanceClass = (table: string) => `toInt32(round(100 * log(greatest(${table}.propensity, 1e-9))))`

/** The arms of an experience that were seen in the range, control first, then by variant and version. */
export async function armVersions(database: Database, scope: Params): Promise<ArmVersion[]> {
  const rows = await seen(database, scope, '', MOST)
  const differ = rows.some(({ least, most }) => most - least > SAME_CHANCE)
  const arms = differ ? await seen(database, scope, `, ${chanceClass('e')} AS chance`, MOST_CHANCES) : rows
  const groups = new Map<string, number>()
  return arms.map(({ least, most, ...row }) => {
    const arm = `${row.control} ${row.variant}`
    const group = groups.get(arm) ?? groups.size + 1
    groups.set(arm, group)
    return { ...row, group }
  })
}

type Seen = Omit<ArmVersion, 'group'> & { readonly least: number; readonly most: number }

async function seen(database: Database, scope: Params, chance: string, limit: number): Promise<Seen[]> {
  const rows = await database.rows<Seen>(
    `SELECT e.control AS control, if(e.control, '', e.variant) AS variant, e.version AS version, count() AS exposures,
      avg(e.propensity) AS propensity, avg(1 / greatest(e.propensity, 1e-9)) AS weight, min(e.propensity) AS least, max(e.propensity) AS most,
      toUnixTimestamp64Milli(min(e.timestamp)) AS firstSeen, toUnixTimestamp64Milli(max(e.timestamp)) AS lastSeen${chance}
    FROM exposures AS e
    WHERE e.workspace = {workspace:String} AND e.experience = {experience:String} AND NOT e.holdout AND ${within('e.timestamp')}
    GROUP BY control, variant, version${chance === '' ? '' : ', chance'}
    ORDER BY control DESC, variant, version${chance === '' ? '' : ', chance'}
    LIMIT ${limit + 1}`,
    scope,
  )
  if (rows.length > limit) {
    throw new WarehouseError(
      'invalid',
      `More than ${limit} arms in all versions of this experience. Ask for a shorter time.`,
    )
  }
  return rows
}

/**
 * Text that tells an exposure's arm and version apart from all others, and its chance where these differ; `textOf` makes the same.
 * Without them the engine leaves the logarithm out.
 */
export const armText = (table: string) =>
  `concat(toString(${table}.version), if(${table}.control, ' control', concat(' variant ', ${table}.variant)), if({byChance:Bool}, concat(' ', toString(${chanceClass(table)})), ''))`

const textOf = ({ version, control, variant, chance }: ArmVersion) =>
  `${version} ${control ? 'control' : `variant ${variant}`}${chance === undefined ? '' : ` ${chance}`}`

/** Parameters that turn `armText` into the number of the arm version (from 1) or of the arm. */
export function numbersOf(versions: readonly ArmVersion[]) {
  return {
    arms: versions.map(textOf),
    numbers: versions.map((_, index) => index + 1),
    groups: versions.map(version => version.group),
    byChance: versions.some(({ chance }) => chance !== undefined),
  }
}
