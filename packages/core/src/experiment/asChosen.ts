import type { ArmStatistics } from './arm.ts'

/**
 * The arms for a look at all variants together, which is at what the policy made of its people. Weighted by 1 / chance of the variant they got,
 * they would be everybody's mean over the variants, as if each had been given by lot, and a policy that gives everybody what is best for
 * them would bring nothing. Only who is left out has to be left to chance: where that was one chance for all people of a stratum, they
 * count as they came. Where it was not (a sticky split whose control group was changed), the weights stay.
 */
export function asChosen(arms: readonly ArmStatistics[]): readonly ArmStatistics[] {
  if (arms.every(({ weights }) => weights === undefined)) return arms
  const isEven = new Map<string | undefined, boolean>()
  for (const { stratum } of arms) {
    if (isEven.has(stratum)) continue
    isEven.set(stratum, countAlike(arms.filter(arm => arm.stratum === stratum && arm.control && arm.people > 0)))
  }
  return arms.map(arm => {
    if (!isEven.get(arm.stratum)) return arm
    const { weights: _, ...plain } = arm
    return plain
  })
}

/** For a look at one variant by itself: without the strata in which who got which was certain. */
export function leftToChance(arms: readonly ArmStatistics[]): readonly ArmStatistics[] {
  const certain = new Set(arms.filter(arm => arm.certain).map(arm => arm.stratum))
  return certain.size === 0 ? arms : arms.filter(arm => !certain.has(arm.stratum))
}

/** Weights must add up to everybody within this many standard errors. */
const MOST_ERRORS = 5

/**
 * Whether these arms could have been given to everybody: then their weights come to all people. Those of a rollout's new variant do not for the
 * time in which it was stopped, nor those of what the others get once it has reached everybody; who came then would pass for an effect.
 */
export function couldReachAll(arms: readonly ArmStatistics[], isOwn: (arm: ArmStatistics) => boolean): boolean {
  return [...new Set(arms.map(({ stratum }) => stratum))].every(stratum => {
    const inside = arms.filter(arm => arm.stratum === stratum)
    const own = inside.filter(arm => isOwn(arm) && arm.people > 0)
    if (own.length === 0 || own.some(({ weights }) => weights === undefined)) return true
    const of = (part: 'sum' | 'sumSquares') => own.reduce((sum, { weights }) => sum + weights![part], 0)
    const people = inside.reduce((sum, arm) => sum + arm.people, 0)
    return of('sum') >= people - MOST_ERRORS * Math.sqrt(of('sumSquares'))
  })
}

/** How far apart squares that ought to be equal may be: chances are told apart by a hundredth, and added up with rounding. */
const ROUNDING = 1e-6

/** Whether all people of these arms count alike: then their summed weight squared is their number times the summed squares. */
function countAlike(arms: readonly ArmStatistics[]): boolean {
  let [people, sum, squares] = [0, 0, 0]
  for (const { people: own, weights } of arms) {
    if (weights === undefined) return false
    people += own
    sum += weights.sum
    squares += weights.sumSquares
  }
  return people > 0 && sum ** 2 >= (1 - ROUNDING) * people * squares
}
