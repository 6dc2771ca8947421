import type { Statistic } from '../definition/metric.ts'
import { type Drilldown, type DrilldownOptions, drilldown } from '../experiment/drilldown.ts'
import { formatPercent } from '../experiment/sentence.ts'
import { many } from '../words.ts'
import { type EvidenceCell, segmentsOf } from './cells.ts'
import { type Rule, ruleOf } from './rule.ts'

export interface Evidence {
  readonly by: readonly string[]
  /** Which segments responded best, corrected for having looked at many. */
  readonly drilldown: Drilldown
  /** A rule that gives everybody what is best for them, learned on one half of the people and judged on the other; null where it cannot be. */
  readonly rule: Rule | null
  readonly sentence: string
}

/** Of more values than these the rarest are taken together. */
export const MOST_VALUES = 12
export const OTHER = 'other'

export interface EvidenceOptions extends DrilldownOptions {
  /** What the KPI is made of: a rule is judged by a KPI a person. */
  readonly type: Statistic
}

/** `names`: of the dimensions, in the order of the cells' values. */
export function evidenceOf(
  names: readonly string[],
  cells: readonly EvidenceCell[],
  options: EvidenceOptions,
): Evidence {
  const folded = fold(names.length, cells)
  const found = drilldown(segmentsOf(names, folded), options)
  return {
    by: names,
    drilldown: found,
    rule: ruleOf(names, folded, options),
    sentence: sentenceOf(found),
  }
}

function fold(dimensions: number, cells: readonly EvidenceCell[]): EvidenceCell[] {
  const kept = Array.from({ length: dimensions }, (_, index) => {
    const people = new Map<string, number>()
    for (const { values, arm } of cells) {
      people.set(values[index]!, (people.get(values[index]!) ?? 0) + arm.people)
    }
    const most = [...people].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, MOST_VALUES)
    return new Set(most.map(([value]) => value))
  })
  return cells.map(cell => ({
    ...cell,
    values: cell.values.map((value, index) => (kept[index]?.has(value) ? value : OTHER)),
  }))
}

function sentenceOf({ best, comparisons, dimensions }: Drilldown): string {
  if (comparisons === 0) return 'Nothing can be compared yet.'
  const [first] = best
  if (first === undefined) {
    const worse = dimensions.flatMap(({ segments }) => segments).find(({ responds }) => responds === 'worse')
    return worse === undefined
      ? `No segment responds otherwise than the rest, as far as ${many(comparisons, 'comparison')} can tell.`
      : `${worse.dimension} ${worse.value} responds worse than the rest, corrected for ${many(comparisons, 'comparison')}.`
  }
  const lift = first.lift.value === null ? '' : `, a lift of ${formatPercent(first.lift.value)}`
  return `${first.dimension} ${first.value} responds best${lift}, corrected for ${many(comparisons, 'comparison')}.`
}
