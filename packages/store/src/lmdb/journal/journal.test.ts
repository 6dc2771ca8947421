import { appendFile, readFile, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemFiles } from '../files.ts'
import { SmallDisk, temporaryFolder } from '../testing.ts'
import { FRAME_FORMAT, groupsOf, readDirectory, readHeader } from './frame.ts'
import { FrameBuilder } from './frameBuilder.ts'
import { JOURNAL_START, Journal } from './journal.ts'
import type { Position } from './position.ts'
import { readFrames } from './reader.ts'
import { SEGMENT_START, segmentName } from './segment.ts'

let directory: string
let remove: () => Promise<void>
beforeEach(async () => {
  const folder = await temporaryFolder()
  directory = folder.path
  remove = folder.remove
})
afterEach(() => remove())

const open = (options: { files?: SmallDisk; segmentBytes?: number; from?: Position } = {}) =>
  Journal.open({ files: systemFiles, directory, segmentBytes: 1 << 20, from: JOURNAL_START, ...options })

const builder = new FrameBuilder()

/** A frame that holds these lines. */
function frame(sequence: number, ...lines: string[]): Buffer {
  builder.reset()
  for (const line of lines) builder.addRow({ table: 'events', partition: 202603, line })
  builder.addTime(sequence)
  return Buffer.from(builder.build(sequence).bytes)
}

async function append(journal: Journal, ...lines: string[]): Promise<void> {
  await journal.append(frame(journal.sequence, ...lines))
}

async function linesOf(journal: Journal, from: Position = JOURNAL_START): Promise<string[]> {
  const lines: string[] = []
  for await (const { bytes, header } of readFrames(journal, from, journal.end)) {
    for (const group of groupsOf(bytes, readDirectory(bytes, header).groups)) {
      lines.push(...Buffer.from(group.body).toString().trimEnd().split('\n'))
    }
  }
  return lines
}

const first = () => join(directory, segmentName(1))

describe('a journal', () => {
  it('R2 gives back what was appended, after it was opened again', async () => {
    const journal = await open()
    await append(journal, '{"a":1}', '{"ü":"🌿"}')
    await append(journal, '{"b":2}')
    await journal.close()
    const again = await open()
    expect(await linesOf(again)).toEqual(['{"a":1}', '{"ü":"🌿"}', '{"b":2}'])
    expect(again.sequence).toBe(3)
    await append(again, '{"c":3}')
    expect((await linesOf(again)).at(-1)).toBe('{"c":3}')
    await again.close()
  })

  it('goes on in a new segment when it is told to, unless the one there is has nothing yet', async () => {
    const journal = await open()
    await append(journal, '{"i":0}')
    await journal.rotate()
    const rotated = journal.end
    expect(rotated).toEqual({ segment: 2, offset: SEGMENT_START })
    await journal.rotate()
    expect(journal.end).toEqual(rotated)
    await journal.removeBefore(rotated)
    expect(journal.segments).toEqual([2])
    await journal.close()
    const again = await open({ from: rotated })
    await append(again, '{"i":1}')
    expect(await linesOf(again, rotated)).toEqual(['{"i":1}'])
    await again.close()
  })

  it('goes on in a new segment when one is large, and forgets those nobody needs', async () => {
    const journal = await open({ segmentBytes: 300 })
    const ends: Position[] = []
    for (let i = 0; i < 12; i++) {
      await append(journal, `{"i":${i}}`)
      ends.push(journal.end)
    }
    expect(journal.segments.length).toBeGreaterThan(2)
    expect(await linesOf(journal)).toHaveLength(12)
    const position = ends[8]!
    // Whoever ships and whoever writes checkpoints may do it at the same time.
    await Promise.all([journal.removeBefore(position), journal.removeBefore(position)])
    expect(journal.segments[0]).toBe(position.segment)
    expect(await linesOf(journal, position)).toEqual(['{"i":9}', '{"i":10}', '{"i":11}'])
    expect(journal.bytesSince(position)).toBeGreaterThan(0)
    expect(journal.bytesSince(journal.end)).toBe(0)
    await journal.close()
    const again = await open({ segmentBytes: 300, from: position })
    expect(await linesOf(again, position)).toHaveLength(3)
    await again.close()
  })
})

describe('after a power cut', () => {
  it('R2 a last frame that is not whole is cut off, wherever it was torn', async () => {
    const journal = await open()
    await append(journal, '{"a":1}')
    const kept = journal.end.offset
    await append(journal, '{"b":"a longer line, so that there is something to tear"}')
    const full = journal.end.offset
    await journal.close()
    const whole = await readFile(first())
    for (let cut = kept; cut < full; cut++) {
      await writeFile(first(), whole.subarray(0, cut))
      const torn = await open()
      expect(await linesOf(torn)).toEqual(['{"a":1}'])
      await append(torn, '{"c":3}')
      expect(await linesOf(torn)).toEqual(['{"a":1}', '{"c":3}'])
      await torn.close()
    }
  })

  it('R2 pages of the last frame that never arrived are found by its checksum', async () => {
    const journal = await open()
    await append(journal, '{"a":1}')
    const kept = journal.end.offset
    await append(journal, '{"b":2}')
    await journal.close()
    const whole = await readFile(first())
    for (let at = kept; at < whole.length; at++) {
      const damagedByte = Buffer.from(whole)
      damagedByte[at]! ^= 0x10
      await writeFile(first(), damagedByte)
      const torn = await open()
      expect(await linesOf(torn)).toEqual(['{"a":1}'])
      await torn.close()
    }
  })

  it('a segment that was only being made is made again', async () => {
    const journal = await open()
    await append(journal, '{"a":1}')
    await journal.close()
    await writeFile(join(directory, segmentName(2)), Buffer.from('ESPJ'))
    const again = await open()
    expect(again.end.segment).toBe(1)
    expect(await linesOf(again)).toEqual(['{"a":1}'])
    await again.close()
    await writeFile(first(), Buffer.alloc(SEGMENT_START - 1))
    await unlink(join(directory, segmentName(2))).catch(() => undefined)
    const fresh = await open()
    expect(fresh.sequence).toBe(1)
    await fresh.close()
  })
})

describe('a frame of a newer version', () => {
  /** As if a newer version had written the frame that begins at a byte. */
  async function renew(at: number): Promise<void> {
    const bytes = await readFile(first())
    const end = readHeader(bytes, at)!.length + at
    bytes.writeUInt32LE(FRAME_FORMAT + 1, at + 12)
    bytes.writeUInt32LE(crc32(bytes.subarray(at + 8, end)), at + 4)
    await writeFile(first(), bytes)
  }
  const refused = { code: 'newer-version', message: expect.stringContaining(`format ${FRAME_FORMAT + 1}`) }

  it('R2 at the end is not taken for one that was torn: the journal is refused, and left as it is', async () => {
    const journal = await open()
    await append(journal, '{"a":1}')
    const at = journal.end.offset
    await append(journal, '{"b":2}')
    await journal.close()
    await renew(at)
    const before = await readFile(first())
    await expect(open()).rejects.toMatchObject(refused)
    expect(await readFile(first())).toEqual(before)
  })

  it('in an earlier segment is no damage', async () => {
    const journal = await open({ segmentBytes: 100 })
    for (let i = 0; i < 3; i++) await append(journal, `{"i":${i}}`)
    await journal.close()
    await renew(SEGMENT_START)
    const again = await open({ segmentBytes: 100 })
    await expect(linesOf(again)).rejects.toMatchObject(refused)
    await again.close()
  })
})

describe('damage', () => {
  it('in the middle is an error that names the file and the byte', async () => {
    const journal = await open()
    await append(journal, '{"a":1}')
    const at = journal.end.offset
    await append(journal, '{"b":2}')
    await append(journal, '{"c":3}')
    await journal.close()
    const bytes = await readFile(first())
    bytes[at + 50]! ^= 1
    await writeFile(first(), bytes)
    await expect(open()).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining(first()) })
    await expect(open()).rejects.toThrow(`byte ${at}`)
  })

  it('in an earlier segment is found when it is read', async () => {
    const journal = await open({ segmentBytes: 200 })
    for (let i = 0; i < 6; i++) await append(journal, `{"i":${i}}`)
    await journal.close()
    await truncate(first(), 250)
    const again = await open({ segmentBytes: 200 })
    await expect(linesOf(again)).rejects.toMatchObject({ code: 'corrupt' })
    await again.close()
  })

  it('is also a segment that is missing, or shorter than the checkpoint knows it', async () => {
    const journal = await open({ segmentBytes: 200 })
    for (let i = 0; i < 8; i++) await append(journal, `{"i":${i}}`)
    const { end } = journal
    await journal.close()
    await expect(open({ from: { segment: end.segment, offset: end.offset + 1 } })).rejects.toMatchObject({
      code: 'corrupt',
    })
    await expect(open({ from: { segment: end.segment + 1, offset: 32 } })).rejects.toMatchObject({ code: 'corrupt' })
    await unlink(join(directory, segmentName(2)))
    await expect(open()).rejects.toThrow(segmentName(2))
    await unlink(first())
    await expect(open()).rejects.toThrow(segmentName(1))
  })

  it('is not what comes after the end by chance', async () => {
    const journal = await open()
    await append(journal, '{"a":1}')
    await journal.close()
    await appendFile(first(), Buffer.alloc(500, 0xff))
    const again = await open()
    expect(await linesOf(again)).toEqual(['{"a":1}'])
    await again.close()
  })
})

describe('a disk that is full or fails', () => {
  it('R2 refuses with `full`, keeps what was there, and goes on when there is room', async () => {
    const files = new SmallDisk()
    const journal = await open({ files })
    await append(journal, '{"a":1}')
    for (const room of [0, 1, 39, 41, 60]) {
      files.room = room
      await expect(append(journal, '{"b":"does not fit in what is left of this disk"}')).rejects.toMatchObject({
        code: 'full',
      })
      expect((await readFile(first())).length).toBe(journal.end.offset)
    }
    files.room = Infinity
    await append(journal, '{"c":3}')
    expect(await linesOf(journal)).toEqual(['{"a":1}', '{"c":3}'])
    await journal.close()
  })

  it('R2 a frame whose sync failed is gone, also when it cannot be cut off at once', async () => {
    const files = new SmallDisk()
    const journal = await open({ files })
    await append(journal, '{"a":1}')
    files.broken = { sync: 'EIO', truncate: 'EIO' }
    await expect(append(journal, '{"b":2}')).rejects.toMatchObject({ code: 'unavailable' })
    files.broken = { truncate: 'EIO' }
    await expect(append(journal, '{"b":2}')).rejects.toMatchObject({ code: 'unavailable' })
    files.broken = {}
    await append(journal, '{"c":3}')
    expect(await linesOf(journal)).toEqual(['{"a":1}', '{"c":3}'])
    await journal.close()
  })

  it('R2 a segment that could not be begun is begun later', async () => {
    const files = new SmallDisk()
    const journal = await open({ files, segmentBytes: 100 })
    await append(journal, '{"a":"longer than a segment, so that the next frame is in the next one"}')
    files.room = 10
    await expect(append(journal, '{"b":2}')).rejects.toMatchObject({ code: 'full' })
    files.room = Infinity
    await append(journal, '{"c":3}')
    expect(journal.segments).toEqual([1, 2])
    await journal.close()
    const again = await open()
    expect((await linesOf(again)).at(-1)).toBe('{"c":3}')
    await again.close()
  })
})

it('lines of any text in any groups come back as they were', async () => {
  const row = fc.record({
    table: fc.constantFrom('events' as const, 'decisions' as const),
    partition: fc.constantFrom(202603, 202604),
    line: fc.json(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(row, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 5 }),
      async frames => {
        const journal = await open()
        const told: string[] = []
        for (const rows of frames) {
          builder.reset()
          for (const one of rows) builder.addRow(one)
          builder.addTime(1)
          await journal.append(builder.build(journal.sequence).bytes)
          for (const table of ['events', 'decisions']) {
            for (const partition of [202603, 202604]) {
              const lines = rows.filter(one => one.table === table && one.partition === partition)
              told.push(...lines.map(one => `${table} ${partition} ${one.line}`))
            }
          }
        }
        const found: string[] = []
        for await (const { bytes, header } of readFrames(journal, JOURNAL_START, journal.end)) {
          for (const group of groupsOf(bytes, readDirectory(bytes, header).groups)) {
            const lines = Buffer.from(group.body).toString().split('\n').slice(0, -1)
            expect(lines).toHaveLength(group.rows)
            found.push(...lines.map(line => `${group.table} ${group.partition} ${line}`))
          }
        }
        expect(found.sort()).toEqual(told.sort())
        await journal.close()
        for (const name of await systemFiles.list(directory)) await unlink(join(directory, name))
      },
    ),
    { numRuns: 30 },
  )
})
