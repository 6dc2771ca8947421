import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { built, type RunningServer, startedServer } from '../testing/server.ts'
import { espalier, temporaryFile, temporaryFolder } from '../testing/shell.ts'

if (!built) console.warn('Commands against a running server are skipped: the command is not built (npm run build)')

const DEFINITIONS = `
kind: touchpoint
key: home.hero
channel: web
schema: { type: object, properties: { title: { type: string } }, required: [title] }
default: { title: Welcome }
---
kind: metric
key: orders
type: conversion
event: Order Completed
---
kind: experience
key: hello
tactic: content
touchpoints: [home.hero]
control: 0
variants:
  - key: warm
    content: { home.hero: { title: Hello } }
goal: orders
---
kind: settings
holdout: 0
`

describe.skipIf(!built)('commands against a running server', () => {
  let server: RunningServer
  let folder: string
  const options = () => ({ url: server.url, secretKey: server.secretKey })
  const cli = (...args: string[]) => espalier(args, options())

  beforeAll(async () => {
    server = await startedServer()
    folder = temporaryFolder()
    writeFileSync(join(folder, 'all.yaml'), DEFINITIONS)
  })
  afterAll(async () => {
    await server?.stop()
  })

  it('diff shows what push would do; push does it; then there is no difference', async () => {
    const before = await cli('diff', folder)
    expect(before).toMatchObject({ code: 0, errors: '' })
    expect(before.output).toContain('+ experience hello')
    expect(before.output).toContain('variants: [{"key":"warm"')
    const pushed = await cli('push', folder)
    expect(pushed.output).toContain('created  touchpoint home.hero (version 1)')
    expect(pushed.output).toContain('4 changed, 0 unchanged')
    expect((await cli('diff', folder)).output).toBe('No differences.\n')
    expect((await cli('push', folder)).output).toContain('0 changed, 4 unchanged')
  })

  it('a change is shown by its path, before and after', async () => {
    writeFileSync(join(folder, 'all.yaml'), DEFINITIONS.replace('title: Hello', 'title: Hi'))
    const { output } = await cli('diff', folder)
    expect(output).toMatch(
      /^~ experience hello .*all\.yaml\n {4}variants\[warm\]\.content\.home\.hero\.title: "Hello" → "Hi"\n$/,
    )
    expect((await cli('push', folder)).output).toContain('updated  experience hello (version 2)')
  })

  it('a broken file publishes nothing, and is named with its line, path and mend', async () => {
    const other = temporaryFolder()
    writeFileSync(join(other, 'a.yaml'), 'kind: metric\nkey: fine\ntype: conversion\nevent: E\n')
    writeFileSync(
      join(other, 'b.yaml'),
      'kind: experience\nkey: broken\ntactic: content\ntouchpoints: [home.hero]\nvariants:\n  - key: a\n    content:\n      home.hero: { titel: Hello }\n',
    )
    const { code, errors } = await cli('push', other)
    expect(code).toBe(1)
    expect(errors).toMatch(/b\.yaml:\d+: variants\[0\]\.content/)
    expect(errors).toMatch(/othing was published/)
    const live = await cli('diff', folder, '--prune')
    expect(live.output).toBe('No differences.\n')
  })

  it('pull writes what is live, and again changes nothing; push --prune archives what is in no file', async () => {
    const pulled = temporaryFolder()
    expect((await cli('pull', pulled)).output).toContain('4 written, 0 unchanged')
    expect(readFileSync(join(pulled, 'experiences/hello.yaml'), 'utf8')).toContain('title: Hi')
    expect((await cli('pull', pulled)).output).toBe('0 written, 4 unchanged\n')
    expect((await cli('diff', pulled)).output).toBe('No differences.\n')

    const extra = temporaryFile('extra.yaml', 'kind: metric\nkey: extra\ntype: conversion\nevent: E\n')
    await cli('push', extra)
    expect((await cli('diff', pulled, '--prune')).output).toContain('- metric extra')
    expect((await cli('push', pulled, '--prune')).output).toContain('archived metric extra')
    expect((await cli('diff', pulled, '--prune')).output).toBe('No differences.\n')
  })

  it('files that state nothing do not archive everything', async () => {
    const cutOff = temporaryFile('cut-off.yaml', '# the rest was never written\n')
    for (const command of ['push', 'diff']) {
      const { code, errors } = await cli(command, cutOff, '--prune')
      expect(code).toBe(2)
      expect(errors).toContain('The files state no definition: with --prune, everything live would be archived')
    }
    expect((await cli('diff', folder, '--prune')).output).toBe('No differences.\n')
  })

  it('decide answers, and says why', async () => {
    const { code, output } = await cli('decide', '--user-id', 'ada', '--touchpoint', 'home.hero', '--explain')
    expect(code).toBe(0)
    expect(output).toContain('home.hero: warm (assigned by hello version 2')
    expect(output).toContain('"title": "Hi"')
    const json = await cli('decide', '--anonymous-id', 'b1', '--touchpoint', 'home.hero', '--json')
    expect(JSON.parse(json.output)).toMatchObject({
      answers: { 'home.hero': { variant: 'warm', content: { title: 'Hi' } } },
    })
    expect((await cli('decide', '--user-id', 'ada', '--touchpoint', 'home.hero', '--preview', 'hello=cold')).code).toBe(
      1,
    )
  })

  it('report gives totals and a sentence for each experience', async () => {
    await cli('decide', '--user-id', 'ada', '--touchpoint', 'home.hero', '--expose')
    const events = temporaryFile(
      'e.csv',
      'user_id,event,timestamp,total,currency,country\nada,Order Completed,2024-05-01,12.5,EUR,France\n',
    )
    expect((await cli('import', events)).output).toContain('1 taken in, 0 were there already')
    const { output } = await cli('report')
    expect(output).toMatch(/^1 person, \d+ events, \d+ decisions, 1 exposure, /)
    expect(output).toContain('Order Completed')
    expect(output).toMatch(/12\.50 EUR/)
    expect(output).toMatch(/France +1 +1/)
    expect(output).toMatch(/hello: .+/)
    expect((await cli('report', 'hello')).output).toMatch(/warm +1/)
    expect((await cli('report', 'hello')).output).toMatch(/Does hello raise .+\?\n[\s\S]*Next: /)
    const alone = (await cli('report', 'hello', '--comparison', 'cart.top')).output
    expect(alone).toContain('No control group.')
    expect(alone).toContain(
      'An indication, not proof: Before and after cannot be compared: of the time before 0 whole days',
    )
    for (const option of [['--csv'], ['--metric', 'orders'], ['--by', 'time']]) {
      const { code, errors } = await cli('report', ...option)
      expect({ code, errors }).toMatchObject({
        code: 2,
        errors: expect.stringContaining(`${option[0]} is of one experience`),
      })
    }
    expect((await cli('report', 'hello', '--csv')).output).toMatch(/^part,metric,role,arm,[\s\S]*\r\nnext,/)
    expect((await cli('report', 'hello', '--by', 'trait:plan')).output).toContain('Nothing can be compared yet.')
    expect((await cli('report', 'nonsense', '--metric', 'orders')).errors).toContain(
      'There is no experience "nonsense"',
    )
  })

  it('R8 import tells of consent that is neither a yes nor a no, and counts it as a no', async () => {
    const said = (userId: string, ads: unknown) =>
      JSON.stringify({
        type: 'track',
        event: 'Looked',
        userId,
        messageId: `said-${userId}`,
        timestamp: '2026-03-01T10:00:00Z',
        context: { consent: { categoryPreferences: { ads } } },
      })
    const file = temporaryFile('said.ndjson', `${said('sure', 'yes')}\n${said('unsure', 'perhaps')}\n`)
    const { output } = await cli('import', file)
    expect(output).toContain('2 taken in, 0 were there already')
    expect(output).toMatch(/1 taken in, but maybe not as they were meant; such as:\n {2}row 2: .*perhaps/)
    expect(JSON.parse((await cli('import', file, '--json')).output)).toMatchObject({ duplicates: 2, rejected: 0 })
  })

  it('R10 import tells of rows that lie ahead of the clock, which count as of now', async () => {
    const file = temporaryFile('ahead.csv', 'user_id,event,timestamp\na,Looked,2026-01-02\nb,Looked,2098-01-02\n')
    const { output } = await cli('import', file)
    expect(output).toContain('2 taken in, 0 were there already')
    expect(output).toMatch(/1 taken in, but maybe not as they were meant; such as:\n {2}row 2: timestamp lies ahead/)
  })

  it('library lists ready-made definitions, and publishes some of them', async () => {
    expect((await cli('library')).output).toMatch(/any +metric +nps +Of answers from 0 to 10/)
    const added = await cli('library', 'add', 'nps', 'revenue-per-visitor', '--currency', 'EUR')
    expect(added.output).toBe('nps: created\nrevenue-per-visitor: created\n')
    expect((await cli('push', folder, '--prune')).output).toContain('archived metric nps')
  })

  it('catalog items and rates are taken in', async () => {
    const items = temporaryFile('items.csv', 'id,title,price,currency\nmug,Mug,9.5,EUR\ncup,Cup,-1,EUR\n')
    const { output } = await cli('import', items, '--kind', 'items')
    expect(output).toContain('1 taken in')
    expect(readFileSync(`${items}.rejects.csv`, 'utf8')).toMatch(/2,.*price.*,cup,Cup,-1,EUR/)
    const rates = temporaryFile('rates.csv', 'day,currency,base,rate\n2024-05-01,USD,EUR,0.93\n')
    expect((await cli('import', rates, '--kind', 'rates')).output).toContain('1 taken in')
  })

  it('R8 a person is exported whole, and erased with a receipt', { timeout: 300_000 }, async () => {
    const events = temporaryFile('p.csv', 'user_id,event,timestamp\neve,Seen,2024-05-01\neve,Seen,2024-05-02\n')
    await cli('import', events)
    const file = join(temporaryFolder(), 'eve.ndjson')
    expect(await cli('person', 'export', 'userId:eve', file)).toMatchObject({ code: 0, errors: '' })
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines.map(line => (JSON.parse(line) as { kind: string }).kind)).toEqual([
      ...['about', 'profile', 'event', 'event', 'end'],
    ])
    expect((await cli('person', 'export', 'userId:eve', file)).errors).toContain('replace it with --force')
    expect((await cli('person', 'export', 'userId:eve')).output).toContain('{"kind":"end","lines":5}')

    const asked = await cli('person', 'erase', 'userId:eve')
    expect([asked.code, asked.errors]).toEqual([2, expect.stringContaining('with 2 events. Say --yes')])
    const erased = await cli('person', 'erase', 'userId:eve', '--yes', '--wait')
    expect([erased.code, erased.output]).toEqual([
      0,
      expect.stringMatching(/on no disk since .* \(receipt [0-9a-f]{64}\)/),
    ])
    expect((await cli('person', 'export', 'userId:eve')).code).toBe(1)
    const id = erased.output.split(' ', 1)[0]!
    expect((await cli('person', 'erasures')).output).toContain(id)
    const receipt = JSON.parse((await cli('person', 'erasures', id)).output)
    expect(receipt.physical.facts.rows).toMatchObject({ events: 2 })
  })

  it('keys are made, listed and revoked', async () => {
    const made = await cli('keys', 'create', '--kind', 'secret', '--label', 'ci')
    const key = made.output.trim()
    expect(made.errors).toContain('not shown again')
    expect((await espalier(['keys', 'list', '--url', server.url, '--key', key])).output).toMatch(/secret +ci/)
    const listed = JSON.parse((await cli('keys', 'list', '--json')).output) as { id: string; label: string }[]
    const id = listed.find(({ label }) => label === 'ci')!.id
    expect((await cli('keys', 'revoke', id)).output).toBe(`${id} is revoked\n`)
    expect((await espalier(['keys', 'list', '--url', server.url, '--key', key])).code).toBe(1)
  })

  it('doctor finds it healthy', async () => {
    const { code, output, errors } = await cli('doctor')
    expect(errors).toBe('')
    expect(code).toBe(0)
    expect(output).toMatch(/^ok {4}client/)
    expect(output).toMatch(/ok {4}warehouse/)
    expect(output).toMatch(/keys +Live: 1 write key, 1 secret key\.\n/)
  })

  it('warehouse accept changes nothing where no warehouse was refused', async () => {
    const { code, errors } = await cli('warehouse', 'accept')
    expect(code).toBe(1)
    expect(errors).toContain('No warehouse was refused')
  })

  it('a backup makes a data folder that starts and holds the same', { timeout: 300_000 }, async () => {
    const file = join(temporaryFolder(), 'backup.tar.gz')
    const backup = await cli('backup', file)
    expect(backup).toMatchObject({ code: 0, errors: '', output: expect.stringMatching(/: \d+ KB\n$/) })
    expect((await cli('backup', file)).errors).toContain('exists. Name another file, or replace it with --force')
    expect((await cli('backup', temporaryFolder(), '--force')).errors).toContain('is not a file')
    const data = join(temporaryFolder(), 'data')
    expect((await espalier(['restore', file, '--data', data])).errors).toBe('')
    const second = await startedServer(data)
    try {
      const there = { url: second.url, secretKey: second.secretKey }
      expect((await espalier(['diff', folder, '--prune'], there)).output).toBe('No differences.\n')
      // A report waits some seconds for the warehouse; a machine that is short of cores takes longer.
      const totals = async (at: typeof there) => {
        for (;;) {
          const { output } = await espalier(['report', '--json'], at)
          const report = JSON.parse(output) as { complete: boolean; totals: unknown }
          if (report.complete) return report.totals
        }
      }
      expect(await totals(there)).toEqual(await totals(options()))
    } finally {
      expect(await second.stop()).toBe(0)
    }
  })

  it.skipIf(!existsSync('/dev/full'))('a backup onto a full disk says that it is full', async () => {
    const file = join(temporaryFolder(), 'backup.tar.gz')
    symlinkSync('/dev/full', `${file}.part`)
    const { code, errors } = await cli('backup', file)
    expect(code).toBe(1)
    expect(errors).toContain(`The disk is full at ${file}.part. Free some space`)
    expect(existsSync(file)).toBe(false)
  })

  it('start names a port that is in use', async () => {
    const port = new URL(server.url).port
    const { code, errors } = await espalier([
      'start',
      '--port',
      port,
      '--data',
      temporaryFolder(),
      '--warehouse',
      'http://127.0.0.1:9',
      '--log-level',
      'silent',
    ])
    expect(code).toBe(1)
    expect(errors).toContain(`Port ${port} on 127.0.0.1 is in use by another process`)
  })
})
