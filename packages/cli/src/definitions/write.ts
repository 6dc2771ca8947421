import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { type Alias, Document, isNode, isScalar, type Node, parseAllDocuments, visit } from 'yaml'
import { makeFolder } from '../folder.ts'
import { DIALECT } from '../yaml.ts'
import { filesOf, readFile, type StatedDefinition } from './files.ts'
import type { LiveDefinition, LiveSet } from './live.ts'
import { orderedBody, sameBody } from './normal.ts'

export interface Pulled {
  readonly created: string[]
  readonly updated: string[]
  readonly unchanged: number
  /** In the folder and not live: left alone. */
  readonly local: { kind: string; key: string; file: string }[]
}

const FOLDERS: Record<string, string> = {
  touchpoint: 'touchpoints',
  experience: 'experiences',
  metric: 'metrics',
  segment: 'segments',
  computedTrait: 'computed-traits',
  settings: '.',
}

/**
 * Brings a folder to what is live: a file a definition where it has none yet, otherwise the file that states it. A file that
 * already says the same is not touched, whatever its layout, order and comments.
 */
export function writeDefinitions(folder: string, set: LiveSet): Pulled {
  const stated = existsSync(folder) ? filesOf(folder).flatMap(readFile) : []
  const byName = new Map(stated.map(definition => [`${definition.kind} ${definition.key}`, definition]))
  const created: string[] = []
  const updated = new Set<string>()
  let unchanged = 0
  for (const definition of set.definitions) {
    const name = `${definition.kind} ${definition.key}`
    if (definition.archived) continue
    const known = byName.get(name)
    byName.delete(name)
    if (known === undefined) created.push(create(folder, definition))
    else if (sameBody(definition.kind, definition.key, known.body, definition.body)) unchanged++
    else updated.add(replace(known, definition))
  }
  const local = [...byName.values()].map(({ kind, key, file }) => ({ kind, key, file }))
  return { created, updated: [...updated], unchanged, local }
}

function create(folder: string, definition: LiveDefinition): string {
  const path = freePath(join(folder, FOLDERS[definition.kind] ?? definition.kind, fileName(definition)))
  write(path, yamlOf(definition))
  return path
}

/** A file of that name may be there and state something else, such as a draft: it is not ours to write over. */
function freePath(name: string): string {
  for (let n = 1; ; n++) {
    const path = `${name}${n === 1 ? '' : `-${n}`}.yaml`
    if (!existsSync(path)) return path
  }
}

function fileName({ kind, key }: LiveDefinition): string {
  return kind === 'settings' ? 'settings' : key
}

/** Puts the live body in the place of the stated one; other definitions of the file stay as they are written. */
function replace(stated: StatedDefinition, definition: LiveDefinition): string {
  const text = readFileSync(stated.file, 'utf8')
  write(
    stated.file,
    extname(stated.file) === '.json' ? inJson(text, stated, definition) : inYaml(text, stated, definition),
  )
  return stated.file
}

function inJson(text: string, { item }: StatedDefinition, definition: LiveDefinition): string {
  const parsed = JSON.parse(text.replace(/^\uFEFF/, '')) as unknown
  const value = Array.isArray(parsed)
    ? parsed.map((other: unknown, i) => (i === item ? fieldsOf(definition) : other))
    : fieldsOf(definition)
  return `${JSON.stringify(value, null, 2)}\n`
}

function inYaml(text: string, { document: place, item }: StatedDefinition, definition: LiveDefinition): string {
  const documents = (parseAllDocuments(text, DIALECT) as Document[]).filter(document => document.contents !== null)
  const document = documents[place]!
  writeOut(document, item === undefined ? document.contents : document.getIn([item], true))
  if (item === undefined) replaceContents(document, definition)
  else document.setIn([item], document.createNode(fieldsOf(definition)))
  return documents
    .map(document =>
      writtenNames(document)
        .toString(STYLE)
        .replace(/^---\n/, ''),
    )
    .join('---\n')
}

/** What else refers to anchors inside of what is about to go gets its own copy of what they stand for. */
function writeOut(document: Document, going: unknown): void {
  if (!isNode(going)) return
  const inside = new Set<unknown>()
  visit(going, { Node: (_, node) => void inside.add(node) })
  const copies = new Map<Alias, unknown>()
  visit(document, {
    Alias(_, alias) {
      const meant = alias.resolve(document)
      if (meant !== undefined && inside.has(meant) && !inside.has(alias)) copies.set(alias, meant.toJS(document))
    },
  })
  visit(document, { Alias: (_, alias) => (copies.has(alias) ? document.createNode(copies.get(alias)) : undefined) })
}

/** Comments inside a body go with it; the one above it stays. */
function replaceContents(document: Document, definition: LiveDefinition): void {
  const above = isNode(document.contents) ? document.contents.commentBefore : undefined
  const contents = document.createNode(fieldsOf(definition))
  if (above && isNode(contents)) contents.commentBefore = above
  document.contents = contents as typeof document.contents
}

/** Fields that are called `<<` keep their name: written bare, it would say that their value is merged into what they stand in. */
function writtenNames<Root extends Node | Document>(root: Root): Root {
  visit(root, {
    Pair(_, { key }) {
      // What does stand for a merge has a symbol there.
      if (isScalar(key) && key.value === '<<')
        Object.assign(key, { type: 'QUOTE_DOUBLE', tag: 'tag:yaml.org,2002:str' })
    },
  })
  return root
}

const STYLE = { lineWidth: 120 } as const

function yamlOf(definition: LiveDefinition): string {
  return writtenNames(new Document(fieldsOf(definition))).toString(STYLE)
}

function fieldsOf({ kind, key, body }: LiveDefinition): Record<string, unknown> {
  return { kind, ...(kind === 'settings' ? {} : { key }), ...orderedBody(kind, body) }
}

/** Whole or not at all: a broken pull must not leave half a file. */
function write(path: string, text: string): void {
  makeFolder(dirname(path))
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
