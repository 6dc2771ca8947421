import { evidenceOf } from './evidence.ts'
import { DEFAULT_RIDGE, type Learner } from './learner.ts'
import type { CoefficientArm, Model } from './model.ts'
import { nigMeanSd, updateNig } from './nig.ts'
import { quadratic, type Ridge, solveRidge } from './ridge.ts'
import { type ArmSums, noArmSums, type Sums } from './sums.ts'

type Head = Pick<Model, 'version' | 'trainedUntil' | 'sums'>

/** What is believed of each arm after the rows in `served`; `head.sums` are what the next training goes on from. */
export function modelFromSums(learner: Learner, head: Head, served: Sums): Model {
  const { version, trainedUntil, sums } = head
  const trained = { format: 1, version, trainedUntil, sums } as const
  const byVariant = new Map(served.arms.map(arm => [arm.variant, arm]))
  const arms = [...learner.variants].sort().map(variant => byVariant.get(variant) ?? noArmSums(variant))
  switch (learner.kind) {
    case 'beta':
      return { kind: 'beta', ...trained, arms: arms.map(arm => betaArm(arm, learner.prior)) }
    case 'gaussian':
      return { kind: 'gaussian', ...trained, arms: gaussianArms(arms) }
    case 'linear': {
      const { encoding, ridge = DEFAULT_RIDGE } = learner
      return { kind: 'linear', ...trained, encoding: encoding!, arms: linearArms(arms, ridge, columnsIn(arms)) }
    }
    case 'logistic':
      throw new RangeError('a logistic model is not made of sums: give its rows to startTraining')
  }
}

/** Beta(a + n m, b + n (1 - m)): the successes and failures of the rows, or of as many as they are worth. */
function betaArm(arm: ArmSums, prior = { a: 1, b: 1 }): { variant: string; people: number; a: number; b: number } {
  const { n, mean } = evidenceOf(arm)
  // By a delay model a few early successes can add up to more than one a row.
  const share = Math.min(1, Math.max(0, mean))
  return { variant: arm.variant, people: arm.people, a: prior.a + n * share, b: prior.b + n * (1 - share) }
}

/**
 * Each arm's mean under a normal-inverse-gamma prior worth one row, with the mean and the variance of all arms together: an
 * arm of equal rewards (nobody has bought yet) is not thereby certain.
 */
function gaussianArms(arms: readonly ArmSums[]): { variant: string; people: number; mean: number; sd: number }[] {
  const { mean, variance } = pooled(arms)
  const prior = { kappa: 1, mu: mean, alpha: 1.5, beta: variance / 2 }
  return arms.map(arm => {
    const evidence = evidenceOf(arm)
    const posterior = updateNig(prior, evidence.n, evidence.mean, evidence.n * evidence.variance)
    return { variant: arm.variant, people: arm.people, mean: posterior.mu, sd: nigMeanSd(posterior) }
  })
}

/** Reward of all arms together. */
export function pooled(arms: readonly ArmSums[]): { mean: number; variance: number } {
  const total = (read: (arm: ArmSums) => number) => arms.reduce((sum, arm) => sum + read(arm), 0)
  return evidenceOf({
    ...noArmSums(''),
    weight: total(arm => arm.weight),
    reward: total(arm => arm.reward),
    rewardSquares: total(arm => arm.rewardSquares),
    weightSquares: total(arm => arm.weightSquares),
    maturedSquares: total(arm => arm.maturedSquares),
  })
}

function columnsIn(arms: readonly ArmSums[]): number {
  return Math.max(...arms.map(arm => arm.moments?.length ?? 0))
}

/**
 * Ridge regression of each arm, about the mean reward of all arms (so that the ridge draws an arm of few rows to the others,
 * not to 0), with one variance of the noise for all.
 */
function linearArms(arms: readonly ArmSums[], ridge: number, columns: number): CoefficientArm[] {
  const { mean: centre, variance } = pooled(arms)
  const fits = arms.map(arm => fit(arm, centre, ridge, columns))
  // One further row of the rewards' own variance, so that a few rows fitted exactly do not make noise 0.
  const squares = fits.reduce((sum, fit) => sum + fit.squares, variance)
  const freedom = fits.reduce((sum, fit) => sum + Math.max(0, fit.n - fit.parameters), 1)
  // All rewards equal: then all arms are, and any noise says so.
  const noise = squares > 0 ? squares / freedom : 1
  return fits.map(({ variant, people, mean, matrix }) => ({
    variant,
    people,
    mean: Array.from(mean, (x, i) => (i === 0 ? x + centre : x)),
    precision: Array.from(matrix, x => x / noise),
  }))
}

interface Fit extends Ridge {
  readonly variant: string
  readonly people: number
  /** Rows it is worth. */
  readonly n: number
  /** Sum of squared residuals. */
  readonly squares: number
}

function fit(given: ArmSums, centre: number, ridge: number, columns: number): Fit {
  const arm = given.products === undefined ? { ...given, ...noArmSums(given.variant, columns) } : given
  const products = arm.products!
  const { n } = evidenceOf(arm)
  const scale = arm.weight > 0 ? n / arm.weight : 0
  // Column 0 is the constant, so the products' first column sums the inputs themselves.
  const moments = arm.moments!.map((x, i) => x - centre * products[(i * (i + 1)) / 2]!)
  const solved = solveRidge(products, moments, ridge, scale)
  const explained = solved.mean.reduce((sum, x, i) => sum + x * moments[i]!, 0)
  const total = arm.rewardSquares - 2 * centre * arm.reward + centre * centre * arm.weight
  const squares = Math.max(0, scale * (total - 2 * explained + quadratic(products, solved.mean)))
  return { ...solved, variant: arm.variant, people: arm.people, n, squares }
}
