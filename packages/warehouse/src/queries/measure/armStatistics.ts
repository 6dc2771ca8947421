import type { Metric } from '@espalier/core/definition'
import { isClosedOnly, statisticOf } from '@espalier/core/definition'
import { type ArmStatistics, addArms, addArmsByStratum } from '@espalier/core/experiment'
import type { ArmVersion } from '../arms.ts'
import { certainOf, strataOf, weightsOf } from './chances.ts'
import { NOTHING, type Sums } from './sums.ts'

/**
 * The arms over all versions, control first, then by variant. `byChance`: the same people as they are to be compared where the arms'
 * chances changed, by strata of versions in which they did not, and weighted by chance where they changed within.
 */
export function armStatistics(
  versions: readonly ArmVersion[],
  metric: Metric,
  sums: ReadonlyMap<number, Sums>,
): { readonly arms: ArmStatistics[]; readonly byChance?: ArmStatistics[] } {
  const people = versions.map((_, index) => sums.get(index + 1)?.people ?? 0)
  const certain = certainOf(versions)
  const expected = expectedPeople(versions, people, certain)
  const all = versions.map((version, index): ArmStatistics => {
    return {
      variant: version.variant,
      control: version.control,
      ...measuredArm(metric, sums.get(index + 1) ?? NOTHING),
      expected: expected[index] ?? 0,
      ...(certain[index] && { certain: true }),
    }
  })
  const arms = addArms(all)
  const weighted = versions.some(({ chance }) => chance !== undefined)
  const strata = strataOf(versions, people)
  const several = new Set(strata.values()).size > 1
  if (!weighted && !several) return { arms }
  const byChance = all.map((arm, index) => ({
    ...arm,
    ...(weighted && { weights: weightsOf(arm, versions[index]!.weight) }),
    ...(several && { stratum: strata.get(versions[index]!.version)! }),
  }))
  return { arms, byChance: addArmsByStratum(byChance) }
}

type Measured = Omit<ArmStatistics, 'variant' | 'control' | 'expected'>

/** What the sums of one metric say of an arm. */
export function measuredArm(metric: Metric, sums: Sums): Measured {
  const arm = statisticsOf(metric, sums)
  return metric.absent ? absence(arm) : arm
}

function statisticsOf(metric: Metric, sums: Sums): Measured {
  const ratio = statisticOf(metric) === 'mean'
  return {
    people: sums.people,
    exposures: sums.exposures,
    conversions: sums.conversions,
    sum: sums.sum,
    sumSquares: sums.sumSquares,
    ...(ratio && {
      denominatorSum: sums.denominatorSum,
      denominatorSumSquares: sums.denominatorSumSquares,
      crossSum: sums.crossSum,
    }),
    ...(metric.covariate !== undefined && {
      covariate: {
        sum: sums.beforeSum,
        sumSquares: sums.beforeSquares,
        crossSum: sums.beforeCross,
        ...(ratio && {
          ratio: {
            denominatorSum: sums.beforeDenominatorSum,
            denominatorSumSquares: sums.beforeDenominatorSquares,
            crossSum: sums.beforeOwnCross,
            valueDenominatorSum: sums.valueDenominator,
            denominatorValueSum: sums.denominatorValue,
            denominatorsSum: sums.denominators,
          },
        }),
      },
    }),
    ...(metric.winsorize !== undefined && { capped: { people: sums.cappedPeople, excess: sums.excess } }),
    ...(metric.window !== undefined && { matured: sums.matured }),
    ...(isClosedOnly(metric) && { open: sums.open }),
    crossed: sums.crossed,
  }
}

/** Of those who did not do it, from the sums of those who did: 1 - value for everybody. */
function absence(arm: Measured): Measured {
  const left = arm.people - arm.sum
  return {
    ...arm,
    conversions: left,
    sum: left,
    sumSquares: left,
    ...(arm.covariate && {
      covariate: { ...arm.covariate, crossSum: arm.covariate.sum - arm.covariate.crossSum },
    }),
  }
}

/**
 * Of the people who came in under one version of the experience, each arm's share by its mean propensity in that version. Where who got which
 * variant was certain, chance only says how many are in the control group; the others are expected to be as they are.
 */
function expectedPeople(
  versions: readonly ArmVersion[],
  peopleOf: readonly number[],
  certain: readonly boolean[],
): number[] {
  const people = new Map<number, number>()
  const arms = new Map<string, { propensity: number; exposures: number }>()
  const keyOf = ({ version, group }: ArmVersion) => `${version} ${group}`
  versions.forEach((row, index) => {
    people.set(row.version, (people.get(row.version) ?? 0) + (peopleOf[index] ?? 0))
    const { propensity, exposures } = arms.get(keyOf(row)) ?? { propensity: 0, exposures: 0 }
    arms.set(keyOf(row), {
      propensity: propensity + row.propensity * row.exposures,
      exposures: exposures + row.exposures,
    })
  })
  const shares = new Map<number, number>()
  const meanOf = (row: ArmVersion) => arms.get(keyOf(row))!.propensity / arms.get(keyOf(row))!.exposures
  const parts = versions.map(row => row.exposures / arms.get(keyOf(row))!.exposures)
  versions.forEach((row, index) => {
    shares.set(row.version, (shares.get(row.version) ?? 0) + meanOf(row) * parts[index]!)
  })
  const fixed = new Set(versions.flatMap(({ version }, index) => (certain[index] ? [version] : [])))
  return versions.map((row, index) => {
    if (fixed.has(row.version)) {
      const inVersion = versions.flatMap((other, i) => (other.version === row.version ? [{ other, i }] : []))
      const control = inVersion.find(({ other }) => other.control)
      const left = control === undefined ? 0 : meanOf(control.other)
      const whole = people.get(row.version) ?? 0
      if (row.control) return whole * left * parts[index]!
      const treated = inVersion.reduce((sum, { other, i }) => sum + (other.control ? 0 : (peopleOf[i] ?? 0)), 0)
      return treated > 0 ? (whole * (1 - left) * (peopleOf[index] ?? 0)) / treated : 0
    }
    const all = shares.get(row.version) ?? 0
    return all > 0 ? ((people.get(row.version) ?? 0) * meanOf(row) * parts[index]!) / all : 0
  })
}
