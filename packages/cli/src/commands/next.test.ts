import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Api } from '../http/api.ts'
import { fakeApi } from '../testing/fakeApi.ts'
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
control: 0.5
variants:
  - key: a
    content: { hero: A }
`
const HOUR = 3_600_000
const DAY = 24 * HOUR

describe.skipIf(!built)('espalier next', () => {
  let server: RunningServer
  const cli = (...args: string[]) => espalier(args, { url: server.url, secretKey: server.secretKey })
  beforeAll(async () => {
    server = await startedServer()
  })
  afterAll(() => server?.stop())

  it('of a server that has just begun: nothing to do', async () => {
    expect((await cli('next')).output).toBe('Nothing has been looked at yet. Look now with --now.\n')
    expect((await cli('next', '--now')).output).toMatch(/^Nothing to do: 0 running experiences looked at\. \(as of /)
    expect((await cli('next', '--record')).output).toBe('No promise has been measured yet.\n')
  })

  it('shows what is expected, why, and what to do; and takes what became of it', async () => {
    const file = join(temporaryFolder(), 'all.yaml')
    writeFileSync(file, DEFINITIONS)
    expect((await cli('push', file)).code).toBe(0)
    // Every seventh of those left out buys, and three in seven of the others.
    const items = Array.from({ length: 700 }, (_, i) => {
      const at = Date.now() - 2 * HOUR - (i % 10) * DAY
      const [userId, variant] = [`u${i}`, i % 2 === 0 ? '' : 'a']
      const who = { type: 'decision', touchpoint: 'hero', experience: 'hello', propensity: 0.5 }
      const bought = {
        row: 1000 + i,
        type: 'track',
        userId,
        event: 'Bought',
        timestamp: new Date(at + 1000).toISOString(),
      }
      return [
        { row: i, userId, timestamp: at, variant, ...who },
        ...(i % 7 < (variant === 'a' ? 3 : 1) ? [bought] : []),
      ]
    }).flat()
    const api = new Api({ url: server.url, key: server.secretKey })
    expect(await api.request('POST', '/v1/import', { body: { file: 'f'.repeat(64), items } })).toMatchObject({
      errors: [],
    })
    const { output, code } = await cli('next', '--now')
    expect(code).toBe(0)
    expect(output).toMatch(/^do +at +for +metric +expected +interval +a month\n/)
    expect(output).toMatch(/\ndeclare +hello +bought +\+200\.0 % +\+\S+ % to \+\S+ % +[\d,]+ bought\n/)
    expect(output).toContain('"hello" works: bought is +200 %')
    expect(output).toContain('Make its control group 10 % instead of 50 %')
    const id = /^declare~hello~~bought~\S+$/m.exec(output)![0]
    expect((await cli('next', 'done', id, '--note', 'smaller control group')).output).toMatch(
      /is done, and is measured on \d{4}-\d\d-\d\d\.\n$/,
    )
    expect((await cli('next')).output).toMatch(/^Nothing to do: 1 running experience looked at\./)
    expect((await cli('next', '--record')).output).toMatch(/declare~hello~~bought~\S+ +done +\+200\.0 % \(/)
    expect((await cli('next', 'dismiss', id)).errors).toContain('is done already')
  }, 300_000)

  it('names what is wrong with what is asked', async () => {
    expect(await cli('next', 'undo', 'x')).toMatchObject({ code: 2 })
    expect(await cli('next', 'done')).toMatchObject({ code: 2 })
    expect((await cli('next', 'done', 'declare~nothing')).errors).toContain('There is no suggestion')
  })
})

it('shows what was measured weeks later beside what was promised', async () => {
  const expected = { metric: 'bought', lift: 0.2, interval: [0.1, 0.3], direction: 'up', monthly: null }
  const suggestion = { kind: 'declare', about: {}, reason: '', evidence: {}, expected, action: { say: '' } }
  const outcome = { lift: 0.15, interval: [0.05, 0.25], by: 'control group', inside: true }
  const record = [{ id: 'declare~hero', state: 'measured', suggestion, first: 0, last: 0, outcome }]
  const calibration = { sentence: 'Of 1 promise that was measured, 1 came out inside.' }
  const { url } = await fakeApi(() => ({ status: 200, body: { record, calibration } }))
  const { output } = await espalier(['next', '--record'], { url, secretKey: 'x' })
  expect(output).toMatch(
    /declare~hero +measured +\+20\.0 % \(\+10\.0 % to \+30\.0 %\) +\+15\.0 % .*inside +control group\n/,
  )
  expect(output).toContain('Of 1 promise that was measured')
})
