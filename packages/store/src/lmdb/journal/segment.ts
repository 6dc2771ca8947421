import { crc32 } from 'node:zlib'
import { FRAME_FORMAT, type FrameHeader, isIntact, possibleFrames, readHeader } from './frame.ts'
import { damaged, newerFrame } from './problems.ts'

/**
 * A segment is a header of 32 bytes and frames:
 * `0 magic    8 number (float64)    16 sequence of its first frame (float64)    24 checksum    28 nothing`.
 */
export const SEGMENT_START = 32
const MAGIC = Buffer.from('ESPJRNL1', 'latin1')

export function segmentName(number: number): string {
  return `${String(number).padStart(10, '0')}.journal`
}

export function segmentNumber(name: string): number | undefined {
  return /^\d{10}\.journal$/.test(name) ? Number.parseInt(name, 10) : undefined
}

export function segmentHeader(number: number, sequence: number): Buffer {
  const header = Buffer.alloc(SEGMENT_START)
  MAGIC.copy(header)
  header.writeDoubleLE(number, 8)
  header.writeDoubleLE(sequence, 16)
  header.writeUInt32LE(crc32(header.subarray(0, 24)), 24)
  return header
}

/** The sequence of the first frame, or undefined where the header is not whole. */
export function firstSequence(segment: Buffer, number: number): number | undefined {
  if (segment.length < SEGMENT_START || !segment.subarray(0, 8).equals(MAGIC)) return undefined
  if (segment.readUInt32LE(24) !== crc32(segment.subarray(0, 24)) || segment.readDoubleLE(8) !== number)
    return undefined
  return segment.readDoubleLE(16)
}

/** The frame at `offset`, or undefined where none is, or not a whole one. */
function intactFrame(segment: Buffer, offset: number): FrameHeader | undefined {
  const header = readHeader(segment, offset)
  if (!header || offset + header.length > segment.length) return undefined
  return isIntact(segment.subarray(offset, offset + header.length)) ? header : undefined
}

/**
 * Where the frames of the last segment end, and the sequence of the next one. A frame that is not whole is the tail a
 * power cut tore, unless a whole one follows it: then it is damage, since a frame is only begun when the one before it
 * is durable. Throws `newer-version` at a whole frame that this version cannot read: it was acknowledged.
 */
export function endOfSegment(segment: Buffer, path: string, sequence: number): { offset: number; sequence: number } {
  let offset = SEGMENT_START
  let next = sequence
  for (;;) {
    const header = intactFrame(segment, offset)
    if (!header || header.sequence !== next) break
    if (header.format > FRAME_FORMAT) throw newerFrame(path, header.format)
    offset += header.length
    next++
  }
  for (const at of possibleFrames(segment, offset)) {
    if (at > offset && intactFrame(segment, at)) throw damaged(path, offset)
  }
  return { offset, sequence: next }
}
