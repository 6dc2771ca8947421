import { Meta } from 'typebox/schema'
import { boundedSchema, patternProblem, patternsOf } from '../content/boundedSchema.ts'
import type { Json } from '../json.ts'
import { type Path, type Problem, problem } from '../problem/problem.ts'
import { schemaProblems, show } from '../problem/schemaProblems.ts'
import { directiveProblems, sampleOf } from './directiveProblems.ts'
import type { Surroundings } from './references.ts'
import type { Touchpoint } from './touchpoint.ts'

const DRAFT = 'https://json-schema.org/draft/2020-12/schema'

/** What is wrong with a touchpoint's content schema itself: JSON Schema, draft 2020-12 unless it names another. */
export function contentSchemaProblems(schema: Record<string, unknown>, path: Path): Problem[] {
  const named = schema.$schema as keyof typeof Meta
  const meta = Object.hasOwn(Meta, named) ? Meta[named] : Meta[DRAFT]
  const problems = schemaProblems(meta, schema, path)
  return problems.length > 0
    ? problems
    : [...danglingReferences(schema, schema, path), ...unboundedPatterns(schema, path)]
}

/** What people write is held against them, so they must come to an end. */
function unboundedPatterns(schema: Record<string, unknown>, path: Path): Problem[] {
  return patternsOf(schema).flatMap(({ path: place, pattern }) => {
    const why = patternProblem(pattern)
    return why === undefined
      ? []
      : [
          problem(
            [...path, ...place],
            `${show(pattern)} cannot be used: ${why}`,
            'write it in RE2’s syntax, which has no look-around and no back-references',
          ),
        ]
  })
}

/** References must lead somewhere within the schema: nothing is fetched. */
function danglingReferences(schema: unknown, root: unknown, path: Path): Problem[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([name, part]) => {
    const here = [...path, Array.isArray(schema) ? Number(name) : name]
    if (name !== '$ref' || typeof part !== 'string') return danglingReferences(part, root, here)
    if (part === '#' || (part.startsWith('#/') && leadsSomewhere(part, root))) return []
    return [
      problem(here, `${show(part)} leads nowhere in this schema`, 'refer to a place in it, such as #/$defs/product'),
    ]
  })
}

function leadsSomewhere(reference: string, root: unknown): boolean {
  let here = root
  for (const step of reference.slice(2).split('/')) {
    const name = decodeStep(step)
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return false
    here = (here as Record<string, unknown>)[name]
  }
  return true
}

function decodeStep(step: string): string {
  return step.replaceAll('%25', '%').replaceAll('~1', '/').replaceAll('~0', '~')
}

/**
 * What is wrong with content for a touchpoint. null always fits: it leaves the place as it is. What stands for a catalog item
 * is not checked, since the catalog changes without the definitions; what is only known once a person asks is checked then.
 */
export function contentProblems(
  content: Json,
  { schema, format = 'text' }: Pick<Touchpoint, 'schema' | 'format'>,
  path: Path,
  surroundings?: Surroundings,
): Problem[] {
  const malformed = directiveProblems(content, { format, surroundings }, path)
  if (malformed.length > 0 || schema === undefined || content === null) return malformed
  const { sample, places } = sampleOf(content)
  try {
    return schemaProblems(boundedSchema(schema), sample, path, places)
  } catch (error) {
    // A schema that refers to itself without end, for one.
    const mend = "correct the touchpoint's schema"
    return [problem(path, `the touchpoint's schema cannot be followed: ${(error as Error).message}`, mend)]
  }
}
