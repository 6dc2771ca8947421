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

  it('--control judges the default content for everybody by those who had it', async () => {
    // Of ten people four get a, two b, and four the default content, one of whom buys.
    const ARMS = ['a', 'a', 'a', 'a', 'b', 'b', '', '', '', ''] as const
    const shares = { a: 0.4, b: 0.2, '': 0.4 }
    const items = Array.from({ length: 400 }, (_, i) => {
      const [arm, place] = [ARMS[i % 10]!, { userId: `shown-${i}` }]
      const shown = { touchpoint: 'hero', experience: 'hello', variant: arm, propensity: shares[arm] }
      const bought = { type: 'track', ...place, event: 'Bought', timestamp: '2026-03-10T13:00:00Z' }
      return [
        { type: 'decision', ...place, timestamp: '2026-03-10T12:00:00Z', ...shown },
        ...(i % 10 === 0 || i % 10 === 9 ? [bought] : []),
      ]
    }).flat()
    const taken = await fetch(new URL('/v1/import', server.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ file: 'c'.repeat(64), items: items.map((item, row) => ({ row, ...item })) }),
    })
    expect(await taken.json()).toMatchObject({ stored: 480, errors: [] })
    const asked = await cli('whatif', 'hello', '--control', '--json')
    expect(asked).toMatchObject({ code: 0 })
    const report = JSON.parse(asked.output)
    expect(report).toMatchObject({ verdict: 'answered', overlap: { decisions: 400 } })
    expect(report.estimators.ips.value).toBeCloseTo(0.25, 9)
    const { code, output } = await cli('whatif', 'hello', '--control')
    expect(code).toBe(0)
    expect(output).toMatch(/ips +0\.25 /)
    expect(output).toMatch(/\(default\) +160 +400/)
    expect(output).toMatch(/^ *a +160 +0$/m)
    expect(output).toContain(report.sentence)
    expect(output).toContain('400 decisions of 400 people, which tell as much as 160')
    expect(await cli('whatif', 'hello', '--control', '--variant', 'a')).toMatchObject({ code: 2 })
  })

  it('names what is wrong with the question', async () => {
    expect(await cli('whatif', 'hello')).toMatchObject({ code: 2 })
    expect((await cli('whatif', 'hello', '--variant', 'z')).errors).toContain('There is no variant "z"')
  })
})
