import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../../errors.ts'

const MAGIC = 0xbeefc0de
/** The layout that the places below are of; of another one nothing is said. */
const VERSION = 2
/** Places in a meta page, whose header is of 24 bytes: what it begins with, and where the trees of pages begin. */
const AT = { magic: 24, version: 28, pageSize: 48, freeRoot: 88, mainRoot: 136, transaction: 152, end: 160 } as const
const NO_PAGE = 0xffff_ffff_ffff_ffffn

/**
 * Throws `corrupt` for an LMDB file that is none, or that ends before what it holds: to read it would end the process without a
 * word. False where there is no file yet, or nothing in it.
 */
export async function checkEnvironment(folder: string): Promise<boolean> {
  const path = join(folder, 'data.mdb')
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return false
  try {
    const { size } = await file.stat()
    if (size === 0) return false
    const first = await metaAt(file, 0)
    if (first === undefined || first.readUInt32LE(AT.magic) !== MAGIC) throw damaged(path, 'is damaged')
    if (first.readUInt32LE(AT.version) !== VERSION) return true
    const pageSize = first.readUInt32LE(AT.pageSize)
    const second = await metaAt(file, pageSize)
    if (second === undefined) throw damaged(path, 'is cut off')
    const isFirst = first.readBigUInt64LE(AT.transaction) > second.readBigUInt64LE(AT.transaction)
    const newest = isFirst ? first : second
    for (const at of [AT.freeRoot, AT.mainRoot]) {
      const root = newest.readBigUInt64LE(at)
      if (root !== NO_PAGE && (root + 1n) * BigInt(pageSize) > BigInt(size)) throw damaged(path, 'is cut off')
    }
    return true
  } finally {
    await file.close()
  }
}

export function damaged(path: string, what: string): StoreError {
  return new StoreError('corrupt', `${path} ${what}: restore the data folder from a backup.`)
}

/** Undefined where the file is not as long. */
async function metaAt(file: FileHandle, position: number): Promise<Buffer | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(AT.end), 0, AT.end, position)
  return bytesRead === AT.end ? buffer : undefined
}
