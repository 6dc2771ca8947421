import { isUtf8 } from 'node:buffer'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import type { JsonObject } from '@espalier/core'
import { SCHEMAS } from '@espalier/core/definition'
import { plainProblems } from '@espalier/core/problem'
import { CliError, UsageError } from '../errors.ts'
import { parseYaml, type SourceDocument } from '../yaml.ts'

/** One definition as a file states it: `{kind, key, ...body}`. */
export interface StatedDefinition {
  readonly kind: string
  readonly key: string
  readonly body: JsonObject
  readonly file: string
  /** Which document of the file it is in, from 0. */
  readonly document: number
  /** Its place there, from 0, where the document is a list. */
  readonly item: number | undefined
  /** Line of what a path in the body leads to. */
  lineOf(path: string): number
}

const EXTENSIONS = ['.yaml', '.yml', '.json']

/** Every definition in the files, and in the files of the folders. One that states nothing understood stops everything. */
export function readDefinitions(paths: readonly string[]): StatedDefinition[] {
  const files = paths.flatMap(filesOf)
  if (files.length === 0) {
    throw new UsageError(`There are no definition files in ${paths.join(', ')}`, `They end in ${EXTENSIONS.join(', ')}`)
  }
  const stated = [...new Set(files)].flatMap(readFile)
  const seen = new Map<string, StatedDefinition>()
  for (const definition of stated) {
    const name = `${definition.kind} ${definition.key}`
    const other = seen.get(name)
    if (other) {
      throw new CliError(`${placeOf(definition, 'key')}: ${name} is stated in ${placeOf(other, 'key')} too`, {
        mend: 'Keep one of them',
      })
    }
    seen.set(name, definition)
  }
  return stated
}

/** `file:line` of a path in a definition. */
export function placeOf(definition: StatedDefinition, path: string): string {
  return `${definition.file}:${definition.lineOf(path)}`
}

/** Definition files in a folder, its folders included, in a stable order; hidden ones are left alone. */
export function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .filter(entry => !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const inner = join(path, entry.name)
      if (entry.isDirectory()) return filesOf(inner)
      return EXTENSIONS.includes(extname(entry.name)) ? [inner] : []
    })
}

/** The definitions of one file: YAML documents, or one JSON object or list of them. */
export function readFile(file: string): StatedDefinition[] {
  const shown = relative('.', file).startsWith('..') ? file : relative('.', file)
  const bytes = readFileSync(file)
  if (!isUtf8(bytes)) throw new UsageError(`${shown} is not UTF-8`, 'Save it as UTF-8')
  return parseYaml(bytes.toString('utf8'), shown).flatMap((source, document) =>
    Array.isArray(source.value)
      ? source.value.map((value, item) => definitionOf(value, source, shown, { document, item }, `[${item}].`))
      : [definitionOf(source.value, source, shown, { document, item: undefined }, '')],
  )
}

function definitionOf(
  value: unknown,
  source: SourceDocument,
  file: string,
  place: Pick<StatedDefinition, 'document' | 'item'>,
  prefix: string,
): StatedDefinition {
  const at = `${file}:${source.lineOf(prefix)}`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${at}: this is no definition`, 'Write `kind`, `key` and the fields of the definition')
  }
  const { kind, key, ...body } = value as Record<string, unknown>
  if (typeof kind !== 'string')
    throw new UsageError(`${at}: kind is missing`, `It is one of ${Object.keys(SCHEMAS).join(', ')}`)
  const named = key ?? (kind === 'settings' ? 'workspace' : undefined)
  if (typeof named === 'number')
    throw new UsageError(`${at}: the key ${named} is a number, not text`, 'Write it in quotes')
  if (typeof named !== 'string')
    throw new UsageError(`${at}: key is missing`, 'It names the definition, such as home-hero')
  // YAML can say what JSON cannot, and on its way to the server that would become something else.
  const [odd] = plainProblems(body)
  if (odd) {
    const where = `${file}:${source.lineOf(prefix + odd.path)}: ${odd.path === '' ? '' : `${odd.path}: `}`
    throw new UsageError(`${where}${odd.message}`, odd.mend.charAt(0).toUpperCase() + odd.mend.slice(1))
  }
  return { kind, key: named, body: body as JsonObject, file, ...place, lineOf: path => source.lineOf(prefix + path) }
}
