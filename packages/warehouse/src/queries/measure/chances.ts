import type { ArmStatistics, WeightSums } from '@espalier/core/experiment'
import type { ArmVersion } from '../arms.ts'

/** Sums weighted by the 1 / chance that is the same for all people of the arm. */
export function weightsOf(arm: Omit<ArmStatistics, 'weights'>, weight: number): WeightSums {
  const { people, sum, sumSquares, denominatorSum, denominatorSumSquares = 0, crossSum = 0, covariate } = arm
  const square = weight ** 2
  return {
    sum: weight * people,
    sumSquares: square * people,
    valueSum: weight * sum,
    valueSumSquares: square * sumSquares,
    valueCrossSum: square * sum,
    ...(denominatorSum !== undefined && {
      denominatorSum: weight * denominatorSum,
      denominatorSumSquares: square * denominatorSumSquares,
      ratioCrossSum: square * crossSum,
    }),
    ...(covariate && beforeOf(covariate, weight)),
  }
}

function beforeOf(covariate: NonNullable<ArmStatistics['covariate']>, weight: number): Partial<WeightSums> {
  const { sum, sumSquares, crossSum, ratio } = covariate
  const square = weight ** 2
  return {
    beforeSum: weight * sum,
    beforeSumSquares: square * sumSquares,
    beforeCrossSum: square * sum,
    productSum: square * crossSum,
    ...(ratio && {
      beforeDenominatorSum: weight * ratio.denominatorSum,
      beforeDenominatorSumSquares: square * ratio.denominatorSumSquares,
      beforeRatioCrossSum: square * ratio.crossSum,
      valueBeforeDenominatorSum: square * ratio.valueDenominatorSum,
      denominatorBeforeSum: square * ratio.denominatorValueSum,
      denominatorsSum: square * ratio.denominatorsSum,
    }),
  }
}

/** An arm that ought to have had fewer people than this may have had none by chance. */
const MAY_BE_NOBODY = 10

/** Chances that are written down with four digits are told apart. */
const SAME_CHANCE = 1e-5

/**
 * Of each row whether its people could have got nothing else but the control group, while others of the same version got other arms: as of
 * rules, and of a rollout that has reached everybody. They had the whole chance that the control group leaves.
 */
export function certainOf(versions: readonly ArmVersion[]): boolean[] {
  const left = new Map<number, number>()
  const groups = new Map<number, Set<number>>()
  const shares = new Map<number, number>()
  for (const { version, control, group, propensity } of versions) {
    if (control) left.set(version, Math.max(left.get(version) ?? 0, 1 - propensity))
    else {
      shares.set(version, (shares.get(version) ?? 0) + propensity)
      groups.set(version, (groups.get(version) ?? new Set()).add(group))
    }
  }
  return versions.map(({ version, control, propensity, chance }) => {
    if (control || groups.get(version)!.size < 2) return false
    const whole = left.get(version)
    if (whole !== undefined) return Math.abs(propensity - whole) < SAME_CHANCE
    // Nobody of the control group was seen: chances that are more than one together are not of the same people.
    return chance === undefined && shares.get(version)! > 1 + SAME_CHANCE
  })
}

interface Known {
  /** By arm: its chance, or null where it differs from person to person. */
  readonly chances: Map<number, number | null>
  people: number
}

/**
 * The stratum of each version: versions whose arms have the same chances are one, so that a new name or text divides nobody. Where
 * chances of variants differ from person to person the weights make up for that; but an arm that a version did not have can be
 * compared only with those who came while it was there, and all variants together only where one chance left people out.
 */
export function strataOf(versions: readonly ArmVersion[], people: readonly number[]): Map<number, string> {
  const byVersion = new Map<number, Known>()
  versions.forEach((row, index) => {
    const known = byVersion.get(row.version) ?? { chances: new Map(), people: 0 }
    byVersion.set(row.version, known)
    known.people += people[index] ?? 0
    // Of a control group with one chance in the version that is known though those of the variants differ.
    const differs = known.chances.has(row.group) || (row.chance !== undefined && !row.control)
    known.chances.set(row.group, differs ? null : row.propensity)
  })
  const strata: Known[] = []
  const found = new Map<number, string>()
  for (const [version, own] of [...byVersion].sort(([a], [b]) => a - b)) {
    const index = strata.findIndex(stratum => areAlike(stratum, own))
    const stratum = strata[index]
    found.set(version, String(stratum === undefined ? strata.length : index))
    if (stratum === undefined) strata.push(own)
    else {
      stratum.people += own.people
      for (const [arm, chance] of own.chances) stratum.chances.set(arm, stratum.chances.get(arm) ?? chance)
    }
  }
  return found
}

function areAlike(a: Known, b: Known): boolean {
  const arms = new Set([...a.chances.keys(), ...b.chances.keys()])
  return [...arms].every(arm => {
    const [one, other] = [a.chances.get(arm), b.chances.get(arm)]
    if (one === undefined) return a.people * (other ?? 1) < MAY_BE_NOBODY
    if (other === undefined) return b.people * (one ?? 1) < MAY_BE_NOBODY
    return one === null || other === null || Math.abs(one - other) < SAME_CHANCE
  })
}
