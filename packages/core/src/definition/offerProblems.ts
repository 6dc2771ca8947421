import { type Path, type Problem, problem } from '../problem/problem.ts'
import { parseInstant } from '../time/instant.ts'
import { conditionProblems } from './conditionProblems.ts'
import type { Experience } from './experience.ts'
import type { Surroundings } from './references.ts'

/** What is wrong with an experience's offer beyond its schema. */
export function offerProblems({ offer, variants }: Experience, surroundings?: Surroundings): Problem[] {
  const strays = variants.flatMap((variant, i) =>
    variant.offer === undefined || offer !== undefined
      ? []
      : [
          problem(
            ['variants', i, 'offer'],
            'the experience has no offer',
            'add offer to the experience, or remove this',
          ),
        ],
  )
  if (offer === undefined) return strays
  const { eligibility, budget, cost, codes, until, lasts, again } = offer
  const problems =
    eligibility === undefined ? [] : conditionProblems(eligibility, ['offer', 'eligibility'], 'audience', surroundings)
  if (until !== undefined && parseInstant(until) === undefined) {
    problems.push(
      problem(['offer', 'until'], `${until} is no instant`, 'write ISO 8601 with a zone, such as 2026-12-01'),
    )
  }
  if (budget !== undefined) {
    const costs = variants.map(variant => variant.offer?.cost ?? cost)
    const missing = costs.indexOf(undefined)
    if (missing !== -1) {
      const mend = 'say what one costs, in offer.cost or in each variant’s offer.cost'
      problems.push(problem(['variants', missing, 'offer', 'cost'], 'nobody can say when the budget is used up', mend))
    } else if (Math.max(...(costs as number[])) > budget) {
      problems.push(
        problem(['offer', 'budget'], `one costs more than the whole budget of ${budget}`, 'raise the budget'),
      )
    }
  }
  if (budget !== undefined) {
    problems.push(...inThousandths(cost, ['offer', 'cost']))
    for (const [i, variant] of variants.entries()) {
      problems.push(...inThousandths(variant.offer?.cost, ['variants', i, 'offer', 'cost']))
    }
  }
  if (codes !== undefined && (codes.list === undefined) === (codes.length === undefined)) {
    problems.push(problem(['offer', 'codes'], 'codes are either listed or made', 'name one of list and length'))
  }
  if (codes?.list !== undefined && codes.prefix !== undefined) {
    problems.push(problem(['offer', 'codes', 'prefix'], 'listed codes have no prefix', 'remove it'))
  }
  if (again !== undefined && lasts === undefined) {
    const mend = 'say how long the offer lasts, or remove again'
    problems.push(problem(['offer', 'again'], 'an offer that does not expire is not given again', mend))
  }
  return problems
}

/** A budget is counted in thousandths: what costs less would never use it up. */
function inThousandths(cost = 0, path: Path): Problem[] {
  const thousandths = cost * 1000
  if (Math.abs(thousandths - Math.round(thousandths)) <= 1e-9 * Math.max(1, thousandths)) return []
  return [
    problem(path, `a budget is counted in thousandths, and ${cost} has a finer part`, 'round it to three decimals'),
  ]
}
