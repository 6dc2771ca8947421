import type { Cell } from './cell.ts'
import { NOBODY, type ValueSums } from './sums.ts'

/** For tests: what one person did in the time. */
export interface Person {
  readonly kpi?: number
  /** Of their one order; they bought where there is one. */
  readonly paid?: number
  readonly discount?: number
  readonly margin?: number
  readonly sends?: number
  /** Their chance of the arm they are in. */
  readonly chance?: number
}

/** For tests: sums person by person, as the warehouse would deliver them. The KPI is what they paid unless given. */
export function sumsOfPeople(people: readonly Person[]): ValueSums {
  const sums: Record<keyof ValueSums, number> = { ...NOBODY }
  for (const { paid, discount = 0, margin = 0, sends = 0, kpi = paid ?? 0 } of people) {
    sums.people += 1
    sums.buyers += paid === undefined ? 0 : 1
    sums.orders += paid === undefined ? 0 : 1
    const totals = { kpi, revenue: paid ?? 0, margin, discounts: discount, sends, net: margin - discount - sends }
    for (const [name, value] of Object.entries(totals) as ['kpi', number][]) {
      sums[name] += value
      sums[`${name}Squares`] += value ** 2
    }
  }
  return sums
}

/** For tests: a cell of people, with their weights where they have chances. */
export function cellOf(people: readonly Person[], rest: Partial<Cell> = {}): Cell {
  const { control = false } = rest
  const sum = (of: (w: number, kpi: number) => number) =>
    people.reduce((all, { chance = 1, paid, kpi = paid ?? 0 }) => all + of(1 / chance, kpi), 0)
  return {
    experience: 'hero',
    touchpoint: 'home.hero',
    version: 1,
    control,
    variant: control ? '' : 'a',
    propensity: control ? 0.1 : 0.9,
    sums: sumsOfPeople(people),
    ...(!control && {
      weighted: {
        weight: sum(w => w),
        weightSquares: sum(w => w ** 2),
        kpi: sum((w, y) => w * y),
        kpiSquares: sum((w, y) => w * y ** 2),
        squaredKpi: sum((w, y) => w ** 2 * y),
        squaredKpiSquares: sum((w, y) => w ** 2 * y ** 2),
      },
    }),
    ...rest,
  }
}
