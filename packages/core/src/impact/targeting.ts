import { type Estimate, estimateOf, MORE_WITHOUT_WAITING, type Sample, steady, unitsOf } from '../experiment/index.ts'
import type { Cell, WeightedSums } from './cell.ts'
import { scaled } from './compare.ts'
import { addSums } from './sums.ts'

/** How an experience chooses among its variants: by the person, or by chance alone. */
export type Choosing = 'person' | 'chance'

/** What choosing by the person added over giving everybody the variant that is best for all. */
export interface Targeting {
  /** '' for the default content. */
  readonly bestSingle: string | null
  /** KPI a person as it was, less that of the best single variant, times the people. Null value where the log cannot tell. */
  readonly total: Estimate | null
  readonly known: boolean
  /** Why the log cannot tell, or how it was told. */
  readonly sentence: string
}

/** A variant shown to so few, or with so small chances, that they count as fewer than this is not judged. */
const FEWEST_EFFECTIVE = 50
/** Weights must add up to everybody within this many standard errors, else some people could not have been shown the variant. */
const MOST_ERRORS = 4

/**
 * From the cells of one experience. Every variant is judged by the people who were shown it, each weighted by 1 / (the chance they had
 * of it): so they stand for everybody, if everybody had a chance. Where a rule decides, somebody has none, the weights add up to
 * fewer than there are, and the log cannot tell. The best variant is picked by the same people it is judged by, so what
 * targeting added is rather more than it says.
 */
export function targetingOf(
  cells: readonly Cell[],
  choosing: Choosing,
  confidence: number,
  direction: 'up' | 'down' = 'up',
): Targeting {
  const own = cells.filter(({ control }) => !control)
  const byVariant = new Map<string, Cell[]>()
  for (const cell of own) byVariant.set(cell.variant, [...(byVariant.get(cell.variant) ?? []), cell])
  if (byVariant.size === 0) return cannot('Nobody who was personalized has been seen yet.')
  if (byVariant.size === 1) return cannot('There is one variant only: nothing to choose from.')
  if (choosing === 'chance') return cannot('Variants are chosen by chance, so there is no targeting to add anything.')
  const all = addSums(own.map(({ sums }) => sums))
  const people = addSums(cells.map(({ sums }) => sums)).people
  const variants = [...byVariant].map(([variant, some]) => ({ variant, sums: weightedOf(some) }))
  for (const { variant, sums } of variants) {
    const effective = sums.weightSquares > 0 ? sums.weight ** 2 / sums.weightSquares : 0
    if (effective < FEWEST_EFFECTIVE) {
      return cannot(
        `The log cannot tell: ${named(variant)} was shown to too few people by chance. Let the policy explore, or wait.`,
      )
    }
    if (sums.weight < people - MOST_ERRORS * Math.sqrt(sums.weightSquares)) {
      return cannot(
        `The log cannot tell: some people had no chance of being shown ${named(variant)}. Let the policy explore a little, or test the rule against a split.`,
      )
    }
  }
  const means = variants.map(({ variant, sums }) => ({ variant, sums, mean: sums.kpi / sums.weight }))
  const sign = direction === 'up' ? 1 : -1
  const best = means.reduce((top, one) => (sign * one.mean > sign * top.mean ? one : top))
  const estimate = overSingle({ people: all.people, kpi: all.kpi, kpiSquares: all.kpiSquares }, best, confidence)
  return {
    bestSingle: best.variant,
    total: estimate,
    known: true,
    sentence:
      estimate.value === null
        ? 'What targeting added cannot be calculated.'
        : `Compared with giving everybody ${named(best.variant)}, the best for all.`,
  }
}

/** A policy may choose nothing for some. */
const named = (variant: string) => (variant === '' ? 'the default content' : `"${variant}"`)

function cannot(sentence: string): Targeting {
  return { bestSingle: null, total: null, known: false, sentence }
}

function weightedOf(cells: readonly Cell[]): WeightedSums {
  const sum = (of: (sums: WeightedSums) => number) =>
    cells.reduce((total, { weighted }) => total + (weighted === undefined ? 0 : of(weighted)), 0)
  return {
    weight: sum(({ weight }) => weight),
    weightSquares: sum(({ weightSquares }) => weightSquares),
    kpi: sum(({ kpi }) => kpi),
    kpiSquares: sum(({ kpiSquares }) => kpiSquares),
    squaredKpi: sum(({ squaredKpi }) => squaredKpi),
    squaredKpiSquares: sum(({ squaredKpiSquares }) => squaredKpiSquares),
  }
}

/**
 * N x (mean y - Σwy / Σw of the variant), by linearization: a person adds (y - mean) - [shown it] x (N / Σw) x w (y - m), whose
 * squares are made of the sums.
 */
function overSingle(
  all: { readonly people: number; readonly kpi: number; readonly kpiSquares: number },
  { sums, mean: m }: { readonly sums: WeightedSums; readonly mean: number },
  confidence: number,
): Estimate {
  const n = all.people
  const mean = all.kpi / n
  const ratio = n / sums.weight
  const served = all.kpiSquares - n * mean ** 2
  const single = sums.squaredKpiSquares - 2 * m * sums.squaredKpi + m ** 2 * sums.weightSquares
  const both = sums.kpiSquares - (m + mean) * sums.kpi + mean * m * sums.weight
  const squares = Math.max(0, served + ratio ** 2 * single - 2 * ratio * both)
  // Of those who count most for the variant nobody may happen to have done it.
  const units = unitsOf(n, sums.weight, sums.weightSquares)
  const own: Sample = { n: units, mean: m, variance: (units * single) / sums.weight ** 2 }
  const [steadied] = steady(own, { n, mean, variance: served / n }, MORE_WITHOUT_WAITING)
  const more = (steadied.variance - own.variance) / units
  return scaled(estimateOf(mean - m, squares / n ** 2 + more, { confidence }), n)
}
