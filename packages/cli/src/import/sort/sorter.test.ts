import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Sorter, type SortRecord } from './sorter.ts'

async function sorted(
  records: readonly SortRecord[],
  limit?: number,
): Promise<{ result: SortRecord[]; spilled: number; again: SortRecord[] }> {
  const sorter = new Sorter(limit)
  for (const record of records) await sorter.add(record)
  const read = async () => {
    const result: SortRecord[] = []
    for await (const record of sorter.sorted()) result.push(record)
    return result
  }
  const spilled = sorter.runs
  const outcome = { result: await read(), spilled, again: await read() }
  sorter.close()
  return outcome
}

// All but a line feed, which ends one: JSON keeps the others that some take for an end.
const line = fc.string({ unit: fc.constantFrom('a', 'é', '\t', '"', ' ', '\r', '\u2028', '\u2029', '\u0085') })

describe('the sorter', () => {
  it.each([
    ['numbers', fc.integer({ min: -5, max: 5 })],
    ['texts', fc.string({ unit: fc.constantFrom('a', 'B', '\n', '\t', 'é'), maxLength: 3 })],
  ] as [
    string,
    fc.Arbitrary<number | string>,
  ][])('R11 agrees with sorting in memory, however little it may hold: %s', async (_, key) => {
    const record = fc.record({ key, row: fc.nat(1000), output: fc.nat(3), line })
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(record, { selector: ({ row, output }) => row * 4 + output, maxLength: 200 }),
        fc.integer({ min: 100, max: 20_000 }),
        async (records, limit) => {
          const compare = (a: SortRecord, b: SortRecord) =>
            (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) || a.row - b.row || a.output - b.output
          const { result, again } = await sorted(records, limit)
          expect(result).toEqual([...records].sort(compare))
          expect(again).toEqual(result)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('R3 what is added while a run is written is not in it, and nothing is twice', async () => {
    const sorter = new Sorter(150)
    const key = (i: number) => (i * 7) % 40
    for (let i = 0; i < 40; i += 2) {
      // Two items of one row.
      await Promise.all([i, i + 1].map(n => sorter.add({ key: key(n), row: i, output: n - i, line: 'x' })))
    }
    const keys: unknown[] = []
    for await (const record of sorter.sorted()) keys.push(record.key)
    sorter.close()
    expect(keys).toEqual(Array.from({ length: 40 }, (_, i) => i))
  })

  it('writes runs to the disk only when memory is full, and leaves nothing behind', async () => {
    const before = readdirSync(tmpdir()).filter(name => name.startsWith('espalier-sort-'))
    const records = Array.from({ length: 500 }, (_, i) => ({ key: 500 - i, row: i, output: 0, line: 'x'.repeat(100) }))
    expect((await sorted(records)).spilled).toBe(0)
    // More runs than are read at once: they are merged in between.
    const { result, spilled } = await sorted(records, 1_000)
    expect(spilled).toBeGreaterThan(64)
    expect(result.map(({ key }) => key)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
    const after = readdirSync(tmpdir()).filter(name => name.startsWith('espalier-sort-') && !before.includes(name))
    expect(after.filter(name => existsSync(`${tmpdir()}/${name}`))).toEqual([])
  })
})
