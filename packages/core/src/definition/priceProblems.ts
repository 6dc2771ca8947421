import { type Path, type Problem, problem } from '../problem/problem.ts'
import type { Experience, Variant } from './experience.ts'
import type { Price } from './price.ts'

/** What is wrong with an experience's prices beyond their schema: what no catalog could make right. */
export function priceProblems({ price, variants }: Experience): Problem[] {
  if (price === undefined) {
    return variants.flatMap((variant, i) =>
      variant.price === undefined
        ? []
        : [
            problem(
              ['variants', i, 'price'],
              'the experience has no guardrails for prices',
              'add price with a floor to the experience, such as {"floor": {"ofCost": 1.1}}',
            ),
          ],
    )
  }
  return [
    ...crossedLimits(price),
    ...variants.flatMap((variant, i) => outsideLimits(price, variant, ['variants', i, 'price'])),
  ]
}

function crossedLimits({ floor, ceiling = {} }: Price): Problem[] {
  return (['price', 'ofPrice', 'ofCost'] as const).flatMap(name => {
    const [low, high] = [floor[name], ceiling[name]]
    return low === undefined || high === undefined || low <= high
      ? []
      : [problem(['price', 'ceiling', name], `the ceiling ${high} is below the floor ${low}`, 'raise it')]
  })
}

function outsideLimits({ floor, ceiling = {} }: Price, { price = {} }: Variant, path: Path): Problem[] {
  const mend = 'change it, or the guardrail'
  const { set, percent } = price
  if (set !== undefined && floor.price !== undefined && set < floor.price) {
    return [problem([...path, 'set'], `the price ${set} is below its floor ${floor.price}`, mend)]
  }
  if (set !== undefined && ceiling.price !== undefined && set > ceiling.price) {
    return [problem([...path, 'set'], `the price ${set} is above its ceiling ${ceiling.price}`, mend)]
  }
  const factor = percent === undefined ? undefined : Number((1 + percent / 100).toPrecision(12))
  if (factor !== undefined && floor.ofPrice !== undefined && factor < floor.ofPrice) {
    const message = `${percent} % is ${factor} of the catalog’s price, below its floor ${floor.ofPrice}`
    return [problem([...path, 'percent'], message, mend)]
  }
  if (factor !== undefined && ceiling.ofPrice !== undefined && factor > ceiling.ofPrice) {
    const message = `${percent} % is ${factor} of the catalog’s price, above its ceiling ${ceiling.ofPrice}`
    return [problem([...path, 'percent'], message, mend)]
  }
  return []
}
