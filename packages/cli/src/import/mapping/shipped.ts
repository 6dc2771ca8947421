import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../../errors.ts'
import { parseYaml } from '../../yaml.ts'
import { type Mapping, parseMapping } from './mapping.ts'
import { MappingProblem } from './problem.ts'

/** `packages/cli/mappings`, seen from both `src` and `dist`. */
const FOLDER = fileURLToPath(new URL('../../../mappings/', import.meta.url))

/** Names of the mappings that come with the command. */
export function shippedNames(): string[] {
  return readdirSync(FOLDER)
    .filter(name => name.endsWith('.yaml'))
    .map(name => basename(name, '.yaml'))
    .sort()
}

export function shippedMappings(now: number): Mapping[] {
  return shippedNames().map(name => readMapping(join(FOLDER, `${name}.yaml`), now))
}

/** `--mapping`: the name of a shipped mapping, or a file. */
export function findMapping(reference: string, now: number): Mapping {
  return readMapping(shippedNames().includes(reference) ? join(FOLDER, `${reference}.yaml`) : reference, now)
}

function readMapping(path: string, now: number): Mapping {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new UsageError(`There is no mapping "${path}"`, `Name a file, or one of ${shippedNames().join(', ')}`)
  }
  const documents = parseYaml(text, path)
  const source = documents[0]
  if (!source || documents.length > 1)
    throw new UsageError(`${path} must hold one mapping`, 'packages/cli/mappings/README.md describes mappings')
  try {
    return parseMapping(source.value, basename(path).replace(/\.[^.]+$/, ''), now)
  } catch (error) {
    if (!(error instanceof MappingProblem)) throw error
    throw new UsageError(`${path}:${source.lineOf(error.path)}: ${error.path || 'the mapping'} ${error.message}`)
  }
}
