import { directiveOf } from '../content/directives.ts'
import type { Json, JsonObject } from '../json.ts'
import { type Path, type Problem, problem } from '../problem/problem.ts'
import { TemplateError } from '../template/error.ts'
import { compileText, isTemplate } from '../template/text.ts'
import type { Experience, Requirement } from './experience.ts'
import type { Surroundings } from './references.ts'

/** Whether an experience decides what somebody pays. */
export function setsPrices({ tactic, price }: Pick<Experience, 'tactic' | 'price'>): boolean {
  return tactic === 'price' || price !== undefined
}

/**
 * Where an experience that sets prices looks at a protected trait: in its own rules and texts of prices, in a segment or computed
 * trait they name, and in those of an experience that has to be seen first, and of what that one requires. It is the same fact
 * by whatever way the person told it: as a trait, in the context, as the answer of a survey or the property of an event.
 */
export function protectedProblems(
  experience: Experience,
  protectedTraits: readonly string[],
  surroundings: Surroundings,
): Problem[] {
  if (!setsPrices(experience)) return []
  const looking = new Looking(new Set(protectedTraits), surroundings)
  const { audience, offer, variants, fallbacks, policy } = experience
  looking.at(audience, ['audience'])
  looking.at(offer?.eligibility, ['offer', 'eligibility'])
  looking.at(policy, ['policy'])
  for (const [i, { content }] of variants.entries()) looking.content(content, ['variants', i, 'content'])
  looking.content(fallbacks, ['fallbacks'])
  for (const [i, requirement] of (experience.requires ?? []).entries()) looking.required(requirement, ['requires', i])
  return looking.problems
}

const MEND =
  'let a price not depend on it, or take it out of protectedTraits of the settings if that is lawful where you sell'

/** By what a rule names something that a person has told, the values of aggregates among it. */
const NAMING: ReadonlySet<string> = new Set(
  'trait property preference feedback score sum average min max distinct mostFrequent list first last'.split(' '),
)

class Looking {
  readonly problems: Problem[] = []
  readonly #protected: ReadonlySet<string>
  readonly #surroundings: Surroundings
  readonly #seen = new Set<string>()

  constructor(protectedTraits: ReadonlySet<string>, surroundings: Surroundings) {
    this.#protected = protectedTraits
    this.#surroundings = surroundings
  }

  /** Whatever the shape of a rule. A rule of another definition is `from` where this one names it. */
  at(rule: unknown, path: Path, from?: Path): void {
    if (typeof rule !== 'object' || rule === null) return
    for (const [name, part] of Object.entries(rule)) {
      const here = from ?? [...path, Array.isArray(rule) ? Number(name) : name]
      if (typeof part !== 'string') this.at(part, here, from)
      else if (NAMING.has(name)) this.#name(part, here)
      else if (name === 'context') this.#name(part.replace(/^traits\./, ''), here)
      else if (name === 'segment') this.through('segment', part, 'condition', here)
      else if (name === 'computed') this.through('computedTrait', part, 'value', here)
    }
  }

  /** Conditions and preferences in content, and texts that show prices. Which items a list is of by their own properties is nobody's trait. */
  content(content: unknown, path: Path): void {
    if (typeof content === 'string') this.#text(content, path, {})
    if (typeof content !== 'object' || content === null) return
    const directive = Array.isArray(content) ? undefined : directiveOf(content)
    if (directive === '$text') {
      const { $text, with: given = {} } = content as { $text: string; with?: JsonObject }
      this.#text($text, [...path, '$text'], given)
      this.content(given, [...path, 'with'])
    } else if (directive === '$blocks') {
      const { $blocks } = content as { $blocks: readonly { when?: unknown; rank?: unknown; content?: unknown }[] }
      for (const [i, { when, rank, content: within }] of $blocks.entries()) {
        const here = [...path, '$blocks', i]
        this.at(when, [...here, 'when'])
        this.at(rank, [...here, 'rank'])
        this.content(within, [...here, 'content'])
      }
    } else if (directive === '$list' || directive === '$recent') {
      const { prefer, else: otherwise } = (content as Record<string, { prefer?: unknown; else?: unknown }>)[directive]!
      this.at(prefer, [...path, directive, 'prefer'])
      this.content(otherwise, [...path, directive, 'else'])
    } else {
      for (const [name, part] of Object.entries(content)) {
        this.content(part, [...path, Array.isArray(content) ? Number(name) : name])
      }
    }
  }

  /** A text with a price in it, which may be another one for whom it asks about. A salutation without is none of this. */
  #text(source: string, path: Path, given: JsonObject): void {
    if (!isTemplate(source)) return
    const names = namesIn(source)
    const shown = [source, JSON.stringify(given)].join()
    if (!names.some(([name]) => name === 'prices') && !/\$price|prices\s*[[.]/.test(shown)) return
    for (const [name, ...rest] of names) {
      const told = name === 'context' && rest[0] === 'traits' ? rest.slice(1) : rest
      if ((name === 'person' || name === 'context') && typeof told[0] === 'string') this.#name(told[0], path)
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
  through(kind: 'segment' | 'computedTrait' | 'experience', key: string, member: string, path: Path): void {
    const name = `${kind}/${key}/${member}`
    if (this.#seen.has(name)) return
    this.#seen.add(name)
    const body = this.#surroundings.find(kind, key)
    if (member !== 'requires') this.at(body?.[member], path, path)
    else for (const one of (body?.requires ?? []) as unknown as readonly Requirement[]) this.required(one, path)
  }

  #name(path: string, place: Path): void {
    const name = path.split('.')[0]!
    if (!this.#protected.has(name)) return
    const found = problem(place, `a price must not depend on the protected trait "${name}"`, MEND)
    // A text may ask for it more than once.
    const known = this.problems.some(one => one.path === found.path && one.message === found.message)
    if (!known) this.problems.push(found)
  }
}

/** What a text names; nothing where it is no Liquid, which is told elsewhere. */
function namesIn(source: string): readonly (readonly Json[])[] {
  try {
    return compileText(source, 'text').names.map(({ path }) => path.map(step => step ?? null))
  } catch (error) {
    if (error instanceof TemplateError) return []
    throw error
  }
}
