import type { Database, Params } from '../client/database.ts'
import { WarehouseError } from '../errors.ts'
import { withinBut } from '../sql/params.ts'

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
export const chanceClass = (table: string) => `toInt32(round(100 * log(greatest(${table}.propensity, 1e-9))))`

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
    WHERE e.workspace = {workspace:String} AND e.experience = {experience:String} AND NOT e.holdout AND ${withinBut('e.timestamp')}
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

/** A chance class is within it, whatever the chance: -2,072 to 0. */
const CHANCE = 65_536
/** Above all places of variants, since there are at most `MOST_CHANCES` arms. */
const NO_VARIANT = 65_535

/**
 * A number that tells an exposure's arm and version apart from all others, and its chance where these differ; `numbersOf` makes the
 * same of an arm. Whole numbers, since a text for each exposure takes half a second of a report on a million people.
 */
export const armCode = (table: string) =>
  `(toInt64(transform(${table}.version, {versions:Array(UInt32)}, {versionPlaces:Array(Int64)}, 0)) * ${CHANCE}
    + if(${table}.control, 0, toInt64(transform(${table}.variant, {variants:Array(String)}, {variantPlaces:Array(Int64)}, ${NO_VARIANT})))) * ${CHANCE}
    + if({byChance:Bool}, ${chanceClass(table)} + ${CHANCE / 2}, 0)`

/** Parameters that turn `armCode` into the number of the arm version (from 1) or of the arm. */
export function numbersOf(arms: readonly ArmVersion[]) {
  const versions = [...new Set(arms.map(({ version }) => version))]
  const variants = [...new Set(arms.flatMap(({ control, variant }) => (control ? [] : [variant])))]
  const codeOf = ({ version, control, variant, chance }: ArmVersion) => {
    const arm = (versions.indexOf(version) + 1) * CHANCE + (control ? 0 : variants.indexOf(variant) + 1)
    return arm * CHANCE + (chance === undefined ? 0 : chance + CHANCE / 2)
  }
  return {
    versions,
    versionPlaces: versions.map((_, index) => index + 1),
    variants,
    variantPlaces: variants.map((_, index) => index + 1),
    arms: arms.map(codeOf),
    numbers: arms.map((_, index) => index + 1),
    groups: arms.map(({ group }) => group),
    byChance: arms.some(({ chance }) => chance !== undefined),
  }
}
