import { chiSquareSurvival } from '../numeric/chiSquare.ts'
import type { Estimate } from './estimate.ts'

/** Effects in several groups of different people, pulled together as far as chance explains their differences. */
export interface RandomEffects {
  /** The mean of the groups' true effects. Null where no group has an estimate. */
  readonly mean: number | null
  /** Standard deviation of the groups' true effects about it: 0 where chance explains the differences. */
  readonly deviation: number | null
  /** Of all groups having the same effect (Cochran's Q, chi-square). Null where fewer than two have an estimate. */
  readonly p: number | null
  /** The best guess of each group's effect; null where it has no estimate. */
  readonly shrunken: readonly (number | null)[]
}

/**
 * DerSimonian and Laird 1986; each group's effect is pulled towards the mean by the share of its spread that is chance
 * (empirical Bayes). The group that looks best by luck is pulled most, so that picking the best does not promise too much.
 */
export function randomEffects(estimates: readonly Estimate[]): RandomEffects {
  const known = estimates.flatMap(({ value, standardError }) =>
    value === null || standardError === null ? [] : [{ value, error: standardError }],
  )
  if (known.length === 0) return { mean: null, deviation: null, p: null, shrunken: estimates.map(() => null) }
  // In units of the smallest error, so that squares of tiny or huge errors do not under- or overflow.
  const unit = Math.min(...known.map(({ error }) => error))
  const scaled = known.map(({ value, error }) => ({ value: value / unit, variance: (error / unit) ** 2 }))
  const fixed = weightedMean(scaled, 0)
  const q = scaled.reduce((sum, { value, variance }) => sum + (value - fixed) ** 2 / variance, 0)
  const weight = scaled.reduce((sum, { variance }) => sum + 1 / variance, 0)
  const squares = scaled.reduce((sum, { variance }) => sum + 1 / variance ** 2, 0)
  const dof = known.length - 1
  const between = dof > 0 ? Math.max(0, (q - dof) / (weight - squares / weight)) : 0
  const mean = weightedMean(scaled, between)
  const finite = (value: number) => (Number.isFinite(value) ? value : null)
  return {
    mean: finite(mean * unit),
    deviation: finite(Math.sqrt(between) * unit),
    p: dof > 0 && Number.isFinite(q) ? chiSquareSurvival(q, dof) : null,
    shrunken: estimates.map(({ value, standardError }) => {
      if (value === null || standardError === null) return null
      const kept = between / (between + (standardError / unit) ** 2)
      return finite((kept * (value / unit) + (1 - kept) * mean) * unit)
    }),
  }
}

function weightedMean(scaled: readonly { value: number; variance: number }[], between: number): number {
  const weight = scaled.reduce((sum, { variance }) => sum + 1 / (variance + between), 0)
  return scaled.reduce((sum, { value, variance }) => sum + value / (variance + between), 0) / weight
}
