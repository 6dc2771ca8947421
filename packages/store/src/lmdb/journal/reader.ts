import type { JournalFile } from '../files.ts'
import { FRAME_FORMAT, type FrameHeader, HEADER_BYTES, isIntact, readHeader } from './frame.ts'
import type { Journal } from './journal.ts'
import { comparePositions, type Position } from './position.ts'
import { damaged, missingSegment, newerFrame } from './problems.ts'
import { SEGMENT_START } from './segment.ts'

export interface ReadFrame {
  readonly at: Position
  readonly next: Position
  readonly header: FrameHeader
  /** The whole frame. Valid until the next is asked for. */
  readonly bytes: Buffer
}

const CHUNK_BYTES = 2 << 20

/**
 * Where the last reading that has ended read into, for the next: buffers made anew for each live so long that only a collection of
 * the whole heap gives them back, and so many of them bring it about.
 */
let spare: Buffer | undefined

/** The durable frames from `from` up to `to`, checked. Throws `corrupt` at one that is damaged, `newer-version` at one of a newer version. */
export async function* readFrames(journal: Journal, from: Position, to: Position): AsyncGenerator<ReadFrame> {
  const room = spare ?? Buffer.allocUnsafeSlow(CHUNK_BYTES)
  spare = undefined
  try {
    let at = from
    while (comparePositions(at, to) < 0) {
      const { segment } = at
      const end = segment === to.segment ? to.offset : journal.size(segment)
      if (end === 0) throw missingSegment(journal.path(segment))
      if (at.offset < end) yield* readSegment(journal, at, end, room)
      at = { segment: segment + 1, offset: SEGMENT_START }
    }
  } finally {
    spare = room
  }
}

async function* readSegment(journal: Journal, from: Position, end: number, room: Buffer): AsyncGenerator<ReadFrame> {
  const file = await journal.openForReading(from.segment)
  try {
    yield* framesOf(file, journal.path(from.segment), from, end, room)
  } finally {
    await file.close()
  }
}

async function* framesOf(
  file: JournalFile,
  path: string,
  from: Position,
  end: number,
  room: Buffer,
): AsyncGenerator<ReadFrame> {
  const { segment } = from
  let offset = from.offset
  let chunk: Buffer = Buffer.alloc(0)
  let chunkAt = offset
  const load = async (bytes: number) => {
    const left = offset - chunkAt
    if (chunk.length - left >= bytes) return
    chunk = await file.read(offset, Math.min(Math.max(bytes, CHUNK_BYTES), end - offset), room)
    chunkAt = offset
  }
  while (offset < end) {
    await load(HEADER_BYTES)
    const header = readHeader(chunk, offset - chunkAt)
    if (!header || offset + header.length > end) throw damaged(path, offset)
    await load(header.length)
    const bytes = chunk.subarray(offset - chunkAt, offset - chunkAt + header.length)
    if (bytes.length < header.length || !isIntact(bytes)) throw damaged(path, offset)
    if (header.format > FRAME_FORMAT) throw newerFrame(path, header.format)
    const next = offset + header.length
    yield { at: { segment, offset }, next: { segment, offset: next }, header, bytes }
    offset = next
  }
}

/** What the rows between two positions come to. */
export async function totals(
  journal: Journal,
  from: Position,
  to: Position,
): Promise<{ rows: number; bytes: number; oldest: number | undefined }> {
  let rows = 0
  let bytes = 0
  let oldest: number | undefined
  for await (const { header } of readFrames(journal, from, to)) {
    rows += header.rows
    bytes += header.rowBytes
    if (header.rows > 0) oldest ??= header.time
  }
  return { rows, bytes, oldest }
}
