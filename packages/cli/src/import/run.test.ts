import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { described } from '../commands/import.ts'
import { type FakeAnswer, fakeApi, importTaker } from '../testing/fakeApi.ts'
import { api, day, events, optionsOf } from '../testing/importing.ts'
import { temporaryFile, testShell } from '../testing/shell.ts'
import { Builder } from './build.ts'
import { recognise } from './formats/recognise.ts'
import { parseMapping } from './mapping/mapping.ts'
import { Rejects } from './rejects.ts'
import { importFile } from './run.ts'
import { ProgressFile } from './send/progressFile.ts'
import { openTable, type Row, type Table } from './source/rows.ts'

describe('an import', () => {
  it('R10 sends each person’s events in order of time, several requests in flight, however little memory there is', async () => {
    const taker = importTaker()
    let inFlight = 0
    let most = 0
    const { url } = await fakeApi(async ({ body }): Promise<FakeAnswer> => {
      most = Math.max(most, ++inFlight)
      await new Promise(resolve => setImmediate(resolve))
      inFlight--
      return { body: taker.take(body) }
    })
    const file = temporaryFile('events.csv', events(12_000))
    const summary = await importFile(optionsOf(file, { memory: 200_000, window: 20_000 }), api(url), testShell())
    expect(summary).toMatchObject({
      rows: 12_000,
      items: 12_000,
      stored: 12_000,
      duplicates: 0,
      rejected: 0,
      interrupted: false,
    })
    expect(summary.names).toEqual({ E0: 4_000, E1: 4_000, E2: 4_000 })
    expect(most).toBeGreaterThan(1)
    const last = new Map<string, string>()
    for (const { userId = '', timestamp } of taker.items) {
      expect(timestamp >= (last.get(userId) ?? '')).toBe(true)
      last.set(userId, timestamp)
    }
    expect(new Set(taker.items.map(({ row }) => row)).size).toBe(12_000)
  })

  it('R3 again it changes nothing; the row is that of the file', async () => {
    const taker = importTaker()
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const file = temporaryFile('events.csv', events(500))
    await importFile(optionsOf(file), api(url), testShell())
    expect(taker.items.every(({ row, properties }) => row === (properties as { n: number }).n)).toBe(true)
    const again = await importFile(optionsOf(file), api(url), testShell())
    expect(again).toMatchObject({ stored: 0, duplicates: 500 })
  })

  it('R3 each item that one row makes has a number of its own', async () => {
    const taker = importTaker()
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const mapping = temporaryFile(
      'm.yaml',
      "match: all\ncommon: { userId: '{u}', time: '2024-01-01' }\nrules:\n  - { type: track, event: A }\n  - { type: track, event: B, when: { column: b, is: 1 } }\n",
    )
    const file = temporaryFile('x.csv', 'u,b\nada,1\nbob,0\ncyd,1\n')
    const summary = await importFile(optionsOf(file, { mapping }), api(url), testShell())
    expect(summary).toMatchObject({ rows: 3, items: 5, stored: 5, duplicates: 0 })
    expect(taker.items.map(({ row, event }) => `${row} ${event}`).sort()).toEqual(['0 A', '1 B', '2 A', '4 A', '5 B'])
  })

  it('R3 each of them is sent once, however little memory there is', async () => {
    const taker = importTaker()
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const mapping = temporaryFile(
      'm.yaml',
      "match: all\ncommon: { userId: '{u}', time: '2024-01-01' }\nrules:\n  - { type: track, event: A }\n  - { type: track, event: B }\n",
    )
    const file = temporaryFile('x.csv', `u\n${Array.from({ length: 200 }, (_, i) => `p${i}`).join('\n')}\n`)
    const summary = await importFile(optionsOf(file, { mapping, memory: 1_000 }), api(url), testShell())
    expect(summary).toMatchObject({ rows: 200, items: 400, stored: 400, duplicates: 0 })
  })

  it('waits as long as the server asks (429) and loses nothing', async () => {
    const taker = importTaker()
    let refusals = 3
    const { url } = await fakeApi(({ body }) =>
      refusals-- > 0
        ? { status: 429, headers: { 'retry-after': '7' }, body: { error: { code: 'too_busy', message: 'Busy' } } }
        : { body: taker.take(body) },
    )
    const waits: number[] = []
    const file = temporaryFile('events.csv', events(50))
    const summary = await importFile(
      optionsOf(file),
      api(url, async ms => void waits.push(ms)),
      testShell(),
    )
    expect(summary.stored).toBe(50)
    expect(waits).toEqual([7000, 7000, 7000])
  })

  it('says why it waits, in the server’s words, or that nobody answers', async () => {
    const taker = importTaker()
    const answers: FakeAnswer[] = [
      { status: 429, body: { error: { code: 'full', message: 'The disk is nearly full.', mend: 'Make room.' } } },
      { status: 503, body: 'no JSON' },
    ]
    const { url } = await fakeApi(({ body }) => answers.shift() ?? { body: taker.take(body) })
    const file = temporaryFile('events.csv', events(50))
    const shell = testShell()
    let now = 0
    const summary = await importFile(optionsOf(file), api(url), shell, () => (now += 10_000))
    expect(summary.stored).toBe(50)
    expect(shell.errors()).toContain('Sending: 0 %, 0 of 50, waiting: The disk is nearly full.\n')
    expect(shell.errors()).toContain(`Sending: 0 %, 0 of 50, waiting: ${url} answered 503 Service Unavailable\n`)
  })

  it('a column that its mapping reads and the file does not have is told', async () => {
    const mapping = temporaryFile(
      'm.yaml',
      "rules:\n  - { event: E, userId: '{u}', time: '2024-01-01', properties: { total: { $number: Totl }, n: '{#}' } }\n",
    )
    const missingOf = async (name: string, text: string) => {
      const file = temporaryFile(name, text)
      const summary = await importFile(optionsOf(file, { mapping, dryRun: true }), api('http://x'), testShell())
      return { missing: summary.missing, said: described(summary) }
    }
    const { missing, said } = await missingOf('x.csv', 'u,Total\nada,5\n')
    expect(missing).toEqual(['Totl'])
    expect(said).toContain('The mapping reads "Totl", which the file does not have: counted as empty\n')
    expect((await missingOf('y.csv', 'u,Totl\nada,5\n')).missing).toEqual([])
    expect((await missingOf('z.ndjson', '{"u":"ada"}\n')).missing).toEqual([])
  })

  it('interrupted, it goes on where it stopped, and sends nothing twice but the last window', async () => {
    const taker = importTaker()
    const shell = testShell()
    let requests = 0
    const { url } = await fakeApi(({ body }) => {
      if (++requests === 6) shell.interrupt()
      return { body: taker.take(body) }
    })
    const file = temporaryFile('events.csv', events(2_000))
    const first = await importFile(optionsOf(file), api(url), shell)
    expect(first.interrupted).toBe(true)
    expect(taker.items.length).toBeLessThan(2_000)
    const second = await importFile(optionsOf(file), api(url), testShell({ cache: shell.environment.cache }))
    expect(second).toMatchObject({ interrupted: false, rejected: 0 })
    expect(taker.items.length).toBe(2_000)
    expect(second.stored + first.stored).toBe(2_000)
    // A third run knows of no interruption: it sends all, and all is known.
    const third = await importFile(optionsOf(file), api(url), testShell({ cache: shell.environment.cache }))
    expect(third).toMatchObject({ stored: 0, duplicates: 2_000, resumed: 0 })
  })

  it('R3 a file is the same plain and packed, also where it was interrupted in between', async () => {
    const taker = importTaker()
    const shell = testShell()
    let requests = 0
    const { url } = await fakeApi(({ body }) => {
      if (++requests === 10) shell.interrupt()
      return { body: taker.take(body) }
    })
    const { cache } = shell.environment
    const file = temporaryFile('events.csv', events(3_000))
    const packed = temporaryFile('events.csv.gz', gzipSync(events(3_000)))
    expect((await importFile(optionsOf(packed), api(url), shell)).interrupted).toBe(true)
    const second = await importFile(optionsOf(file), api(url), testShell({ cache }))
    expect(second.resumed).toBeGreaterThan(0)
    expect(taker.items.length).toBe(3_000)
    for (const again of [packed, temporaryFile('other.gz', gzipSync(events(3_000), { level: 1 }))]) {
      expect(await importFile(optionsOf(again), api(url), testShell({ cache }))).toMatchObject({
        stored: 0,
        duplicates: 3_000,
      })
    }
  })

  it('R3 a packed file whose import was begun by its bytes on the disk is brought to its end so', async () => {
    const files = new Set<string>()
    const taker = importTaker()
    const { url } = await fakeApi(({ body }) => {
      files.add((body as { file: string }).file)
      return { body: taker.take(body) }
    })
    const packed = temporaryFile('events.csv.gz', gzipSync(events(10)))
    const { meaning } = recognise(await openTable(packed), undefined, packed, 0)
    const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')
    const before = sha256(`${sha256(readFileSync(packed))}\n${meaning}`)
    const shell = testShell()
    new ProgressFile(shell.environment.cache, sha256(`${before}\n${url}`)).write({ sent: 0, probe: 0, refused: [] })
    await importFile(optionsOf(packed), api(url), shell)
    expect([...files]).toEqual([before])
    // It is over: from now on it is what it holds.
    await importFile(optionsOf(packed), api(url), shell)
    expect([...files]).toEqual([before, sha256(`${sha256(events(10))}\n${meaning}`)])
  })

  it('interrupted and resumed against a server that has forgotten, it begins from the start', async () => {
    const shell = testShell()
    let taker = importTaker()
    const { url } = await fakeApi(({ body }) => {
      const answer = taker.take(body)
      if (taker.items.length > 1_800) shell.interrupt()
      return { body: answer }
    })
    const file = temporaryFile('events.csv', events(2_400))
    expect((await importFile(optionsOf(file), api(url), shell)).interrupted).toBe(true)
    taker = importTaker()
    const second = await importFile(optionsOf(file), api(url), testShell({ cache: shell.environment.cache }))
    expect(second.interrupted).toBe(false)
    expect(taker.items.length).toBe(2_400)
  })

  it('what the server doubts is told once, though the import begins from the start', async () => {
    const shell = testShell()
    let taker = importTaker()
    let isFirst = true
    const { url } = await fakeApi(({ body }) => {
      const answer = taker.take(body)
      if (isFirst && taker.items.length > 1_800) shell.interrupt()
      const doubted = (body as { items: { row: number }[] }).items.filter(({ row }) => row % 100 === 0)
      return { body: { ...answer, warnings: doubted.map(({ row }) => ({ row, code: 'doubt', message: 'Was it?' })) } }
    })
    const file = temporaryFile('events.csv', events(2_400))
    expect((await importFile(optionsOf(file), api(url), shell)).interrupted).toBe(true)
    taker = importTaker()
    isFirst = false
    const second = await importFile(optionsOf(file), api(url), testShell({ cache: shell.environment.cache }))
    expect(second).toMatchObject({ stored: 2_400, warned: 24 })
  })

  it('stops at an error it cannot wait out, and says which', async () => {
    const { url } = await fakeApi(() => ({
      status: 401,
      body: { error: { code: 'unknown_key', message: 'No such key.', mend: 'Use another.' } },
    }))
    const file = temporaryFile('events.csv', events(10))
    await expect(importFile(optionsOf(file), api(url), testShell())).rejects.toThrow('No such key.')
  })

  it('R11 holds a part of a group at most, whose rows are large', async () => {
    const runs = () => readdirSync(tmpdir()).filter(name => name.startsWith('espalier-sort-')).length
    const before = runs()
    let most = 0
    const importer = parseMapping(
      { rules: [{ event: 'E', userId: '{u}', time: '2024-01-01', group: 'u', properties: { s: { $list: '{s}' } } }] },
      'm',
      0,
    )
    const builder = new Builder(importer, new Rejects(), 1 << 20)
    async function* rows(): AsyncGenerator<Row> {
      for (let row = 0; row < 30; row++) {
        yield { row, cells: { u: 'ada', s: 'x'.repeat(100_000) } }
        most = Math.max(most, runs() - before)
      }
    }
    await builder.read({ rows: rows() } as unknown as Table, () => undefined, new AbortController().signal)
    builder.close()
    expect(most).toBe(1)
    expect(builder.built).toMatchObject({ rows: 30, items: 0 })
  })

  it('R3 UTF-8 that is named is what the file was read as without its name', async () => {
    const taker = importTaker()
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const file = temporaryFile('x.csv', 'user_id,event,timestamp\nMüller,a,2024-01-01\n')
    await importFile(optionsOf(file), api(url), testShell())
    const again = await importFile(optionsOf(file, { encoding: 'UTF8' }), api(url), testShell())
    expect(again).toMatchObject({ stored: 0, duplicates: 1 })
  })

  it('the rejects of a file in another encoding are UTF-8, and are not read in that encoding', async () => {
    const taker = importTaker()
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const file = temporaryFile('x.csv', Buffer.from('user_id,event,timestamp\nMüller,a,soon\n', 'latin1'))
    await importFile(optionsOf(file, { encoding: 'windows-1252' }), api(url), testShell())
    const written = readFileSync(`${file}.rejects.csv`, 'utf8').replace(/soon$/m, '2024-01-01')
    const mended = optionsOf(temporaryFile('m.csv', written), { encoding: 'windows-1252' })
    await expect(importFile(mended, api(url), testShell())).rejects.toThrow('is UTF-8, not windows-1252')
    await importFile({ ...mended, encoding: undefined }, api(url), testShell())
    expect(taker.items.map(({ userId }) => userId)).toEqual(['Müller'])
    // What a spreadsheet has saved in it is read in it.
    const saved = temporaryFile('s.csv', Buffer.from(written, 'latin1'))
    const last = await importFile(optionsOf(saved, { encoding: 'windows-1252' }), api(url), testShell())
    expect(last.rejected).toBe(0)
  })

  it('R3 the same bytes in another encoding are other rows', async () => {
    const taker = importTaker()
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const file = temporaryFile('e.csv', Buffer.from('user_id,event,timestamp\nm\xfcller,A,2024-05-01\n', 'latin1'))
    for (const encoding of ['windows-1252', 'latin1', 'iso-8859-2']) {
      await importFile(optionsOf(file, { encoding }), api(url), testShell())
    }
    expect(taker.items.map(({ userId }) => userId)).toEqual(['müller', 'müller'])
  })

  it('an item of 1 MB is sent, a larger one refused with its size', async () => {
    const taker = importTaker()
    const { url } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const event = (n: number) =>
      JSON.stringify({
        type: 'track',
        userId: 'ada',
        event: 'E',
        timestamp: day(0),
        properties: { text: 'x'.repeat(n) },
      })
    const file = temporaryFile('x.ndjson', `${event((1 << 20) - 200)}\n${event(1 << 20)}\n${event(10)}\n`)
    const summary = await importFile(optionsOf(file), api(url), testShell())
    expect(summary).toMatchObject({ stored: 2, rejected: 1 })
    const rejects = readFileSync(`${file}.rejects.csv`, 'utf8')
    expect(rejects.split('\n')[0]).toBe('reject_row,reject_reason,record')
    expect(rejects).toMatch(/^2,it would be an item of 1\.0 MB/m)
    expect(summary.reasons[0]?.reason).toContain('it would be an item of 1.0 MB; at most 1 MB is taken')
  })

  it('a dry run sends nothing and shows the first item; a limit sends the first in order of time', async () => {
    const taker = importTaker()
    const { url, requests } = await fakeApi(({ body }) => ({ body: taker.take(body) }))
    const file = temporaryFile('events.csv', events(1_000))
    const dry = await importFile(optionsOf(file, { dryRun: true }), api(url), testShell())
    expect(requests).toEqual([])
    expect(dry).toMatchObject({ items: 1_000, stored: 0, dryRun: true, example: { at: Date.UTC(2024, 0, 1) } })
    await importFile(optionsOf(file, { limit: 3 }), api(url), testShell())
    expect(taker.items.map(({ timestamp }) => timestamp)).toEqual([day(0), day(1), day(2)])
    const all = await importFile(optionsOf(file), api(url), testShell())
    expect(all).toMatchObject({ stored: 997, duplicates: 3 })
  })

  it('catalog items go to the catalog; of a batch that is refused the others are kept', async () => {
    const stored: string[] = []
    const { url } = await fakeApi(({ path, body }) => {
      expect(path).toBe('/v1/catalog')
      const { items } = body as { items: { id: string; price: number }[] }
      const bad = items.findIndex(({ price }) => price < 0)
      if (bad >= 0)
        return {
          status: 400,
          body: {
            error: {
              code: 'invalid',
              message: `body.items[${bad}].price must be >= 0.`,
              path: `body.items[${bad}].price`,
            },
          },
        }
      stored.push(...items.map(({ id }) => id))
      return { body: { stored: items.length } }
    })
    const file = temporaryFile(
      'items.csv',
      `id,title,price\n${Array.from({ length: 40 }, (_, i) => `i${i},T,${i === 17 ? -1 : i}`).join('\n')}\n`,
    )
    const summary = await importFile(optionsOf(file, { kind: 'items' }), api(url), testShell())
    expect(summary).toMatchObject({ stored: 39, rejected: 1 })
    expect(new Set(stored).size).toBe(39)
    expect(readFileSync(`${file}.rejects.csv`, 'utf8')).toContain('18,price must be >= 0.,i17,T,-1')
  })

  it('an import of items that is interrupted while the server asks for time says so', async () => {
    const shell = testShell()
    const { url, requests } = await fakeApi(() => {
      shell.interrupt()
      return { status: 429, body: { error: { code: 'too_busy', message: 'Busy' } } }
    })
    const file = temporaryFile('items.csv', 'id,title\na,A\n')
    const summary = await importFile(optionsOf(file, { kind: 'items' }), api(url), shell)
    expect(summary).toMatchObject({ interrupted: true, stored: 0, rejected: 0 })
    expect(requests).toHaveLength(1)
  })
})
