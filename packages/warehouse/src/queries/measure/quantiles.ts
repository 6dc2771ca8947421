import type { Metric } from '@espalier/core/definition'
import type { QuantileStatistics, QuantilesByArm } from '@espalier/core/experiment'
import type { ArmVersion } from '../arms.ts'
import { ALL_VARIANTS, CONTROL, type Quantile, type QuantileField } from './quantile.ts'

/** Rows of `ByArm` as quantiles by arm. */
export function quantilesOf(
  rows: readonly Readonly<Record<string, number | null>>[],
  quantile: Quantile,
  metric: Metric,
  versions: readonly ArmVersion[],
  isWeighted = false,
): QuantilesByArm {
  const statisticsOf = (arm: number, control: boolean, variant: string): QuantileStatistics[] =>
    rows.flatMap(row => {
      const of = (field: QuantileField) => row[quantile.column(field)] ?? 0
      if (row.arm !== arm || of('count') === 0) return []
      return {
        variant,
        control,
        level: metric.level ?? 0.5,
        count: of('count'),
        value: of('value'),
        lower: of('lower'),
        upper: of('upper'),
        clusters: {
          people: of('people'),
          ...(isWeighted && { total: of('total') }),
          below: of('below'),
          belowSquares: of('belowSquares'),
          countSquares: of('countSquares'),
          belowTimesCount: of('belowTimesCount'),
        },
      }
    })
  const groups = new Map(versions.map(version => [version.control ? CONTROL : version.group, version]))
  return {
    arms: [...groups].flatMap(([group, { control, variant }]) => statisticsOf(group, control, variant)),
    together: statisticsOf(ALL_VARIANTS, false, '')[0] ?? null,
  }
}
