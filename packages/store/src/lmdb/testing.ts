import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Event } from '@espalier/core/event'
import { type Plan, planOfNeeds } from '@espalier/core/plan'
import { times } from '@espalier/core/signal'
import type { Entry } from '@espalier/core/stream'
import { type JournalFile, type JournalFiles, systemFiles } from './files.ts'

/** A new folder, and how to remove it. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'espalier-lmdb-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** 2026-03-10 12:00 UTC. */
export const NOON = Date.UTC(2026, 2, 10, 12)

export const PLAN: Plan = planOfNeeds(1, [times({ event: 'Product Viewed' }, 3)])

/** A tracked event as an entry; `event` overrides. */
export function tracked(messageId: string, event: Partial<Event> = {}): Entry & { kind: 'event' } {
  const timestamp = event.timestamp ?? NOON
  return {
    kind: 'event',
    event: {
      type: 'track',
      messageId,
      anonymousId: 'web',
      name: 'Product Viewed',
      properties: { product_id: 'sku-1', price: 9.99 },
      context: { page: { path: '/p/1' }, locale: 'en-GB' },
      timestamp,
      received: timestamp,
      index: 0,
      ...event,
    },
  }
}

/** Ids in the shape of UUIDv7, in the order of their making. */
export function idMaker(start = 0): () => string {
  let made = start
  return () => `01900000-0000-7000-8000-${(++made).toString(16).padStart(12, '0')}`
}

/** Files of a disk that holds only so many bytes, or that fails. */
export class SmallDisk implements JournalFiles {
  /** Bytes that can still be written at new places. */
  room = Infinity
  /** What every write, and every sync, fails with. */
  broken: { write?: string; sync?: string; truncate?: string } = {}

  async create(path: string): Promise<JournalFile> {
    return this.#watched(await systemFiles.create(path))
  }

  async open(path: string): Promise<JournalFile> {
    return this.#watched(await systemFiles.open(path))
  }

  remove(path: string): Promise<void> {
    return systemFiles.remove(path)
  }

  list(directory: string): Promise<string[]> {
    return systemFiles.list(directory)
  }

  async #watched(file: JournalFile): Promise<JournalFile> {
    return {
      write: async (bytes, offset) => {
        if (this.broken.write) throw failure(this.broken.write)
        const fits = Math.min(bytes.length, this.room)
        this.room -= fits
        await file.write(bytes.subarray(0, fits), offset)
        if (fits < bytes.length) throw failure('ENOSPC')
      },
      datasync: async () => {
        if (this.broken.sync) throw failure(this.broken.sync)
        await file.datasync()
      },
      truncate: async length => {
        if (this.broken.truncate) throw failure(this.broken.truncate)
        this.room += Math.max(0, (await file.size()) - length)
        await file.truncate(length)
      },
      read: (offset, length, room) => file.read(offset, length, room),
      size: () => file.size(),
      close: () => file.close(),
    }
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: made to fail`), { code })
}
