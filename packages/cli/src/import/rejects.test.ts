import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { described } from '../commands/import.ts'
import { explain } from '../errors.ts'
import { fakeApi, importTaker } from '../testing/fakeApi.ts'
import { api, events, optionsOf } from '../testing/importing.ts'
import { temporaryFile, temporaryFolder, testShell } from '../testing/shell.ts'
import { importFile } from './run.ts'

describe('what an import rejects', () => {
  it('writes bad rows with their reason, whoever found them, and takes in the others', async () => {
    const taker = importTaker(({ event }) => (event === 'Forbidden' ? 'event is forbidden here' : undefined))
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const file = temporaryFile(
      'e.csv',
      'user_id,event,timestamp,note\nada,A,2024-05-01,\nbob,Forbidden,2024-05-01,"a ""b"""\ncyd,A,yesterday,\nshort,A\n,A,2024-05-01,\ndot,A,2024-05-02,\n',
    )
    const summary = await importFile(optionsOf(file), api(url), testShell())
    expect(summary).toMatchObject({ rows: 6, stored: 2, rejected: 4, rejects: `${file}.rejects.csv` })
    expect(readFileSync(`${file}.rejects.csv`, 'utf8')).toBe(
      [
        'reject_row,reject_reason,user_id,event,timestamp,note',
        '2,event is forbidden here,bob,Forbidden,2024-05-01,"a ""b"""',
        '3,"""yesterday"" is not a time",cyd,A,yesterday,',
        '4,"it has 2 cells, the header 4",short,A',
        '5,it names nobody: neither userId nor anonymousId has a value,,A,2024-05-01,',
        '',
      ].join('\n'),
    )
  })

  it('a file of rejects, mended, is imported as the rows were: CSV and JSON, without the reasons', async () => {
    const taker = importTaker()
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const csv = temporaryFile('e.csv', 'user_id,event,timestamp,note\nada,A,yesterday,"a, b"\nbob,A\n')
    await importFile(optionsOf(csv), api(url), testShell())
    const written = readFileSync(`${csv}.rejects.csv`, 'utf8')
    const mended = temporaryFile(
      'm.csv',
      written.replace('ada,A,yesterday', 'ada,A,2024-05-01').replace(/bob,A$/m, 'bob,A,,'),
    )
    const first = await importFile(optionsOf(mended), api(url), testShell())
    expect(first).toMatchObject({ rows: 2, stored: 1, rejected: 1, reasons: [{ row: 1, reason: 'it has no time' }] })
    expect(taker.items).toMatchObject([{ userId: 'ada', event: 'A', properties: { note: 'a, b' } }])
    expect(Object.keys(taker.items[0]!.properties as object)).toEqual(['note'])
    // What is still refused is written under the same columns.
    expect(readFileSync(`${mended}.rejects.csv`, 'utf8').split('\n')[0]).toBe(written.split('\n')[0])

    const broken = `{"type":"track","userId":"cyd","event":"A","timestamp":"2024-05-01","properties":{"note":"${'x'.repeat(2_000)}"}`
    const json = temporaryFile('e.ndjson', `${broken}}\n${broken}\n`)
    await importFile(optionsOf(json), api(url), testShell())
    const lines = readFileSync(`${json}.rejects.csv`, 'utf8').replace(/""\}"$/m, '""}}"')
    const second = await importFile(optionsOf(temporaryFile('m.csv', lines)), api(url), testShell())
    expect(second).toMatchObject({ format: 'segment', stored: 1, rejected: 0 })
    expect(taker.items.at(-1)).toMatchObject({ userId: 'cyd', properties: { note: 'x'.repeat(2_000) } })
  })

  it('R3 of a row of which an item was refused, mended, that item is sent and no other', async () => {
    const taker = importTaker(({ event, properties }) =>
      event === 'Paid' && (properties as { total?: number })?.total === 0 ? 'nothing was paid' : undefined,
    )
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const mapping = temporaryFile(
      'm.yaml',
      "match: all\ncommon: { userId: '{u}', time: '2024-01-01' }\nrules:\n  - { event: Placed, group: u, properties: { n: { $sum: { $number: total } } } }\n  - { event: Paid, properties: { total: { $number: total }, row: '{#}' } }\n",
    )
    const file = temporaryFile('x.csv', 'u,total\nada,1\nbob,2\nbob,0\ncyd,x\n')
    const first = await importFile(optionsOf(file, { mapping }), api(url), testShell())
    expect(first).toMatchObject({ stored: 4, rejected: 3 })
    const written = readFileSync(`${file}.rejects.csv`, 'utf8')
    expect(written.split('\n').map(line => line.split(',')[0])).toEqual(['reject_row', '3 item 2', '4 items 1 2', ''])
    expect(written.match(/total is ""x"", not a number/g)).toHaveLength(1)
    const mended = temporaryFile('m.csv', written.replace('bob,0', 'bob,5').replace('cyd,x', 'cyd,3'))
    const second = await importFile(optionsOf(mended, { mapping }), api(url), testShell())
    expect(second).toMatchObject({ stored: 3, rejected: 0 })
    const told = taker.items.map(({ userId, event, properties }) => [userId, event, properties])
    expect(told.slice(-3)).toEqual(
      expect.arrayContaining([
        ['bob', 'Paid', { total: 5, row: '3' }],
        ['cyd', 'Placed', { n: 3 }],
        ['cyd', 'Paid', { total: 3, row: '4' }],
      ]),
    )
  })

  it('R3 a group that was refused, mended, is sent without what its rows made besides', async () => {
    const taker = importTaker(({ event, properties }) =>
      event === 'Placed' && (properties as { n: number }).n > 5 ? 'too many' : undefined,
    )
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const mapping = temporaryFile(
      'm.yaml',
      "match: all\ncommon: { userId: '{u}', time: '2024-01-01' }\nrules:\n  - { event: Placed, group: u, properties: { n: { $sum: { $number: n } }, row: '{#}' } }\n  - { event: Paid }\n",
    )
    const file = temporaryFile('x.csv', 'u,n\nada,1\nbob,3\nbob,3\n')
    await importFile(optionsOf(file, { mapping }), api(url), testShell())
    const once = `${file}.rejects.csv`
    // Refused again it is the same rows of the first file still.
    await importFile(optionsOf(once, { mapping }), api(url), testShell())
    const written = readFileSync(`${once}.rejects.csv`, 'utf8')
    expect(written.split('\n').map(line => line.split(',')[0])).toEqual(['reject_row', '2 item 1', '3 item 1', ''])
    const mended = temporaryFile('m.csv', written.replace('bob,3\n', 'bob,1\n'))
    const last = await importFile(optionsOf(mended, { mapping }), api(url), testShell())
    expect(last).toMatchObject({ rows: 2, stored: 1 })
    expect(taker.items.at(-1)).toMatchObject({ event: 'Placed', properties: { n: 4, row: '2' } })
    expect(taker.items.filter(({ event }) => event === 'Paid')).toHaveLength(3)
  })

  it.each([
    ['of which another item cannot be made', 'ada,1,maybe', ['2 item 2'], 1],
    ['that has too few cells', 'ada,1', ['2', '3 item 1', '4 item 1'], 0],
    ['whose group alone is known', 'ada', ['2', '3 item 1', '4 item 1'], 0],
  ])('R3 a group is never made without a row %s: mended it comes once, and whole', async (_, row, refused, placed) => {
    const taker = importTaker()
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const mapping = temporaryFile(
      'm.yaml',
      "match: all\ncommon: { userId: '{u}', time: '2024-01-01', messageId: 'm:{u}:{n}' }\nrules:\n  - { event: Placed, group: u, messageId: '{u}', properties: { n: { $sum: { $number: n } } } }\n  - { event: Asked, properties: { yes: { $boolean: yes } } }\n  - { event: Paid, when: { column: yes, exists: true } }\n",
    )
    const file = temporaryFile('x.csv', `u,n,yes\nbob,3,yes\n${row}\nada,2,no\nada,4,no\n`)
    const first = await importFile(optionsOf(file, { mapping }), api(url), testShell())
    const ofAda = () => taker.items.filter(({ event, userId }) => event === 'Placed' && userId === 'ada')
    expect(first.rejected).toBeGreaterThan(0)
    expect(ofAda()).toHaveLength(placed)
    const written = readFileSync(`${file}.rejects.csv`, 'utf8')
    const lines = written.trimEnd().split('\n').slice(1)
    expect(lines.map(line => line.split(',')[0])).toEqual(refused)
    const whole = written.replace(new RegExp(`${row}$`, 'm'), 'ada,1,yes')
    const second = await importFile(optionsOf(temporaryFile('m.csv', whole), { mapping }), api(url), testShell())
    expect(second).toMatchObject({ rejected: 0, duplicates: 0 })
    expect(ofAda().map(({ properties }) => properties)).toEqual([{ n: 7 }])
    const names = taker.items.map(({ event, messageId }) => `${event} ${messageId}`)
    expect(names.filter(name => name.startsWith('Asked'))).toHaveLength(4)
    // What shares a messageId in one row is told apart, whichever of it came first.
    expect(new Set(names.map(name => name.split(' ')[1])).size).toBe(names.length)
  })

  it('names a folder for rejects that is not there before anything is sent', async () => {
    const { url, requests } = await fakeApi(() => ({}))
    const file = temporaryFile('x.csv', 'user_id,event,timestamp\nada,A,2024-05-01\n')
    const rejects = join(temporaryFolder(), 'none', 'x.csv')
    const error = await importFile(optionsOf(file, { rejects }), api(url), testShell()).catch((error: unknown) => error)
    expect(explain(error)).toBe(`${dirname(rejects)} does not exist. Check the path.`)
    expect(requests).toEqual([])
  })

  it('does not write rejects over the file they are of', async () => {
    const { url } = await fakeApi(() => ({}))
    const file = temporaryFile('x.csv', 'user_id,event,timestamp\nada,A,never\n')
    await expect(importFile(optionsOf(file, { rejects: file }), api(url), testShell())).rejects.toThrow(
      'would be overwritten with its own rejects',
    )
    expect(readFileSync(file, 'utf8')).toContain('never')
  })

  it('R11 of very many rejects the first are written, and the summary says so', async () => {
    const { url } = await fakeApi(() => ({}))
    const file = temporaryFile('x.csv', `user_id,event,timestamp\n${'ada,A,never\n'.repeat(100_002)}`)
    const summary = await importFile(optionsOf(file, { dryRun: true }), api(url), testShell())
    expect(summary).toMatchObject({ rejected: 100_002, unwritten: 2 })
    expect(readFileSync(`${file}.rejects.csv`, 'utf8').trim().split('\n')).toHaveLength(100_001)
    expect(described(summary)).toContain('Nothing was sent (dry run).\n')
    expect(described(summary)).toContain(`100,002 rejected, the first 100,000 with the reason in ${file}.rejects.csv`)
  })

  it('interrupted and resumed, what the server refused before is still among the rejects, once', async () => {
    const taker = importTaker(({ properties }) =>
      (properties as { n: number }).n % 100 === 0 ? 'not this one' : undefined,
    )
    const shell = testShell()
    let requests = 0
    const { url } = await fakeApi(({ body }) => {
      if (++requests === 10) shell.interrupt()
      return { body: taker.take(body) }
    })
    const file = temporaryFile('events.csv', events(3_000))
    expect((await importFile(optionsOf(file), api(url), shell)).interrupted).toBe(true)
    const second = await importFile(optionsOf(file), api(url), testShell({ cache: shell.environment.cache }))
    expect(second.resumed).toBeGreaterThan(0)
    expect(second).toMatchObject({ interrupted: false, rejected: 30 })
    const lines = readFileSync(`${file}.rejects.csv`, 'utf8').trim().split('\n').slice(1)
    expect(lines.map(line => Number(line.split(',')[0]))).toEqual(Array.from({ length: 30 }, (_, i) => i * 100 + 1))
    expect(lines.every(line => line.includes(',not this one,'))).toBe(true)
  })

  it('all rows of a group that is refused are written, so that it can be mended and imported', async () => {
    const taker = importTaker(({ order }) => (order === undefined ? undefined : 'no'))
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const mapping = temporaryFile(
      'm.yaml',
      "rules: [{ type: track, event: O, userId: '{u}', time: { column: t }, group: o, properties: { n: { $sum: { $number: n } } } }]",
    )
    const file = temporaryFile(
      'x.csv',
      'o,u,t,n\n1,ada,2024-05-01,1\n2,bob,2024-05-01,x\n1,ada,2024-05-01,2\n2,bob,2024-05-01,3\n',
    )
    const summary = await importFile(optionsOf(file, { mapping }), api(url), testShell())
    expect(summary).toMatchObject({ items: 1, stored: 1, rejected: 1 })
    expect(taker.items).toMatchObject([{ row: 0, properties: { n: 3 } }])
    const lines = readFileSync(`${file}.rejects.csv`, 'utf8').trim().split('\n')
    expect(lines.slice(1).map(line => line.split(',')[0])).toEqual(['2', '4'])
    expect(lines[1]).toContain('n is ""x"", not a number')
  })

  it('leaves no rejects file where nothing was rejected', async () => {
    const taker = importTaker()
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const file = temporaryFile('events.csv', events(10))
    await importFile(optionsOf(file), api(url), testShell({ cache: temporaryFolder() }))
    expect(existsSync(`${file}.rejects.csv`)).toBe(false)
  })
})
