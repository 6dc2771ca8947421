import { statfs } from 'node:fs/promises'
import { StoreError } from '../../errors.ts'
import { storeError } from '../journal/problems.ts'

/** Kept free, so that what waits can still be shipped and checkpointed, which makes room: 64 MiB, or 5 % of a small disk. */
const RESERVE_BYTES = 64 << 20
const RESERVE_SHARE = 0.05
/** A measurement serves so long: less is written meanwhile than the reserve. */
const FRESH_MS = 200

/** Bytes of a disk. */
export interface Disk {
  readonly free: number
  readonly total: number
}

/** Watches the room on the disk of a folder. */
export class DiskRoom {
  readonly #path: string
  readonly #measure: () => Promise<Disk>
  readonly #now: () => number
  #measured = -Infinity
  #isFull = false

  constructor(path: string, measure = () => diskOf(path), now = () => performance.now()) {
    this.#path = path
    this.#measure = measure
    this.#now = now
  }

  /** Throws `full` where only the reserve is left. */
  async ensure(): Promise<void> {
    if (this.#now() - this.#measured >= FRESH_MS) {
      const { free, total } = await this.#measure().catch(error => Promise.reject(storeError(error)))
      this.#measured = this.#now()
      this.#isFull = free < Math.min(RESERVE_BYTES, total * RESERVE_SHARE)
    }
    if (this.#isFull) throw new StoreError('full', `The disk of ${this.#path} is nearly full: make room and try again.`)
  }
}

/** Too little for a page or two of LMDB's. */
const NO_ROOM_BYTES = 1 << 20

/**
 * What a write to LMDB failed with, as a store tells it. A write that was cut short, as the first is where the room ends, LMDB takes for
 * a disk that fails: how much room there is says which it was.
 */
export async function writeError(error: Error, path: string, measure = diskOf): Promise<StoreError> {
  const { code } = error as { code?: unknown }
  const isCutShort = code === EIO || code === 'EIO' || error.message.includes('Input/output error')
  if (!isCutShort) return storeError(error)
  const disk = await measure(path).catch(() => undefined)
  return storeError(disk && disk.free < NO_ROOM_BYTES ? Object.assign(error, { code: 'ENOSPC' }) : error)
}

const EIO = 5

async function diskOf(path: string): Promise<Disk> {
  const { bavail, blocks, bsize } = await statfs(path)
  return { free: bavail * bsize, total: blocks * bsize }
}
