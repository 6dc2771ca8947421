/**
 * Normal with unknown mean and variance under its conjugate prior, the normal-inverse-gamma (Murphy 2007, "Conjugate Bayesian
 * analysis of the Gaussian distribution"): variance ~ InvGamma(alpha, beta), mean ~ Normal(mu, variance / kappa).
 */
export interface NormalInverseGamma {
  readonly kappa: number
  readonly mu: number
  readonly alpha: number
  readonly beta: number
}

/** The posterior after `n` values of that mean and that sum of squared deviations from it. */
export function updateNig(
  prior: NormalInverseGamma,
  n: number,
  mean: number,
  squaredDeviations: number,
): NormalInverseGamma {
  const kappa = prior.kappa + n
  return {
    kappa,
    mu: (prior.kappa * prior.mu + n * mean) / kappa,
    alpha: prior.alpha + n / 2,
    beta: prior.beta + squaredDeviations / 2 + (prior.kappa * n * (mean - prior.mu) ** 2) / (2 * kappa),
  }
}

/** Standard deviation of the mean, a Student's t with 2 alpha degrees of freedom; alpha above 1. */
export function nigMeanSd({ kappa, alpha, beta }: NormalInverseGamma): number {
  return Math.sqrt(beta / (alpha - 1) / kappa)
}
