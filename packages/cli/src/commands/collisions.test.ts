import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { built, type RunningServer, startedServer } from '../testing/server.ts'
import { espalier, temporaryFolder } from '../testing/shell.ts'

const experience = (key: string, more = '') => `
---
kind: experience
key: ${key}
tactic: content
touchpoints: [hero]
${more}
variants:
  - key: a
    content: { hero: A }
`

describe.skipIf(!built)('espalier collisions', () => {
  let server: RunningServer
  const cli = (...args: string[]) => espalier(args, { url: server.url, secretKey: server.secretKey })
  beforeAll(async () => {
    server = await startedServer()
  })
  afterAll(() => server?.stop())

  it('shows what would collide before it is published, and what does', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'all.yaml'), `kind: touchpoint\nkey: hero\nchannel: web\n${experience('one')}`)
    expect((await cli('push', folder)).code).toBe(0)
    expect((await cli('collisions')).output).toBe('No collisions.\n')
    const draft = join(folder, 'draft.yaml')
    writeFileSync(draft, experience('two', 'status: draft').replace('---', ''))
    const planned = await cli('collisions', draft)
    expect(planned.output).toMatch(
      /^never-shown "two" is never shown at hero: it always goes to "one" first\n +give "two"/,
    )
    expect((await cli('collisions')).output).toBe('No collisions.\n')
    expect((await cli('push', draft)).code).toBe(0)
    const { collisions } = JSON.parse((await cli('collisions', '--json')).output)
    expect(collisions).toMatchObject([{ kind: 'never-shown', experiences: ['one', 'two'] }])
  })
})
