import type { JsonObject } from '../json.ts'
import { type Path, type Problem, problem } from '../problem/problem.ts'
import type { Experience, Requirement, Variant } from './experience.ts'
import type { Price } from './price.ts'
import type { Surroundings } from './references.ts'

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

/** Whether an experience decides what somebody pays. */
export function setsPrices({ tactic, price }: Pick<Experience, 'tactic' | 'price'>): boolean {
  return tactic === 'price' || price !== undefined
}

/**
 * Where an experience that sets prices looks at a protected trait: in its own rules, in a segment they name, and in those of an
 * experience that has to be seen first, and of what that one requires.
 */
export function protectedProblems(
  experience: Experience,
  protectedTraits: readonly string[],
  surroundings: Surroundings,
): Problem[] {
  if (!setsPrices(experience)) return []
  const looking = new Looking(new Set(protectedTraits), surroundings)
  const { audience, offer, variants, fallbacks } = experience
  const { policy } = experience as { policy?: unknown }
  looking.at(audience, ['audience'])
  looking.at(offer?.eligibility, ['offer', 'eligibility'])
  looking.at(policy, ['policy'])
  for (const [i, { content }] of variants.entries()) looking.at(content, ['variants', i, 'content'])
  looking.at(fallbacks, ['fallbacks'])
  for (const [i, requirement] of (experience.requires ?? []).entries()) looking.required(requirement, ['requires', i])
  return looking.problems
}

const MEND =
  'let a price not depend on it, or take it out of protectedTraits of the settings if that is lawful where you sell'

class Looking {
  readonly problems: Problem[] = []
  readonly #protected: ReadonlySet<string>
  readonly #surroundings: Surroundings
  readonly #seen = new Set<string>()

  constructor(protectedTraits: ReadonlySet<string>, surroundings: Surroundings) {
    this.#protected = protectedTraits
    this.#surroundings = surroundings
  }

  /**
   * Whatever the shape of a rule: who looks at a trait names it by `trait`, or in the context by `traits.`. A rule of another
   * definition is `from` where this one names it.
   */
  at(rule: unknown, path: Path, from?: Path): void {
    if (typeof rule !== 'object' || rule === null) return
    for (const [name, part] of Object.entries(rule)) {
      const here = from ?? [...path, Array.isArray(rule) ? Number(name) : name]
      if (typeof part !== 'string') this.at(part, here, from)
      else if (name === 'trait') this.#name(part, here)
      else if (name === 'context' && part.startsWith('traits.')) this.#name(part.slice(7), here)
      else if (name === 'segment') this.through('segment', part, 'condition', here)
    }
  }

  /** Who is shown another experience, and which variant. An assignment is a hash, whoever is shown it. */
  required({ experience: key, state }: Requirement, path: Path): void {
    if (state !== 'seen') return
    this.through('experience', key, 'audience', path)
    this.through('experience', key, 'policy', path)
    this.through('experience', key, 'requires', path)
  }

  /** A rule of another definition. */
  through(kind: string, key: string, member: string, path: Path): void {
    const name = `${kind}/${key}/${member}`
    if (this.#seen.has(name)) return
    this.#seen.add(name)
    const body = this.#surroundings.find(kind as never, key) as JsonObject | undefined
    if (member !== 'requires') this.at(body?.[member], path, path)
    else for (const one of (body?.requires ?? []) as unknown as readonly Requirement[]) this.required(one, path)
  }

  #name(trait: string, path: Path): void {
    const name = trait.split('.')[0]!
    if (this.#protected.has(name)) {
      this.problems.push(problem(path, `a price must not depend on the protected trait "${name}"`, MEND))
    }
  }
}
