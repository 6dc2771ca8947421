import { join } from 'node:path'
import { type JournalFile, type JournalFiles, syncDirectory } from '../files.ts'
import type { Position } from './position.ts'
import { damaged, missingSegment, storeError } from './problems.ts'
import { endOfSegment, firstSequence, SEGMENT_START, segmentHeader, segmentName, segmentNumber } from './segment.ts'

/** Where the first frame of a new journal is. */
export const JOURNAL_START: Position = { segment: 1, offset: SEGMENT_START }

/**
 * An append-only log in segment files `0000000001.journal`, `0000000002.journal`… What `append` answered for survives a
 * power cut; a frame that was not finished is cut off at the next opening. One append at a time.
 */
export class Journal {
  readonly #files: JournalFiles
  readonly #directory: string
  readonly #segmentBytes: number
  #file: JournalFile
  #end: Position
  #sequence: number
  /** Bytes of the finished segments by number, ascending. */
  readonly #finished: Map<number, number>
  /** Something may be in the file beyond the end, which must go before the next frame. */
  #torn = false

  private constructor(place: Place, segmentBytes: number, opened: Opened) {
    this.#files = place.files
    this.#directory = place.directory
    this.#segmentBytes = segmentBytes
    this.#file = opened.file
    this.#end = opened.end
    this.#sequence = opened.sequence
    this.#finished = opened.finished
  }

  /** `from`: what is before it may be missing. Throws `corrupt` where something after it cannot be right. */
  static async open(place: Place & { segmentBytes: number; from: Position }): Promise<Journal> {
    const numbers = (await place.files.list(place.directory))
      .map(segmentNumber)
      .filter(number => number !== undefined)
      .sort((a, b) => a - b)
    return new Journal(place, place.segmentBytes, await openSegments(place, numbers, place.from))
  }

  /** After the last durable frame. */
  get end(): Position {
    return this.#end
  }

  /** Of the next frame: 1, 2, 3… */
  get sequence(): number {
    return this.#sequence
  }

  /** The segments that are there, ascending. */
  get segments(): number[] {
    return [...this.#finished.keys(), this.#end.segment]
  }

  path(segment: number): string {
    return join(this.#directory, segmentName(segment))
  }

  /** Where the durable frames of a segment end. */
  size(segment: number): number {
    return segment === this.#end.segment ? this.#end.offset : (this.#finished.get(segment) ?? 0)
  }

  /** Bytes of frames from `from` to the end. */
  bytesSince(from: Position): number {
    let bytes = 0
    for (const segment of this.segments) {
      if (segment < from.segment) continue
      bytes += this.size(segment) - (segment === from.segment ? from.offset : SEGMENT_START)
    }
    return bytes
  }

  openForReading(segment: number): Promise<JournalFile> {
    return this.#files.open(this.path(segment))
  }

  /** Durable at return; answers where it begins. Throws `full` or `unavailable`, and then the journal is as before. */
  async append(frame: Uint8Array): Promise<Position> {
    try {
      if (this.#torn) await this.#mend()
      if (this.#end.offset >= this.#segmentBytes) await this.#nextSegment()
      this.#torn = true
      await this.#file.write(frame, this.#end.offset)
      await this.#file.datasync()
      this.#torn = false
    } catch (error) {
      await this.#mend().catch(() => undefined)
      throw storeError(error)
    }
    const at = this.#end
    this.#end = { segment: at.segment, offset: at.offset + frame.length }
    this.#sequence++
    return at
  }

  /** The next frame comes into a new segment, unless this one has none. */
  async rotate(): Promise<void> {
    try {
      if (this.#torn) await this.#mend()
      if (this.#end.offset > SEGMENT_START) await this.#nextSegment()
    } catch (error) {
      throw storeError(error)
    }
  }

  /** Deletes the segments before that of `position`. */
  async removeBefore(position: Position): Promise<void> {
    for (const segment of [...this.#finished.keys()]) {
      if (segment >= position.segment) return
      // Somebody else who removes at the same time may have been faster.
      if (!this.#finished.delete(segment)) continue
      await this.#files.remove(this.path(segment))
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #mend(): Promise<void> {
    if (!this.#torn) return
    await this.#file.truncate(this.#end.offset)
    await this.#file.datasync()
    this.#torn = false
  }

  async #nextSegment(): Promise<void> {
    const segment = this.#end.segment + 1
    // A try that failed half way may have left the file.
    const names = await this.#files.list(this.#directory)
    if (names.includes(segmentName(segment))) await this.#files.remove(this.path(segment))
    const file = await createSegment({ files: this.#files, directory: this.#directory }, segment, this.#sequence)
    await this.#file.close()
    this.#finished.set(this.#end.segment, this.#end.offset)
    this.#file = file
    this.#end = { segment, offset: SEGMENT_START }
  }
}

interface Place {
  readonly files: JournalFiles
  readonly directory: string
}

interface Opened {
  readonly file: JournalFile
  readonly end: Position
  readonly sequence: number
  readonly finished: Map<number, number>
}

async function openSegments(place: Place, numbers: readonly number[], from: Position): Promise<Opened> {
  const pathOf = (segment: number) => join(place.directory, segmentName(segment))
  const last = numbers.at(-1)
  if (last === undefined) {
    if (from.segment !== JOURNAL_START.segment || from.offset !== JOURNAL_START.offset) {
      throw missingSegment(pathOf(from.segment))
    }
    return { file: await createSegment(place, 1, 1), end: JOURNAL_START, sequence: 1, finished: new Map() }
  }
  if (numbers[0]! > from.segment) throw missingSegment(pathOf(from.segment))
  const gap = numbers.findIndex((number, i) => i > 0 && number !== numbers[i - 1]! + 1)
  if (gap > 0) throw missingSegment(pathOf(numbers[gap - 1]! + 1))
  if (last < from.segment) throw missingSegment(pathOf(from.segment))

  const finished = new Map<number, number>()
  for (const number of numbers.slice(0, -1)) finished.set(number, await sizeOf(place, pathOf(number)))
  const path = pathOf(last)
  const file = await place.files.open(path)
  try {
    const bytes = await file.read(0, await file.size())
    const first = firstSequence(bytes, last)
    if (first === undefined) {
      const needed = from.segment === last && from.offset > SEGMENT_START
      if (bytes.length > SEGMENT_START || needed) throw damaged(path, 0)
      // The power went while it was made: nothing was ever acknowledged in it.
      await place.files.remove(path)
      const opened = await openSegments(place, numbers.slice(0, -1), from)
      await file.close()
      return opened
    }
    const end = endOfSegment(bytes, path, first)
    if (from.segment === last && end.offset < from.offset) throw damaged(path, end.offset)
    if (bytes.length > end.offset) {
      await file.truncate(end.offset)
      await file.datasync()
    }
    return { file, end: { segment: last, offset: end.offset }, sequence: end.sequence, finished }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function sizeOf({ files }: Place, path: string): Promise<number> {
  const file = await files.open(path)
  try {
    return await file.size()
  } finally {
    await file.close()
  }
}

async function createSegment(place: Place, segment: number, sequence: number): Promise<JournalFile> {
  const file = await place.files.create(join(place.directory, segmentName(segment)))
  try {
    await file.write(segmentHeader(segment, sequence), 0)
    await file.datasync()
    await syncDirectory(place.directory)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}
