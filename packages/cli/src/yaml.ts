import { type Document, isCollection, isPair, isScalar, LineCounter, type Node, parseAllDocuments } from 'yaml'
import { UsageError } from './errors.ts'

/** One document of a YAML or JSON file, with the lines of its parts. */
export interface SourceDocument {
  readonly value: unknown
  readonly document: Document
  /** Line, from 1, of what a path such as `variants[1].weight` leads to, or of the nearest part above it. */
  lineOf(path: string): number
}

/** YAML 1.2, where besides `<<` stands for what is merged in: YAML no longer says so, and everybody still writes it. */
export const DIALECT = { merge: true } as const

/** Parses a YAML file (JSON is YAML), every document of it. Throws `UsageError` with the line of what cannot be read. */
export function parseYaml(text: string, file: string): SourceDocument[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    ...DIALECT,
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    maxAliasCount: 100,
  } as never)
  if (!Array.isArray(documents)) return []
  const sources: SourceDocument[] = []
  for (const document of documents) {
    const error = document.errors[0]
    if (error) {
      const { line, col } = lines.linePos(error.pos[0])
      throw new UsageError(
        `${file}:${line}:${col}: ${firstLine(error.message)}`,
        'Mend the YAML and run the command again',
      )
    }
    if (document.contents === null) continue
    sources.push({ value: plainOf(document, file), document, lineOf: path => lineOf(document, lines, path) })
  }
  return sources
}

function plainOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw new UsageError(`${file}: ${firstLine((cause as Error).message)}`, 'Write it out instead of using aliases')
  }
}

function lineOf(document: Document, lines: LineCounter, path: string): number {
  let node: unknown = document.contents
  let offset = start(node) ?? 0
  for (const step of stepsOf(path)) {
    if (!isCollection(node)) break
    const pair = node.items.find(item => isPair(item) && isScalar(item.key) && String(item.key.value) === step)
    offset = start(isPair(pair) ? pair.key : node.get(Number(step), true)) ?? offset
    node = isPair(pair) ? pair.value : node.get(Number(step), true)
  }
  return lines.linePos(offset).line
}

/** `variants[1].content["home.hero"].title` step by step. */
function stepsOf(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|[^.[\]]+/g)].map(match => match[1] ?? match[0])
}

function start(node: unknown): number | undefined {
  return (node as Node | undefined | null)?.range?.[0]
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.replace(/:$/, '')
}
