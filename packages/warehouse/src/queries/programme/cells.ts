import { type Cell, type HoldoutSums, NOBODY, type ValueSums } from '@espalier/core/impact'
import type { Database } from '../../client/database.ts'
import type { Arm } from './arms.ts'
import type { PricedQuestion, ProgrammeStatistics } from './question.ts'
import { type SeenRow, type SumsRow, seenOf, sumsOf } from './sums.ts'
import { drawsOf, holdoutUnitsSql, inOwnDraw, unitsInSegmentsSql, unitsSql } from './units.ts'

/** The cells, and the same with what was done in each week or month; where nothing was done then, sums are 0. */
export async function cellsOf(
  database: Database,
  question: PricedQuestion,
  arms: readonly Arm[],
): Promise<Pick<ProgrammeStatistics, 'cells' | 'periods'>> {
  const at = "fromUnixTimestamp64Milli(f.at, 'UTC')"
  const start =
    question.by === 'week' ? `toStartOfWeek(${at}, 1, {zone:String})` : `toStartOfMonth(${at}, {zone:String})`
  const query = { units: unitsSql.bind(undefined, arms), part: `toString(${start})` }
  const seen = await seenOf(database, question, query)
  const rows = await sumsOf(database, question, query)
  const periods = [...new Set(rows.map(({ part }) => part))].filter(part => part !== '').sort()
  return {
    cells: cellsIn(
      arms,
      seen,
      rows.filter(({ part }) => part === ''),
    ),
    periods: periods.map(period => {
      const done = rows.filter(({ part }) => part === period)
      return { period, cells: cellsIn(arms, seen, done).map(({ weighted: _, ...cell }) => cell) }
    }),
  }
}

export async function segmentsOf(
  database: Database,
  question: PricedQuestion,
  arms: readonly Arm[],
): Promise<ProgrammeStatistics['segments']> {
  const { segments } = question
  if (segments.length === 0) return []
  const query = {
    units: (binder: Parameters<typeof unitsSql>[1]) => unitsInSegmentsSql(arms, segments, binder),
    segments: true,
  }
  const seen = await seenOf(database, question, query)
  if (seen.length === 0) return []
  const rows = await sumsOf(database, question, query)
  return [...new Set(seen.map(({ segment }) => segment))].sort().map(segment => {
    const isHere = (row: { segment: string }) => row.segment === segment
    return { segment, cells: cellsIn(arms, seen.filter(isHere), rows.filter(isHere)) }
  })
}

export async function holdoutOf(database: Database, question: PricedQuestion): Promise<ProgrammeStatistics['holdout']> {
  const query = { units: () => holdoutUnitsSql, counts: inOwnDraw }
  const seen = await seenOf(database, question, query)
  const rows = await sumsOf(database, question, query)
  const drawOf = drawsOf(question.zone, question.shareChanges ?? [])
  return seen.map(({ number, people, weight, weightSquares }): HoldoutSums => {
    const { elsewhere, ...draw } = drawOf(number)
    return {
      ...draw,
      ...(elsewhere && { elsewhere }),
      ...(draw.heldOut && !elsewhere && { weights: { sum: weight, sumSquares: weightSquares } }),
      sums: sumsIn(
        people,
        rows.find(row => row.number === number),
      ),
    }
  })
}

/** In the order of their keys. */
function cellsIn(arms: readonly Arm[], seen: readonly SeenRow[], rows: readonly SumsRow[]): Cell[] {
  const done = new Map(rows.map(row => [row.number, row]))
  const cells = seen.flatMap(({ number, people, propensity, weight, weightSquares }): Cell[] => {
    const arm = arms[number - 1]
    const row = done.get(number)
    if (arm === undefined) return []
    const { chance: _, ...rest } = arm
    return [
      {
        ...rest,
        propensity,
        sums: sumsIn(people, row),
        ...(!arm.control && {
          weighted: {
            weight,
            weightSquares,
            kpi: row?.n_weightedKpi ?? 0,
            kpiSquares: row?.n_weightedKpiSquares ?? 0,
            squaredKpi: row?.n_squaredKpi ?? 0,
            squaredKpiSquares: row?.n_squaredKpiSquares ?? 0,
          },
        }),
      },
    ]
  })
  return cells.sort((a, b) => (keyOf(a) === keyOf(b) ? a.propensity - b.propensity : keyOf(a) < keyOf(b) ? -1 : 1))
}

const keyOf = ({ experience, touchpoint, version, control, variant }: Arm) =>
  [experience, touchpoint, String(version).padStart(10, '0'), control ? 1 : 0, variant].join(' ')

function sumsIn(people: number, row: SumsRow | undefined): ValueSums {
  const names = Object.keys(NOBODY) as (keyof ValueSums)[]
  const sums = Object.fromEntries(names.map(name => [name, row?.[`n_${name}`] ?? 0])) as unknown as ValueSums
  return { ...sums, people }
}
