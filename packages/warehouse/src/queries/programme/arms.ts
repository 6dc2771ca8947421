import type { Database } from '../../client/database.ts'
import { WarehouseError } from '../../errors.ts'
import { within } from '../../sql/params.ts'
import { type ProgrammeQuestion, scopeOf } from './question.ts'

/** What a cell is told by. Its number is its place in the list, from 1. */
export interface Arm {
  readonly experience: string
  readonly touchpoint: string
  readonly version: number
  readonly control: boolean
  readonly variant: string
}

/** Their numbers must fit into 16 bits, and more say nothing to anybody. */
const MOST = 50_000

/** Everything that was seen in the time: of one millisecond control comes first, then the variants by name. */
export async function armsOf(database: Database, question: ProgrammeQuestion): Promise<Arm[]> {
  const rows = await database.rows<Arm>(
    `SELECT toString(e.experience) AS experience, toString(e.touchpoint) AS touchpoint, e.version AS version, e.control AS control,
      if(e.control, '', toString(e.variant)) AS variant
    FROM exposures AS e WHERE ${inScope}
    GROUP BY experience, touchpoint, version, control, variant
    ORDER BY control DESC, variant, touchpoint, version, experience
    LIMIT ${MOST + 1}`,
    scopeOf(question),
  )
  if (rows.length > MOST) {
    throw new WarehouseError('invalid', `More than ${MOST} groups in this report. Ask for a shorter time.`)
  }
  return rows
}

/** Exposures that count: who was held out is left out. */
export const inScope = `e.workspace = {workspace:String} AND e.experience != '' AND NOT e.holdout AND ${within('e.timestamp')}`

/** Text of an exposure that tells its arm from all others; `textOf` makes the same. */
export const armText = `concat(toString(e.version), if(e.control, ' control ', concat(' ', e.variant, ' ')), e.touchpoint, ' ', e.experience)`

/** Keys hold no blanks. */
export const textOf = ({ experience, touchpoint, version, control, variant }: Arm) =>
  `${version} ${control ? 'control' : variant} ${touchpoint} ${experience}`
