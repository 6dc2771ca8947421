import { readdirSync, readFileSync } from 'node:fs'
import { validate } from '@espalier/core/definition'
import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { buildProgram } from './program.ts'
import { testShell } from './testing/shell.ts'

const root = new URL('../../../', import.meta.url)
const pages = ['README.md', ...readdirSync(new URL('docs/guides', root)).map(name => `docs/guides/${name}`)]
  .filter(path => path.endsWith('.md'))
  .map(path => ({ path, text: readFileSync(new URL(path, root), 'utf8') }))

const blocks = (language: string) =>
  pages.flatMap(({ path, text }) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block]) => ({
      path,
      block: block!,
    })),
  )

const definitions = blocks('yaml').flatMap(({ path, block }) =>
  parseAllDocuments(block).map((document, index) => ({
    path,
    index,
    body: document.toJS() as Record<string, unknown>,
  })),
)

/** What an experience must have, where a guide shows only what it is about. */
const experience = {
  tactic: 'content',
  touchpoints: ['home.hero'],
  goal: 'bought',
  variants: ['a', 'b'].map(key => ({ key, content: { 'home.hero': 'Hi' } })),
}

it.each(definitions)('a definition shown in $path is one ($body)', ({ body: { kind, key, ...body } }) => {
  const said = typeof kind === 'string' ? kind : 'policy' in body ? 'experience' : 'settings'
  const whole = said === 'experience' ? { ...experience, ...body } : body
  const name = typeof key === 'string' ? key : said === 'settings' ? 'workspace' : 'shown'
  expect(validate(said, name, whole)).toEqual([])
})

const commands = blocks('sh').flatMap(({ path, block }) =>
  block.split('\n').flatMap(line => {
    const [, args] = /^npx espalier (.*)$/.exec(line) ?? []
    return args === undefined ? [] : [{ path, args }]
  }),
)

it.each(commands)('a command shown in $path is understood: espalier $args', async ({ args }) => {
  const shell = testShell()
  const program = buildProgram(shell)
  let isUnderstood = false
  for (const command of everyCommand(program)) {
    command.action(() => {
      isUnderstood = true
    })
  }
  await program.parseAsync(words(args), { from: 'user' })
  expect(isUnderstood).toBe(true)
})

it('both were found', () => {
  expect(definitions.length).toBeGreaterThan(10)
  expect(commands.length).toBeGreaterThan(25)
})

/** As a shell would take them apart, up to a comment or where the output goes. */
function words(line: string): string[] {
  const found: string[] = []
  for (const [, quoted, double, bare] of line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)) {
    if (bare === '#' || bare === '>') break
    found.push(quoted ?? double ?? bare!)
  }
  return found
}

function* everyCommand(command: Command): Generator<Command> {
  for (const child of command.commands) {
    yield child
    yield* everyCommand(child)
  }
}
