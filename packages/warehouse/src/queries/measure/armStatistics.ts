import type { Metric } from '@espalier/core/definition'
import { statisticOf } from '@espalier/core/definition'
import { type ArmStatistics, addArms } from '@espalier/core/experiment'
import type { ArmVersion } from '../arms.ts'
import { NOTHING, type Sums } from './sums.ts'

/** The arms over all versions, control first, then by variant. */
export function armStatistics(
  versions: readonly ArmVersion[],
  metric: Metric,
  sums: ReadonlyMap<number, Sums>,
): ArmStatistics[] {
  const peopleOf = (index: number) => sums.get(index + 1)?.people ?? 0
  const expected = expectedPeople(versions, peopleOf)
  return addArms(
    versions.map((version, index) => {
      const arm = statisticsOf(metric, sums.get(index + 1) ?? NOTHING)
      return {
        variant: version.variant,
        control: version.control,
        ...(metric.absent ? absence(arm) : arm),
        expected: expected[index] ?? 0,
      }
    }),
  )
}

type Measured = Omit<ArmStatistics, 'variant' | 'control' | 'expected'>

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

/** Of the people who came in under one version of the experience, each arm's share by its propensity in that version. */
function expectedPeople(versions: readonly ArmVersion[], peopleOf: (index: number) => number): number[] {
  const people = new Map<number, number>()
  const shares = new Map<number, number>()
  versions.forEach(({ version, propensity }, index) => {
    people.set(version, (people.get(version) ?? 0) + peopleOf(index))
    shares.set(version, (shares.get(version) ?? 0) + propensity)
  })
  return versions.map(({ version, propensity }) => {
    const all = shares.get(version) ?? 0
    return all > 0 ? ((people.get(version) ?? 0) * propensity) / all : 0
  })
}
