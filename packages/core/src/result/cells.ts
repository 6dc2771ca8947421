import { type ArmStatistics, addArmsByStratum } from '../experiment/arm.ts'
import type { SegmentStatistics } from '../experiment/drilldown.ts'

/** One arm of the people with one combination of values, and of one half of all people, drawn by lot. */
export interface EvidenceCell {
  readonly values: readonly string[]
  readonly half: 0 | 1
  readonly arm: ArmStatistics
}

/** The segments of each dimension: statistics of disjoint people add. */
export function segmentsOf(names: readonly string[], cells: readonly EvidenceCell[]): SegmentStatistics[] {
  return names.flatMap((dimension, index) => {
    const byValue = new Map<string, ArmStatistics[]>()
    for (const { values, arm } of cells) {
      const value = values[index] ?? ''
      byValue.set(value, [...(byValue.get(value) ?? []), arm])
    }
    return [...byValue].map(([value, arms]) => ({ dimension, value, arms: addArmsByStratum(arms) }))
  })
}
