import { Compile } from 'typebox/schema'
import type { Json } from '../json.ts'
import { schemaProblems } from '../problem/schemaProblems.ts'
import { boundedSchema } from './boundedSchema.ts'
import type { Filled } from './compile.ts'

/** Whether content that was made for a person fits the touchpoint. null does; catalog items are taken to, as at publication. */
export type Fits = (made: Pick<Filled, 'content' | 'shown'>) => boolean

/** JSON Schema. */
type Schema = Readonly<Record<string, unknown>>

/** Undefined where anything fits. */
export function compileFits(schema: Schema | undefined): Fits | undefined {
  if (schema === undefined) return undefined
  let bounded: Schema | undefined
  let check: ((content: Json) => boolean) | undefined
  return ({ content, shown }) => {
    if (content === null) return true
    try {
      bounded ??= boundedSchema(schema)
      check ??= checkOf(bounded)
      if (check(content)) return true
      if (shown.size === 0) return false
      const places = placesOf(content, shown, '').map(pointer => ({ pointer, known: 'nothing' as const }))
      return schemaProblems(bounded, content, [], places).length === 0
    } catch {
      // A schema that refers to itself without end: publication could not tell, and nothing can be held against it.
      return true
    }
  }
}

/** Compiled only once somebody asks: it costs more than the rest of the touchpoint. */
function checkOf(schema: Schema): (content: Json) => boolean {
  const validator = Compile(schema)
  return content => validator.Check(content)
}

/** JSON pointers to where catalog items are. */
function placesOf(content: Json, shown: ReadonlySet<unknown>, pointer: string): string[] {
  if (typeof content !== 'object' || content === null) return []
  if (shown.has(content)) return [pointer]
  return Object.entries(content).flatMap(([name, part]) =>
    placesOf(part, shown, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
}
