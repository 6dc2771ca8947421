import type { Statistic } from '../definition/metric.ts'
import { type ArmStatistics, addArms } from './arm.ts'
import type { SegmentStatistics } from './drilldown.ts'
import { absoluteDifference } from './lift.ts'
import { randomEffects } from './randomEffects.ts'
import { armSample } from './sample.ts'

/**
 * A simple learner of what each variant does to whom, from the segments of a drill-down: for each variant the effect on
 * everybody, and for each dimension by how much the effect on a segment differs from it, pulled to 0 as far as chance
 * explains it. Scores add over dimensions. It sees one dimension at a time (no interplay of two), counts twice what two
 * dimensions say alike, and is therefore always to be judged on other people (`targeting.ts`, `qini.ts`).
 */
export interface UpliftModel {
  readonly variants: readonly UpliftOfVariant[]
}

export interface UpliftOfVariant {
  readonly variant: string
  /** The difference over the control group on everybody, in units of the KPI a person. */
  readonly overall: number
  /** What to add for each dimension's value; values not seen add nothing. */
  readonly effects: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** Variants without people, and without a control group all of them, are left out: nothing is known of them. */
export function learnUplift(segments: readonly SegmentStatistics[], type: Statistic): UpliftModel {
  const dimensions = [...new Set(segments.map(({ dimension }) => dimension))]
  const first = segments.filter(({ dimension }) => dimension === dimensions[0]).flatMap(({ arms }) => arms)
  const variants = new Set(first.filter(arm => !arm.control).map(arm => arm.variant))
  return {
    variants: [...variants].flatMap(variant => {
      const overall = difference(first, variant, type).value
      if (overall === null) return []
      const effects = dimensions.map(dimension => {
        const own = segments.filter(segment => segment.dimension === dimension)
        const { mean, shrunken } = randomEffects(own.map(({ arms }) => difference(arms, variant, type)))
        const deviations = own.map(({ value }, i) => [value, (shrunken[i] ?? mean ?? 0) - (mean ?? 0)] as const)
        return [dimension, Object.fromEntries(deviations)] as const
      })
      return [{ variant, overall, effects: Object.fromEntries(effects) }]
    }),
  }
}

/** What a variant is expected to do to somebody with these values, over the control group, in units of the KPI. */
export function upliftOf({ overall, effects }: UpliftOfVariant, person: Readonly<Record<string, string>>): number {
  return Object.entries(effects).reduce((sum, [dimension, byValue]) => {
    const value = person[dimension]
    return sum + ((value === undefined ? undefined : byValue[value]) ?? 0)
  }, overall)
}

/** What a variant costs a person, in units of the KPI: a discount, the cents of sending. */
export type VariantCosts = Readonly<Record<string, number>>

/** The variant that is expected to bring this person most after its cost; '' where none brings more than it costs. */
export function chooseByUplift(
  model: UpliftModel,
  person: Readonly<Record<string, string>>,
  { costs = {}, direction = 'up' }: { costs?: VariantCosts; direction?: 'up' | 'down' } = {},
): string {
  const sign = direction === 'up' ? 1 : -1
  let [best, chosen] = [0, '']
  for (const one of model.variants) {
    const gain = sign * upliftOf(one, person) - (costs[one.variant] ?? 0)
    if (gain > best) [best, chosen] = [gain, one.variant]
  }
  return chosen
}

function difference(arms: readonly ArmStatistics[], variant: string, type: Statistic) {
  const own = addArms(arms)
  const sampleOf = (arm: ArmStatistics | undefined) =>
    arm === undefined ? { n: 0, mean: Number.NaN, variance: 0 } : armSample(arm, type)
  const control = own.find(arm => arm.control)
  const treatment = own.find(arm => !arm.control && arm.variant === variant)
  return absoluteDifference(sampleOf(control), sampleOf(treatment))
}
