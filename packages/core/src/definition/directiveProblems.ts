import Type, { type TSchema } from 'typebox'
import {
  Block,
  DIRECTIVES,
  type DirectiveName,
  directiveOf,
  ListDirective,
  MAX_BLOCKS,
  meantBy,
  RecentDirective,
} from '../content/directives.ts'
import { VARIABLES } from '../content/text.ts'
import type { Json, JsonObject } from '../json.ts'
import { type Path, type Problem, problem } from '../problem/problem.ts'
import { schemaProblems, show, type Unknown } from '../problem/schemaProblems.ts'
import { nearest } from '../problem/suggest.ts'
import { dateFormatProblems } from '../template/date.ts'
import type { TextFormat } from '../template/engine.ts'
import { TemplateError } from '../template/error.ts'
import { compileText, isTemplate, type Named, type TextTemplate } from '../template/text.ts'
import { conditionProblems } from './conditionProblems.ts'
import type { Surroundings } from './references.ts'

const closed = { additionalProperties: false } as const
const ItemId = Type.String({ minLength: 1, maxLength: 200 })

const SHAPES: Readonly<Record<DirectiveName, TSchema>> = {
  $item: Type.Object({ $item: ItemId }, closed),
  $price: Type.Object({ $price: ItemId }, closed),
  $offer: Type.Object({ $offer: Type.Literal(true) }, closed),
  $text: Type.Object(
    {
      $text: Type.String(),
      with: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Za-z_]\\w{0,99}$' }), Type.Unknown())),
    },
    closed,
  ),
  $blocks: Type.Object({ $blocks: Type.Array(Block, { maxItems: MAX_BLOCKS }) }, closed),
  $list: Type.Object({ $list: ListDirective }, closed),
  $recent: Type.Object({ $recent: RecentDirective }, closed),
}

/** Where content is shown. */
export interface Place {
  readonly format: TextFormat
  /** What its conditions may name; left out: whatever they name is taken to be there. */
  readonly surroundings?: Surroundings | undefined
}

/** The name of a member that nobody would give one: a text in Liquid that was read as an object within an object. */
const UNQUOTED = /^\{ .* \}$/s

/** What is wrong with the directives and texts in content, whatever the touchpoint's schema says. */
export function directiveProblems(content: Json, place: Place, path: Path): Problem[] {
  if (typeof content === 'string') return isTemplate(content) ? textProblems(content, [], place, path) : []
  if (typeof content !== 'object' || content === null) return []
  if (Array.isArray(content)) return content.flatMap((part, i) => directiveProblems(part, place, [...path, i]))
  const directive = directiveOf(content)
  if (directive === undefined) {
    return Object.entries(content).flatMap(([name, part]) => {
      const meant = meantBy(name)
      if (UNQUOTED.test(name) && (part === null || part === '')) {
        const message = `${show(content)} is what YAML makes of {{ … }} without quotes`
        return [problem(path, message, 'put the whole text into quotes: "{{ … }}"')]
      }
      if (meant === undefined) return directiveProblems(part, place, [...path, name])
      const mend = `did you mean "${meant}"? What is content needs a name less like it`
      return [problem([...path, name], `"${name}" stands for nothing`, mend)]
    })
  }
  const more = DIRECTIVES.filter(name => Object.hasOwn(content, name))
  if (more.length > 1) {
    return [problem(path, `${show(content)} is ${more.join(' and ')} at once`, 'make each its own object')]
  }
  const shape = schemaProblems(SHAPES[directive], content, path)
  if (shape.length === 0) return WITHIN[directive](content, place, path)
  if (directive !== '$item' && directive !== '$price') return shape
  return [problem(path, `${show(content)} stands for no item`, `write {"${directive}": "id"} and nothing else in it`)]
}

type Within = (content: JsonObject, place: Place, path: Path) => Problem[]

const nothing: Within = () => []

const selectionProblems =
  (name: '$list' | '$recent'): Within =>
  (content, place, path) => {
    const selection = content[name] as JsonObject
    return selection.else === undefined ? [] : directiveProblems(selection.else, place, [...path, name, 'else'])
  }

/** What the shape of a directive cannot say. */
const WITHIN: Readonly<Record<DirectiveName, Within>> = {
  $item: nothing,
  $price: nothing,
  $offer: nothing,
  $list: selectionProblems('$list'),
  $recent: selectionProblems('$recent'),
  $text({ $text, with: given = {} }, place, path) {
    const contents = given as JsonObject
    return [
      ...Object.entries(contents).flatMap(([name, part]) => directiveProblems(part, place, [...path, 'with', name])),
      ...textProblems($text as string, Object.keys(contents), place, [...path, '$text']),
    ]
  },
  $blocks({ $blocks }, place, path) {
    const list = $blocks as unknown as readonly Block[]
    return list.flatMap((block, i) => blockProblems(block, list, i, place, [...path, '$blocks', i]))
  },
}

function blockProblems(block: Block, list: readonly Block[], i: number, place: Place, path: Path): Problem[] {
  const first = list.findIndex(({ key }) => key === block.key)
  return [
    ...(first === i
      ? []
      : [problem([...path, 'key'], `block ${first} is called "${block.key}" already`, 'give each block its own key')]),
    ...(block.when === undefined
      ? []
      : conditionProblems(block.when, [...path, 'when'], 'audience', place.surroundings)),
    ...(Array.isArray(block.rank)
      ? block.rank.flatMap((rule: { when: unknown }, n) =>
          conditionProblems(rule.when, [...path, 'rank', n, 'when'], 'audience', place.surroundings),
        )
      : []),
    ...(block.content === undefined ? [] : directiveProblems(block.content, place, [...path, 'content'])),
  ]
}

function textProblems(source: string, given: readonly string[], place: Place, path: Path): Problem[] {
  let template: TextTemplate
  try {
    template = compileText(source, place.format)
  } catch (error) {
    return [
      problem(path, (error as Error).message, 'correct the Liquid in it; {% raw %} … {% endraw %} shows it as it is'),
    ]
  }
  const names = [
    ...template.names.flatMap(named => nameProblems(named, given, path)),
    ...dateFormatProblems(source).map(message => problem(path, message, 'write the time with one of those')),
  ]
  return names.length > 0 ? names : loopProblems(template, path)
}

/** Variables that are known, and named so that one can see what they show. */
function nameProblems(
  { path: [name, second], line, path: full }: Named,
  given: readonly string[],
  path: Path,
): Problem[] {
  const where = line === 1 ? '' : ` in line ${line}`
  if (typeof name === 'string' && given.includes(name)) return []
  if (typeof name !== 'string' || !Object.hasOwn(VARIABLES, name)) {
    const mend = nearest(String(name), [...Object.keys(VARIABLES), ...given], 'variables')
    return [problem(path, `there is no variable "${String(name)}"${where}`, mend)]
  }
  if (!['person', 'items', 'prices', 'context'].includes(name) || (full.length > 1 && typeof second === 'string'))
    return []
  return [problem(path, `"${name}" as a whole is not shown${where}`, `name ${VARIABLES[name]}`)]
}

/** A text that goes beyond its bounds even when there is nothing to say always does. */
function loopProblems(template: TextTemplate, path: Path): Problem[] {
  try {
    template.render({}, 'UTC')
    return []
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return /limit exceeded|steps|writes more/.test(error.message)
      ? [problem(path, error.message, 'let it loop less, or write less')]
      : []
  }
}

/** Content as it may be shown to somebody, to be held against a schema. */
export function sampleOf(content: Json): { readonly sample: Json; readonly places: readonly Unknown[] } {
  const places: Unknown[] = []
  return { sample: sampled(content, '', places), places }
}

function sampled(content: Json, pointer: string, places: Unknown[]): Json {
  if (typeof content === 'string') {
    if (isTemplate(content)) places.push({ pointer, known: 'type' })
    return content
  }
  if (typeof content !== 'object' || content === null) return content
  if (Array.isArray(content)) return content.map((part, i) => sampled(part, `${pointer}/${i}`, places))
  const directive = directiveOf(content)
  switch (directive) {
    case undefined:
      return Object.fromEntries(
        Object.entries(content).map(([name, part]) => [name, sampled(part, `${pointer}/${escaped(name)}`, places)]),
      )
    case '$blocks':
      places.push({ pointer, known: 'type' })
      return (content.$blocks as unknown as readonly Block[]).map(({ key, content: block = key }, i) =>
        sampled(block as Json, `${pointer}/${i}`, places),
      )
    case '$text':
      places.push({ pointer, known: 'type' })
      return ''
    case '$list':
    case '$recent':
      places.push({ pointer, known: 'type' })
      return []
    default:
      places.push({ pointer, known: 'nothing' })
      return {}
  }
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
