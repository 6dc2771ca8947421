import { chiSquareSurvival } from './chi-square.ts'

/** An arm's people against the people to expect by design, relative to the other arms. */
export interface Allocation {
  readonly people: number
  readonly expected: number
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
const SMALLEST_EXPECTED = 5

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
  const chiSquare = designed.reduce((total, arm, i) => total + (arm.people - expected[i]!) ** 2 / expected[i]!, 0)
  const p = chiSquareSurvival(chiSquare, dof)
  return { verdict: p < threshold ? 'mismatch' : 'ok', chiSquare, dof, p }
}
