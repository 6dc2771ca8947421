import { chiSquareSurvival } from '../numeric/chiSquare.ts'
import { type ArmStatistics, addArms } from './arm.ts'
import { mahalanobis, type SampleRatio, SMALLEST_EXPECTED, SRM_THRESHOLD, sampleRatio } from './srm.ts'

/**
 * The sample-ratio check of arms whose chances changed. Where they did only from stratum to stratum, each arm is expected to have
 * the sum over all people of their chance of it. Where they differ from person to person, a person is known to have had one chance,
 * that of the arm they got; but then the people of each arm, counted 1 / chance each, must come to everybody. With equal chances
 * that is Pearson's chi-square itself. Strata hold different people: their chi-squares add.
 */
export function sampleRatioByChance(arms: readonly ArmStatistics[], threshold = SRM_THRESHOLD): SampleRatio {
  const strata = new Map<string, ArmStatistics[]>()
  for (const arm of arms) strata.set(arm.stratum ?? '', [...(strata.get(arm.stratum ?? '') ?? []), arm])
  const parts = [...strata.values()].map(own =>
    own.every(({ weights }) => weights !== undefined) ? weighted(own) : sampleRatio(asDrawn(own)),
  )
  const known = parts.filter(({ verdict }) => verdict !== 'unknown')
  const first = parts[0]
  if (known.length === 0) return first ?? { verdict: 'unknown', chiSquare: null, dof: null, p: null, reason: 'one-arm' }
  const dof = known.reduce((sum, part) => sum + (part.dof ?? 0), 0)
  if (known.some(({ chiSquare }) => chiSquare === null)) return { verdict: 'mismatch', chiSquare: null, dof, p: 0 }
  const chiSquare = known.reduce((sum, part) => sum + (part.chiSquare ?? 0), 0)
  const p = chiSquareSurvival(chiSquare, dof)
  return { verdict: p < threshold ? 'mismatch' : 'ok', chiSquare, dof, p }
}

/** Arms that chance told apart: where who got which variant was certain, the control group and all variants together. */
export function asDrawn(arms: readonly ArmStatistics[]): readonly ArmStatistics[] {
  if (!arms.some(({ certain }) => certain)) return arms
  return addArms(arms.map(arm => (arm.control ? arm : { ...arm, variant: '' })))
}

/** The arms' summed weights against the number of people, with the covariances of such sums. */
function weighted(all: readonly ArmStatistics[]): SampleRatio {
  // Of an arm that some could not have got the weights are not to come to everybody. The control group's are, and the others follow from it.
  const isCertain = all.some(({ certain }) => certain)
  const arms = isCertain ? asDrawn(all) : all
  const dof = arms.length - 1
  if (dof < 1) return { verdict: 'unknown', chiSquare: null, dof: null, p: null, reason: 'one-arm' }
  const people = arms.reduce((sum, arm) => sum + arm.people, 0)
  const sums = (isCertain ? arms.filter(({ control }) => control) : arms).map(({ weights }) => weights!)
  // As many people with one chance each as these weights tell of, and those the chance lets expect.
  const enough = sums.every(({ sum, sumSquares }) => {
    const told = (people * sum) / sumSquares
    return sum > 0 && told >= SMALLEST_EXPECTED && Number.isFinite(sum) && Number.isFinite(told)
  })
  if (!enough) return { verdict: 'unknown', chiSquare: null, dof: null, p: null, reason: 'too-few-people' }
  const deviations = sums.map(({ sum }) => sum - people)
  const covariances = sums.map(({ sum, sumSquares }, own) =>
    sums.map((_, index) => (index === own ? (people * sumSquares) / sum : 0) - people),
  )
  // `mahalanobis` takes the last for one that follows from the others.
  const chiSquare = isCertain ? deviations[0]! ** 2 / covariances[0]![0]! : mahalanobis(covariances, deviations)
  if (chiSquare === null || !Number.isFinite(chiSquare)) return { verdict: 'mismatch', chiSquare: null, dof, p: 0 }
  const p = chiSquareSurvival(chiSquare, dof)
  return { verdict: p < SRM_THRESHOLD ? 'mismatch' : 'ok', chiSquare, dof, p }
}
