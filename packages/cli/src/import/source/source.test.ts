import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { temporaryFile } from '../../testing/shell.ts'
import { openTable, type Row } from './rows.ts'

async function read(
  name: string,
  content: string | Uint8Array,
): Promise<{ rows: Row[]; columns: readonly string[]; format: string; digest: string; path: string }> {
  const path = temporaryFile(name, content)
  const table = await openTable(path)
  const rows: Row[] = []
  for await (const row of table.rows) rows.push(row)
  return { rows, columns: table.columns, format: table.format, digest: table.file.digest(), path }
}

const cells = (rows: Row[]) => rows.map(row => ('cells' in row ? row.cells : row.bad))

describe('CSV', () => {
  it.each([
    ['commas', 'a,b\n1,2\n'],
    ['semicolons', 'a;b\n1;2\n'],
    ['tabs', 'a\tb\n1\t2\n'],
    ['bars', 'a|b\n1|2\n'],
    ['a byte order mark', '\uFEFFa,b\n1,2\n'],
    ['carriage returns', 'a,b\r\n1,2\r\n'],
    ['no line break at the end', 'a,b\n1,2'],
    ['spaces around the names', ' a , b \n1,2\n'],
  ])('with %s', async (_, text) => {
    const { rows, columns } = await read('x.csv', text)
    expect(columns).toEqual(['a', 'b'])
    expect(cells(rows)).toEqual([{ a: '1', b: '2' }])
  })

  it('keeps quoted commas, quotes and line breaks; rows are counted as records, not as lines', async () => {
    const { rows } = await read('x.csv', 'a,b\n"1, one","say ""hi""\nthere"\n3,4\n')
    expect(rows).toEqual([
      { row: 0, cells: { a: '1, one', b: 'say "hi"\nthere' } },
      { row: 1, cells: { a: '3', b: '4' } },
    ])
  })

  it('reads lines that end as Excel ends them after a header that does not: no carriage return is in the last cell', async () => {
    const { rows } = await read('x.csv', 'a,b\n1,"2, two\r\nlines"\r\n3,"4"\r\n5,6\r\n7,8\n')
    expect(cells(rows)).toEqual([
      { a: '1', b: '2, two\r\nlines' },
      { a: '3', b: '4' },
      { a: '5', b: '6' },
      { a: '7', b: '8' },
    ])
  })

  it('tells the delimiter by what is outside quotes', async () => {
    const { columns } = await read('x.csv', '"a,b,c";d\n1;2\n')
    expect(columns).toEqual(['a,b,c', 'd'])
  })

  it.each([
    [
      'UTF-16 with a byte order mark, as Excel writes "Unicode text"',
      Buffer.from('\uFEFFa\tb\nMüller\t5 €\n', 'utf16le'),
    ],
    ['the same the other way round', Buffer.from('\uFEFFa\tb\nMüller\t5 €\n', 'utf16le').swap16()],
  ])('in %s', async (_, content) => {
    const { rows, columns, digest, path } = await read('x.txt', content)
    expect(columns).toEqual(['a', 'b'])
    expect(cells(rows)).toEqual([{ a: 'Müller', b: '5 €' }])
    expect(digest).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'))
  })

  it('in an encoding that is named; without its name it is refused, not read as if', async () => {
    const content = Buffer.from('a,b\nM\xfcller,5 \x80\n', 'latin1')
    const path = temporaryFile('x.csv', content)
    const { rows } = await openTable(path, 'windows-1252')
    const found: Row[] = []
    for await (const row of rows) found.push(row)
    expect(cells(found)).toEqual([{ a: 'Müller', b: '5 €' }])
    await expect(openTable(path)).rejects.toThrow(/is not UTF-8 \(byte 6: …a,b Müller,5/)
    const wide = temporaryFile('wide.csv', Buffer.from('a,b\nM\xfcller,5\n', 'utf16le'))
    await expect(openTable(wide)).rejects.toThrow('is not text in UTF-8: it holds bytes of zero')
    await expect(openTable(path, 'klingon')).rejects.toThrow('"klingon" is not an encoding')
    await expect(openTable(temporaryFile('y.csv', Buffer.from([0x61, 0xff])), 'shift_jis')).rejects.toThrow(
      /is not shift_jis throughout/,
    )
  })

  it('a character that falls on the end of a chunk is whole; one that the file ends in is not', async () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => `${'x'.repeat(i % 3)}€🎉`)
    const { rows: read_ } = await read('x.csv', `a\n${rows.join('\n')}\n`)
    expect(read_.map(row => 'cells' in row && row.cells.a)).toEqual(rows)
    await expect(read('y.csv', Buffer.from([0x61, 0x0a, 0xe2, 0x82]))).rejects.toThrow(/is not UTF-8/)
  })

  it('a workbook, an archive and Parquet are told by name', async () => {
    await expect(read('x.xlsx', Buffer.from('PK\u0003\u0004rest'))).rejects.toThrow(/is a workbook or a zip archive/)
    await expect(read('x.parquet', Buffer.from('PAR1rest'))).rejects.toThrow(/is Parquet/)
  })

  it('takes the delimiter from a first line that tells it to Excel', async () => {
    const { rows, columns } = await read('x.csv', '\uFEFFsep=;\r\na;b,c\r\n1;2\r\n')
    expect(columns).toEqual(['a', 'b,c'])
    expect(rows).toEqual([{ row: 0, cells: { a: '1', 'b,c': '2' } }])
  })

  it('refuses a row of another width with the reason and goes on', async () => {
    const { rows } = await read('x.csv', 'a,b\n1\n2,3\n4,5,6\n')
    expect(cells(rows)).toEqual(['it has 1 cells, the header 2', { a: '2', b: '3' }, 'it has 3 cells, the header 2'])
  })

  it('names a quote that does not close', async () => {
    await expect(read('x.csv', 'a,b\n1,2\n"3,4\n5,6\n')).rejects.toThrow(
      /a quote opened at or after row 2 does not close/,
    )
  })

  it('refuses two columns of one name', async () => {
    await expect(read('x.csv', 'a,b,a\n1,2,3\n')).rejects.toThrow('two columns are called "a"')
  })

  it('an empty file has no rows', async () => {
    expect((await read('x.csv', '')).rows).toEqual([])
  })

  it('reads back what is written, whatever the cells', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é', ';') })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }), async table => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
        const text = `a,b\n${table.map(([a, b]) => `${quoted(a)},${quoted(b)}`).join('\n')}\n`
        const { rows } = await read('x.csv', text)
        expect(cells(rows)).toEqual(table.map(([a, b]) => ({ a, b })))
      }),
      { numRuns: 30 },
    )
  })
})

describe('NDJSON', () => {
  it('is told by its first character; empty lines are not rows', async () => {
    const { rows, format } = await read('x.txt', '\n{"a":1}\n\n  \n{"a":{"b":[1]}}')
    expect(format).toBe('ndjson')
    expect(rows).toEqual([
      { row: 0, cells: { a: 1 } },
      { row: 1, cells: { a: { b: [1] } } },
    ])
  })

  it('tells whole numbers apart that are too long to be numbers: they are identifiers, as texts', async () => {
    const { rows } = await read(
      'x.ndjson',
      '{"id":9007199254740993,"ids":[9007199254740992, -12345678901234567890],"n":9007199254740991,"x":0.12345678901234567891,"s":"\\",12345678901234567891,"}\n',
    )
    expect(rows).toEqual([
      {
        row: 0,
        cells: {
          id: '9007199254740993',
          ids: ['9007199254740992', '-12345678901234567890'],
          n: 9007199254740991,
          x: 0.12345678901234568,
          s: '",12345678901234567891,',
        },
      },
    ])
    const long = `{"s":"${'\\n\\"x'.repeat(1 << 20)}","id":9007199254740993}`
    expect((await read('x.ndjson', `${long}\n`)).rows).toMatchObject([{ cells: { id: '9007199254740993' } }])
  })

  it('refuses a line that is not an object and goes on', async () => {
    const { rows } = await read('x.ndjson', '{"a":1}\nnonsense\n[1]\n{"a":2}\n')
    expect(cells(rows)).toEqual([
      { a: 1 },
      expect.stringContaining('it is not JSON'),
      'it is not a JSON object',
      { a: 2 },
    ])
  })

  it('R11 a line over the bound is refused without being held', async () => {
    const { rows } = await read('x.ndjson', `{"a":1}\n{"a":"${'x'.repeat(9 << 20)}"}\n{"a":2}\n`)
    expect(cells(rows)).toEqual([{ a: 1 }, 'it is longer than 8 MB', { a: 2 }])
  })

  it('an item of 1 MB is read, split over chunks as it is', async () => {
    const long = 'é'.repeat(500_000)
    const { rows } = await read('x.ndjson', `{"a":"${long}"}\n{"a":"${long}"}`)
    expect(cells(rows)).toEqual([{ a: long }, { a: long }])
  })

  it('says what to do with one JSON array', async () => {
    await expect(read('x.json', '[{"a":1}]')).rejects.toThrow('holds one JSON array')
  })
})

describe('files', () => {
  it('gzip is told by its bytes, not by its name, and the digest is that of what it holds, however it is packed', async () => {
    const text = `a,b\n${'1,2\n'.repeat(200_000)}`
    const digests: string[] = []
    for (const content of [text, gzipSync(text), gzipSync(text, { level: 1 })]) {
      const { rows, digest } = await read('x.csv', content)
      expect(rows).toHaveLength(200_000)
      expect(rows[0]).toEqual({ row: 0, cells: { a: '1', b: '2' } })
      digests.push(digest)
    }
    expect(new Set(digests)).toEqual(new Set([createHash('sha256').update(text).digest('hex')]))
  })

  it('names a gzip file that is cut off', async () => {
    const packed = gzipSync(`a,b\n${'1,2\n'.repeat(10_000)}`)
    await expect(read('x.csv.gz', packed.subarray(0, packed.length - 20))).rejects.toThrow(/is damaged/)
  })

  it('names a file that is not there', async () => {
    await expect(openTable('/nowhere/x.csv')).rejects.toThrow(/ENOENT/)
  })
})
