import type { Database } from '../../client/database.ts'
import { WarehouseError } from '../../errors.ts'
import { Binder, within } from '../../sql/params.ts'
import { chanceClass } from '../arms.ts'
import { type ProgrammeQuestion, scopeOf } from './question.ts'

/** What a cell is told by. Its number is its place in the list, from 1. */
export interface Arm {
  readonly experience: string
  readonly touchpoint: string
  readonly version: number
  readonly control: boolean
  readonly variant: string
  /** Of the control group of a version that has several chances, the class of this one: its people count by them. */
  readonly chance?: number
}

/** Chances of the control group that differ by less are one, as in `core/impact`. */
const SAME_SHARE = 1e-6

/** Their numbers must fit into 16 bits, and more say nothing to anybody. */
const MOST = 50_000

/** Everything that was seen in the time: of one millisecond control comes first, then the variants by name. */
export async function armsOf(database: Database, question: ProgrammeQuestion): Promise<Arm[]> {
  const rows = await seen(database, question)
  const uneven = unevenOf(rows)
  return (uneven.length === 0 ? rows : await seen(database, question, uneven)).map(({ least, most, ...arm }) => arm)
}

type Seen = Arm & { readonly least: number; readonly most: number }

async function seen(database: Database, question: ProgrammeQuestion, uneven: readonly string[] = []): Promise<Seen[]> {
  const binder = new Binder()
  const chance = uneven.length === 0 ? '' : ', chance'
  const rows = await database.rows<Seen>(
    `SELECT toString(e.experience) AS experience, toString(e.touchpoint) AS touchpoint, e.version AS version, e.control AS control,
      if(e.control, '', toString(e.variant)) AS variant, min(e.propensity) AS least, max(e.propensity) AS most
      ${chance === '' ? '' : `, if(${isUneven(uneven, binder)}, toNullable(${chanceClass('e')}), NULL) AS chance`}
    FROM exposures AS e WHERE ${inScope}
    GROUP BY experience, touchpoint, version, control, variant${chance}
    ORDER BY control DESC, variant, touchpoint, version, experience${chance}
    LIMIT ${MOST + 1}`,
    { ...binder.params, ...scopeOf(question) },
  )
  if (rows.length > MOST) {
    throw new WarehouseError('invalid', `More than ${MOST} groups in this report. Ask for a shorter time.`)
  }
  return rows.map(({ chance, ...row }) => ({ ...row, ...(chance != null && { chance }) }))
}

/** Versions of which the control group has several chances. */
function unevenOf(rows: readonly Seen[]): string[] {
  const chances = new Map<string, { least: number; most: number }>()
  for (const { control, least, most, ...arm } of rows) {
    if (!control) continue
    const known = chances.get(versionOf(arm)) ?? { least, most }
    chances.set(versionOf(arm), { least: Math.min(known.least, least), most: Math.max(known.most, most) })
  }
  return [...chances].flatMap(([version, { least, most }]) => (most - least < SAME_SHARE ? [] : [version])).sort()
}

/** Keys hold no blanks. */
const versionOf = ({ experience, version }: Pick<Arm, 'experience' | 'version'>) => `${version} ${experience}`

const isUneven = (uneven: readonly string[], binder: Binder) =>
  `e.control AND has(${binder.bind('Array(String)', uneven)}, concat(toString(e.version), ' ', e.experience))`

/** Exposures that count: who was held out is left out. */
export const inScope = `e.workspace = {workspace:String} AND e.experience != '' AND NOT e.holdout AND ${within('e.timestamp')}`

/** Text of an exposure that tells its arm from all others; `textOf` makes the same. */
export function armText(arms: readonly Arm[], binder: Binder): string {
  const uneven = [...new Set(arms.filter(({ chance }) => chance !== undefined).map(versionOf))]
  const chance =
    uneven.length === 0 ? '' : `, if(${isUneven(uneven, binder)}, concat(' ', toString(${chanceClass('e')})), '')`
  return `concat(toString(e.version), if(e.control, ' control ', concat(' ', e.variant, ' ')), e.touchpoint, ' ', e.experience${chance})`
}

export const textOf = ({ chance, ...arm }: Arm) =>
  `${arm.version} ${arm.control ? 'control' : arm.variant} ${arm.touchpoint} ${arm.experience}${chance === undefined ? '' : ` ${chance}`}`
