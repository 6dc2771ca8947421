import { crc32 } from 'node:zlib'
import type { Table } from '@espalier/core/stream'
import type { CommitFacts } from './facts.ts'

/**
 * One commit cycle in the journal: a header of 40 bytes, the rows for the warehouse as they will be shipped (grouped by
 * table and partition), and a directory that says where the groups are and how to repeat the commits.
 *
 * ```
 *  0 magic    4 checksum of all that follows    8 length of rows and directory    12 format
 * 16 sequence (float64)    24 time (float64)    32 number of rows    36 bytes of rows    40 rows, directory
 * ```
 *
 * The magic has bytes that no UTF-8 text has, and the payload is nothing but UTF-8: it cannot be forged by an event.
 */
export const HEADER_BYTES = 40
const MAGIC = 0xfe5345ff
/**
 * Also says which reducer made the commits: it grows when another would make something else of them. Frames of all formats up
 * to it are read. 2: an identifier has a source of its own. 3: days that nobody asks for set no timer.
 * 4: texts with more than three decimals of a second are instants. 5: what decisions ask of anyone of an account is kept up
 * before its signals are filled. 6: two grants of one offer are both kept at a merge. 7: what an identify
 * says once stands only where nothing else says it. 8: a page call's own properties say where a visit came from.
 */
export const FRAME_FORMAT = 8
/** Longer than any frame that is written: a length beyond it is damage. */
const MAX_FRAME_BYTES = 1 << 30

/** Rows of one table and partition in a frame. */
export interface GroupEntry {
  readonly table: Table
  readonly partition: number
  readonly rows: number
  readonly bytes: number
}

export interface FrameHeader {
  /** `FRAME_FORMAT` of whoever wrote it. */
  readonly format: number
  /** 1, 2, 3… over all frames of a journal. */
  readonly sequence: number
  /** Earliest `now` of what is in it, epoch milliseconds. */
  readonly time: number
  readonly rows: number
  readonly rowBytes: number
  /** Bytes of the whole frame, header included. */
  readonly length: number
}

export interface Directory {
  readonly commits: readonly CommitFacts[]
  readonly groups: readonly GroupEntry[]
}

/** A group with its bytes: each row ended by a line feed. */
export interface Group extends GroupEntry {
  readonly body: Uint8Array
}

/** Completes a frame whose payload is already in `buffer` at HEADER_BYTES. */
export function seal(buffer: Buffer, header: Omit<FrameHeader, 'format'>): void {
  buffer.writeUInt32LE(MAGIC, 0)
  buffer.writeUInt32LE(header.length - HEADER_BYTES, 8)
  buffer.writeUInt32LE(FRAME_FORMAT, 12)
  buffer.writeDoubleLE(header.sequence, 16)
  buffer.writeDoubleLE(header.time, 24)
  buffer.writeUInt32LE(header.rows, 32)
  buffer.writeUInt32LE(header.rowBytes, 36)
  buffer.writeUInt32LE(crc32(buffer.subarray(8, header.length)), 4)
}

/**
 * What the header says, or undefined where it cannot be one. The checksum is not looked at. Of a newer version's frame as well: the header
 * stays what it is, so that such a frame is never taken for a torn one.
 */
export function readHeader(buffer: Buffer, offset = 0): FrameHeader | undefined {
  if (buffer.length - offset < HEADER_BYTES || buffer.readUInt32LE(offset) !== MAGIC) return undefined
  const payload = buffer.readUInt32LE(offset + 8)
  const rowBytes = buffer.readUInt32LE(offset + 36)
  const format = buffer.readUInt32LE(offset + 12)
  if (format < 1 || rowBytes > payload || payload > MAX_FRAME_BYTES) return undefined
  return {
    format,
    sequence: buffer.readDoubleLE(offset + 16),
    time: buffer.readDoubleLE(offset + 24),
    rows: buffer.readUInt32LE(offset + 32),
    rowBytes,
    length: HEADER_BYTES + payload,
  }
}

/** `frame` holds exactly one frame. */
export function isIntact(frame: Buffer): boolean {
  return frame.readUInt32LE(4) === crc32(frame.subarray(8))
}

export function readDirectory(frame: Buffer, header: FrameHeader): Directory {
  const text = frame.toString('utf8', HEADER_BYTES + header.rowBytes, header.length)
  const [commits, groups] = JSON.parse(text) as [CommitFacts[], [Table, number, number, number][]]
  return {
    commits,
    groups: groups.map(([table, partition, rows, bytes]) => ({ table, partition, rows, bytes })),
  }
}

export function groupsOf(frame: Buffer, groups: readonly GroupEntry[]): Group[] {
  let offset = HEADER_BYTES
  return groups.map(group => {
    const body = frame.subarray(offset, offset + group.bytes)
    offset += group.bytes
    return { ...group, body }
  })
}

/** Every place in `buffer` from `from` where a frame might begin. */
export function* possibleFrames(buffer: Buffer, from: number): Generator<number> {
  const magic = Buffer.alloc(4)
  magic.writeUInt32LE(MAGIC)
  for (let at = buffer.indexOf(magic, from); at >= 0; at = buffer.indexOf(magic, at + 1)) yield at
}
