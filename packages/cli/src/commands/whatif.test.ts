import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { built, type RunningServer, startedServer } from '../testing/server.ts'
import { espalier, temporaryFolder } from '../testing/shell.ts'

const DEFINITIONS = `
kind: touchpoint
key: hero
channel: web
---
kind: metric
key: bought
type: conversion
event: Bought
window: 1d
---
kind: experience
key: hello
tactic: content
touchpoints: [hero]
goal: bought
variants:
  - key: a
    content: { hero: A }
  - key: b
    content: { hero: B }
`

describe.skipIf(!built)('espalier whatif', () => {
  let server: RunningServer
  let folder: string
  const cli = (...args: string[]) => espalier(args, { url: server.url, secretKey: server.secretKey })
  beforeAll(async () => {
    server = await startedServer()
    folder = temporaryFolder()
    writeFileSync(join(folder, 'all.yaml'), DEFINITIONS)
    expect((await cli('push', folder)).code).toBe(0)
  })
  afterAll(() => server?.stop())

  it('refuses an empty log, and says what would be needed', async () => {
    const { code, output } = await cli('whatif', 'hello', '--variant', 'a')
    expect(code).toBe(0)
    expect(output).toMatch(/no decision/i)
    const file = join(folder, 'policy.json')
    writeFileSync(
      file,
      JSON.stringify({ kind: 'rules', rules: [{ when: { trait: 'plan', is: 'pro' }, variant: 'a' }] }),
    )
    const rules = await cli('whatif', 'hello', '--policy', file, '--json')
    expect(JSON.parse(rules.output)).toMatchObject({ verdict: 'refused', experience: 'hello' })
  })

  it('names what is wrong with the question', async () => {
    expect(await cli('whatif', 'hello')).toMatchObject({ code: 2 })
    expect((await cli('whatif', 'hello', '--variant', 'z')).errors).toContain('There is no variant "z"')
  })
})
