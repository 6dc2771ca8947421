import { type Cell, NOBODY, type ValueSums } from '@espalier/core/impact'
import type { Database } from '../../client/database.ts'
import type { PricedQuestion, ProgrammeStatistics } from './question.ts'
import { type SumsRow, sumsOf } from './sums.ts'
import { CELL, holdoutUnitsSql, unitsInSegmentsSql, unitsSql } from './units.ts'

export async function cellsOf(database: Database, question: PricedQuestion): Promise<Cell[]> {
  const rows = await sumsOf(database, question, { units: () => unitsSql, keys: CELL, weighted: true })
  return rows.map(cell)
}

/** The cells with what was done in each week or month; a cell in which nothing happened then has sums of 0. */
export async function periodsOf(
  database: Database,
  question: PricedQuestion,
  cells: readonly Cell[],
): Promise<ProgrammeStatistics['periods']> {
  const at = "fromUnixTimestamp64Milli(f.at, 'UTC')"
  const start =
    question.by === 'week' ? `toStartOfWeek(${at}, 1, {zone:String})` : `toStartOfMonth(${at}, {zone:String})`
  const rows = await sumsOf(database, question, { units: () => unitsSql, keys: CELL, part: `toString(${start})` })
  const periods = [...new Set(rows.map(({ part }) => String(part)))].sort()
  return periods.map(period => {
    const done = new Map(rows.filter(({ part }) => part === period).map(row => [keyOf(row as unknown as Cell), row]))
    return {
      period,
      cells: cells.map(({ weighted: _, ...one }) => {
        const row = done.get(keyOf(one))
        return { ...one, sums: { ...(row === undefined ? NOBODY : sums(row)), people: one.sums.people } }
      }),
    }
  })
}

export async function segmentsOf(
  database: Database,
  question: PricedQuestion,
): Promise<ProgrammeStatistics['segments']> {
  const { segments } = question
  if (segments.length === 0) return []
  const rows = await sumsOf(database, question, {
    units: binder => unitsInSegmentsSql(segments, binder),
    keys: [...CELL, 'segment'],
    weighted: true,
  })
  return [...new Set(rows.map(({ segment }) => String(segment)))].sort().map(segment => ({
    segment,
    cells: rows.filter(row => row.segment === segment).map(row => cell(row)),
  }))
}

export async function holdoutOf(database: Database, question: PricedQuestion): Promise<ProgrammeStatistics['holdout']> {
  const rows = await sumsOf(database, question, {
    units: () => holdoutUnitsSql,
    keys: ['quarter', 'held'],
    counts: "toString(toStartOfQuarter(fromUnixTimestamp64Milli(f.at, 'UTC'), {zone:String})) = u.quarter",
  })
  return rows.map(row => ({ quarter: String(row.quarter), heldOut: Boolean(row.held), sums: sums(row) }))
}

const keyOf = ({ experience, touchpoint, version, control, variant }: Omit<Cell, 'sums' | 'propensity'>) =>
  JSON.stringify([experience, touchpoint, Number(version), Boolean(control), variant])

function cell(row: SumsRow): Cell {
  return {
    experience: String(row.experience),
    touchpoint: String(row.touchpoint),
    version: Number(row.version),
    control: Boolean(row.control),
    variant: String(row.variant),
    propensity: Number(row.propensity),
    sums: sums(row),
    ...(!row.control && {
      weighted: {
        weight: Number(row.weight),
        weightSquares: Number(row.weightSquares),
        kpi: Number(row.weightedKpi),
        kpiSquares: Number(row.weightedKpiSquares),
        squaredKpi: Number(row.squaredKpi),
        squaredKpiSquares: Number(row.squaredKpiSquares),
      },
    }),
  }
}

function sums(row: SumsRow): ValueSums {
  const names = Object.keys(NOBODY) as (keyof ValueSums)[]
  return Object.fromEntries(names.map(name => [name, Number(row[name] ?? 0)])) as unknown as ValueSums
}
