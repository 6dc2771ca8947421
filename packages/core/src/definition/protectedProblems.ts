import { directiveOf } from '../content/directives.ts'
import { splitPath } from '../filter/path.ts'
import type { Json, JsonObject } from '../json.ts'
import { type Path, type Problem, problem } from '../problem/problem.ts'
import { TemplateError } from '../template/error.ts'
import { lookedAt } from '../template/lookedAt.ts'
import { compileText, isTemplate, type Named } from '../template/text.ts'
import type { Experience, Requirement } from './experience.ts'
import { isObject } from './objects.ts'
import type { Surroundings } from './references.ts'

/** Whether an experience decides what somebody pays. */
export function setsPrices({ tactic, price }: Pick<Experience, 'tactic' | 'price'>): boolean {
  return tactic === 'price' || price !== undefined
}

/**
 * Where an experience that sets prices looks at a protected trait: in its own rules and texts of prices, in a segment or computed
 * trait they name, and in those of an experience that has to be seen first, and of what that one requires. It is the same fact
 * by whatever way the person told it: as a trait, in the context, as the answer of a survey or the property of an event, within
 * something else (`customer.gender`), and however its name is written (`Gender`, `birth_date`).
 */
export function protectedProblems(
  experience: Experience,
  protectedTraits: readonly string[],
  surroundings: Surroundings,
): Problem[] {
  if (!setsPrices(experience) || protectedTraits.length === 0) return []
  const looking = new Looking(protectedTraits, surroundings)
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

const NAMED = 'name what it looks at, such as context.traits.plan'

/** By what a rule names something that a person has told, the values of aggregates among it. */
const NAMING: ReadonlySet<string> = new Set(
  'trait property preference feedback subscription consent person score sum average min max distinct mostFrequent list first last'.split(
    ' ',
  ),
)

class Looking {
  readonly problems: Problem[] = []
  /** Each as it is called, and its steps. */
  readonly #protected: readonly (readonly [name: string, steps: readonly string[]])[]
  readonly #surroundings: Surroundings
  readonly #seen = new Set<string>()

  constructor(protectedTraits: readonly string[], surroundings: Surroundings) {
    this.#protected = protectedTraits.map(name => [name, splitPath(name).map(folded)])
    this.#surroundings = surroundings
  }

  /** Whatever the shape of a rule. A rule of another definition is `from` where this one names it. */
  at(rule: unknown, path: Path, from?: Path): void {
    if (typeof rule !== 'object' || rule === null) return
    for (const [name, part] of Object.entries(rule)) {
      const here = from ?? [...path, Array.isArray(rule) ? Number(name) : name]
      if (typeof part !== 'string') this.at(part, here, from)
      else if (NAMING.has(name) || name === 'context') this.#name(splitPath(part), here)
      else if (name === 'segment') this.through('segment', part, 'condition', here)
      else if (name === 'computed') this.through('computedTrait', part, 'value', here)
    }
  }

  /**
   * Conditions and preferences in content, and texts that show prices: `priced` where it is a part of one. Which items a list is of
   * by their own properties is nobody's trait. What has not the shape it should have is told elsewhere.
   */
  content(content: unknown, path: Path, priced = false): void {
    if (typeof content === 'string') this.#text(content, path, {}, priced)
    if (typeof content !== 'object' || content === null) return
    const directive = Array.isArray(content) ? undefined : directiveOf(content)
    if (directive === '$text') {
      const { $text: text, with: given = {} } = content as { $text: unknown; with?: JsonObject }
      const $text = typeof text === 'string' ? text : ''
      this.#text($text, [...path, '$text'], given, priced)
      this.content(given, [...path, 'with'], priced || showsPrice($text, given))
    } else if (directive === '$blocks') {
      const { $blocks } = content as { $blocks: unknown }
      for (const [i, block] of (Array.isArray($blocks) ? $blocks : []).entries()) {
        if (!isObject(block)) continue
        const { when, rank, content: within } = block as { when?: unknown; rank?: unknown; content?: unknown }
        const here = [...path, '$blocks', i]
        this.at(when, [...here, 'when'])
        this.at(rank, [...here, 'rank'])
        this.content(within, [...here, 'content'], priced)
      }
    } else if (directive === '$list' || directive === '$recent') {
      const selection = (content as Record<string, unknown>)[directive]
      const { prefer, else: otherwise } = isObject(selection) ? (selection as { prefer?: unknown; else?: unknown }) : {}
      this.at(prefer, [...path, directive, 'prefer'])
      this.content(otherwise, [...path, directive, 'else'], priced)
    } else {
      for (const [name, part] of Object.entries(content)) {
        this.content(part, [...path, Array.isArray(content) ? Number(name) : name], priced)
      }
    }
  }

  /** A text with a price in it, which may be another one for whom it asks about. A salutation without is none of this. */
  #text(source: string, path: Path, given: JsonObject, priced: boolean): void {
    if (!isTemplate(source) || !(priced || showsPrice(source, given))) return
    for (const [name, ...steps] of lookedAtIn(source)) {
      this.#name(steps, path)
      // Of what the caller tells of the traits nothing may be looked up that is not written here.
      const open = name === 'context' && steps.length === 1 && steps[0] === 'traits'
      if (open || steps.indexOf(null) > 0) this.#tell(path, 'a price must not depend on what is not named', NAMED)
    }
  }

  /** Who is shown another experience, as its audience and offer say, and which variant. An assignment is a hash, whoever is shown it. */
  required({ experience: key, state }: Requirement, path: Path): void {
    if (state !== 'seen') return
    this.through('experience', key, 'audience', path)
    this.through('experience', key, 'policy', path)
    this.through('experience', key, 'offer', path)
    this.through('experience', key, 'requires', path)
  }

  /** A rule of another definition. */
  through(kind: 'segment' | 'computedTrait' | 'experience', key: string, member: string, path: Path): void {
    const name = `${kind}/${key}/${member}`
    if (this.#seen.has(name)) return
    this.#seen.add(name)
    const body = this.#surroundings.find(kind, key)
    if (member === 'offer') this.at((body?.offer as Experience['offer'])?.eligibility, path, path)
    else if (member !== 'requires') this.at(body?.[member], path, path)
    else for (const one of (body?.requires ?? []) as unknown as readonly Requirement[]) this.required(one, path)
  }

  /** The first protected trait that a path leads to or through. */
  #name(path: readonly Json[], place: Path): void {
    const steps = path.map(step => (typeof step === 'string' ? folded(step) : ''))
    const found = this.#protected.find(([, trait]) =>
      steps.some((_, i) => trait.every((step, n) => step !== '' && step === steps[i + n])),
    )
    if (found !== undefined) this.#tell(place, `a price must not depend on the protected trait "${found[0]}"`, MEND)
  }

  #tell(place: Path, message: string, mend: string): void {
    const found = problem(place, message, mend)
    // A text may ask for it more than once.
    const known = this.problems.some(one => one.path === found.path && one.message === found.message)
    if (!known) this.problems.push(found)
  }
}

/** A name without what tells one way of writing it from another. */
function folded(name: string): string {
  return name.toLowerCase().replace(/[\s$_-]/g, '')
}

/** What is Liquid in a text. */
const LIQUID = /\{[{%][\s\S]*?[%}]\}/g

/** Whether a text shows a price: that of the person or the catalog's, by its name, in what it is given, or as some attribute of an item. */
function showsPrice(source: string, given: JsonObject): boolean {
  if (/price/i.test((source.match(LIQUID) ?? []).join())) return true
  if (/\$price|prices\s*[[.]/.test(JSON.stringify(given))) return true
  return namesIn(source).some(([name, ...steps]) => (name === 'items' || name === 'recent') && steps.includes(null))
}

/** What a text looks at of the person and of what the caller tells, by whatever names; nothing where it is no Liquid. */
function lookedAtIn(source: string): readonly (readonly Json[])[] {
  return orNothing(() => lookedAt(source, ['person', 'context']))
}

/** What a text names; nothing where it is no Liquid, which is told elsewhere. */
function namesIn(source: string): readonly (readonly Json[])[] {
  return orNothing(() => compileText(source, 'text').names.map(({ path }) => path))
}

function orNothing(read: () => readonly Named['path'][]): readonly (readonly Json[])[] {
  try {
    return read().map(path => path.map(step => step ?? null))
  } catch (error) {
    if (error instanceof TemplateError) return []
    throw error
  }
}
