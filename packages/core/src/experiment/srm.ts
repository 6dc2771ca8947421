import { chiSquareSurvival } from '../numeric/chiSquare.ts'
import { solveSymmetric } from '../numeric/solve.ts'

/** An arm's people against the people to expect by design, relative to the other arms. */
export interface Allocation {
  readonly people: number
  /** Where chances change from person to person (a bandit, a rollout): the sum over people of their chance of this arm. */
  readonly expected: number
  /**
   * For chances that differ between people: over all people, the sum of their chance of this arm times their chance of each
   * arm, in the order of the arms. With it the spread to expect is exact; without it, it is that of equal chances, which
   * finds less where chances are near 0 and 1 (never more).
   */
  readonly chanceProducts?: readonly number[]
}

/**
 * Do the arms' sizes agree with the design (sample-ratio check)? A mismatch means that people were lost or kept unequally,
 * and that the arms cannot be compared.
 */
export interface SampleRatio {
  /** `unknown`: too few people or arms to tell. */
  readonly verdict: 'ok' | 'mismatch' | 'unknown'
  readonly chiSquare: number | null
  readonly dof: number | null
  readonly p: number | null
  /** Why it is unknown. */
  readonly reason?: 'one-arm' | 'too-few-people'
}

/** With thousands of looks at many experiments, 5 % would cry wolf daily; 0.1 % is the custom. */
export const SRM_THRESHOLD = 0.001

/** Below this many expected people in an arm the chi-square approximation does not hold. */
export const SMALLEST_EXPECTED = 5

/** Pearson's chi-square. Arms the design gives nobody are left out, also from the degrees of freedom. */
export function sampleRatio(arms: readonly Allocation[], threshold = SRM_THRESHOLD): SampleRatio {
  const designed = arms.filter(arm => arm.expected > 0)
  const dof = designed.length - 1
  if (dof < 1) return { verdict: 'unknown', chiSquare: null, dof: null, p: null, reason: 'one-arm' }
  const people = designed.reduce((total, arm) => total + arm.people, 0)
  const weight = designed.reduce((total, arm) => total + arm.expected, 0)
  const expected = designed.map(arm => (people * arm.expected) / weight)
  if (Math.min(...expected) < SMALLEST_EXPECTED) {
    return { verdict: 'unknown', chiSquare: null, dof: null, p: null, reason: 'too-few-people' }
  }
  const deviations = designed.map((arm, i) => arm.people - expected[i]!)
  const covariances = covariancesOf(arms, people / weight)
  const chiSquare =
    covariances === null
      ? deviations.reduce((total, deviation, i) => total + deviation ** 2 / expected[i]!, 0)
      : mahalanobis(covariances, deviations)
  // Chances of 0 and 1 leave no room for chance: whoever sits elsewhere is a mismatch, however few.
  if (chiSquare === null) return { verdict: 'mismatch', chiSquare: null, dof, p: 0 }
  const p = chiSquareSurvival(chiSquare, dof)
  return { verdict: p < threshold ? 'mismatch' : 'ok', chiSquare, dof, p }
}

/** Of the arms' sizes: for people with chances p, the sum of p_k (1 - p_k) on the diagonal and of -p_k p_l beside it. */
function covariancesOf(arms: readonly Allocation[], scale: number): number[][] | null {
  const designed = arms.flatMap((arm, index) => (arm.expected > 0 ? [{ arm, index }] : []))
  if (designed.some(({ arm }) => arm.chanceProducts?.length !== arms.length)) return null
  return designed.map(({ arm, index: own }) =>
    designed.map(({ index }) => scale * ((index === own ? arm.expected : 0) - arm.chanceProducts![index]!)),
  )
}

/** Squared distance in standard deviations; the last arm follows from the others. Null where chance allows no deviation at all. */
export function mahalanobis(covariances: number[][], deviations: number[]): number | null {
  const free = deviations.slice(0, -1)
  const solution = solveSymmetric(
    covariances.slice(0, -1).map(row => row.slice(0, -1)),
    free,
  )
  return (
    solution &&
    Math.max(
      0,
      solution.reduce((sum, x, i) => sum + x * free[i]!, 0),
    )
  )
}
