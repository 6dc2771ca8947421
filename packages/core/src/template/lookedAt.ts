import { type Arguments, type Template, TypeGuards, Value } from 'liquidjs'
import { engineFor } from './engine.ts'
import { templateError } from './error.ts'
import type { Named } from './text.ts'

type Path = Named['path']
type Argument = Arguments extends Iterable<infer A> ? A : never
type Token = Exclude<Argument, Value>

/** Filters that look into the members of what they are given, or write them all down. */
const INTO = new Set('find find_index group_by has json map reject sort sort_natural sum where'.split(' '))

/** Of how many paths it is told, and of how many steps: no text of a person's traits has more. */
const MOST = 1000
const DEEPEST = 20

/**
 * Every path of one of these variables that a text looks at, also by the names that it gives to parts of it: `person.customer.plan`
 * in `{% assign c = person.customer %}{{ c.plan }}`. Where it looks through all there is, as in a loop, the next step is undefined.
 * Throws `TemplateError` where it is no Liquid.
 */
export function lookedAt(source: string, variables: readonly string[]): readonly Path[] {
  const looking = new Looking(variables)
  try {
    const templates = engineFor('text').parse(source)
    // In a loop a name may be used before it is given: until nothing more is found.
    while (looking.through(templates)) {}
  } catch (error) {
    throw templateError(error)
  }
  return looking.paths
}

class Looking {
  readonly #variables: readonly string[]
  /** By their texts. */
  readonly #paths = new Map<string, Path>()
  /** What the text's own names stand for. */
  readonly #names = new Map<string, Map<string, Path>>()

  constructor(variables: readonly string[]) {
    this.#variables = variables
  }

  get paths(): Path[] {
    return [...this.#paths.values()]
  }

  /** True where it has found more than before. */
  through(templates: readonly Template[]): boolean {
    let more = false
    for (const template of templates) {
      const block = [...(template.blockScope?.() ?? [])]
      const local = [...(template.localScope?.() ?? [])].map(({ content }) => content)
      for (const [i, argument] of [...(template.arguments?.() ?? [])].entries()) {
        // A loop is over its first argument; of a range these are but the ends.
        const isLooped = block.length > 0 && i === 0 && TypeGuards.isPropertyAccessToken(argument)
        for (const path of pathsOf(argument, token => this.#ofToken(token), isLooped)) {
          if (keep(this.#paths, path)) more = true
          for (const name of i === 0 ? [...block, ...local] : local) {
            const known = this.#names.get(name) ?? new Map<string, Path>()
            this.#names.set(name, known)
            if (keep(known, path)) more = true
          }
        }
      }
      const children = template.children?.(false, true).next()
      if (children?.done && this.through(children.value)) more = true
    }
    return more
  }

  #ofToken(token: Token): Path[] {
    if (TypeGuards.isRangeToken(token)) return [token.lhs, token.rhs].flatMap(end => this.#ofToken(end))
    if (!TypeGuards.isPropertyAccessToken(token)) return []
    const within = token.props.flatMap(prop => (TypeGuards.isPropertyAccessToken(prop) ? this.#ofToken(prop) : []))
    const [first, ...steps] = token.props.map(prop =>
      TypeGuards.isQuotedToken(prop) || TypeGuards.isNumberToken(prop) || TypeGuards.isWordToken(prop)
        ? prop.content
        : undefined,
    )
    if (typeof first !== 'string') return within
    const own: Path[] = this.#variables.includes(first) ? [[first, ...steps]] : []
    const named = [...(this.#names.get(first)?.values() ?? [])].map((path): Path => [...path, ...steps])
    return [...within, ...own, ...named]
  }
}

function pathsOf(argument: Argument, ofToken: (token: Token) => Path[], isLooped: boolean): Path[] {
  if (!(argument instanceof Value)) return ofToken(argument).map(path => (isLooped ? [...path, undefined] : path))
  const { initial, filters } = argument
  const isInto = filters.some(({ name }) => INTO.has(name))
  const read = initial.postfix.flatMap(token => (TypeGuards.isValueToken(token) ? ofToken(token) : []))
  const given = filters
    .flatMap(({ args }) => args.map(arg => (Array.isArray(arg) ? arg[1] : arg)))
    .flatMap(token => (token === undefined ? [] : ofToken(token)))
  return [...read.map(path => (isInto ? [...path, undefined] : path)), ...given]
}

function keep(known: Map<string, Path>, path: Path): boolean {
  const text = JSON.stringify(path)
  if (known.has(text) || known.size >= MOST || path.length > DEEPEST) return false
  known.set(text, path)
  return true
}
