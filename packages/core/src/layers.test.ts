import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

/** Folders from the ground up: each may import those before it, and none after. */
const LAYERS = [
  'time',
  'random',
  'numeric',
  'bucket',
  'problem',
  'filter',
  'template',
  'identity',
  'event',
  'signal',
  'profile',
  'consent',
  'segment',
  'account',
  'policy',
  'content',
  'definition',
  'plan',
  'experiment',
  'result',
  'impact',
  'stream',
  'decision',
  'collision',
  'library',
  'whatif',
  'optimizer',
]

const ROOT = dirname(fileURLToPath(import.meta.url))

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return name.startsWith('testing') ? [] : filesIn(path)
    return /\.ts$/.test(name) && !/(\.test|^testing)\.ts$/.test(name) ? [path] : []
  })
}

const folderOf = (path: string) => relative(ROOT, path).split('/')[0]!

it('imports among the folders of core run one way', () => {
  const upwards = filesIn(ROOT).flatMap(path => {
    const from = folderOf(path)
    const imports = [...readFileSync(path, 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, to]) =>
      resolve(dirname(path), to!),
    )
    return imports
      .map(folderOf)
      .filter(to => !to.endsWith('.ts') && to !== from && LAYERS.indexOf(to) > LAYERS.indexOf(from))
      .map(to => `${relative(ROOT, path)} imports ${to}`)
  })
  expect(upwards).toEqual([])
})

it('every folder of core has its place', () => {
  const folders = readdirSync(ROOT).filter(name => statSync(join(ROOT, name)).isDirectory())
  expect(folders.filter(name => !LAYERS.includes(name))).toEqual([])
})
