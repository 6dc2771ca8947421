import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CliError } from '../../errors.ts'
import { utf8Of } from './encoding.ts'

/** A file being read once from its start, with what is known of it meanwhile. */
export interface OpenFile {
  /** The bytes of its text in UTF-8, unpacked. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Bytes of the file on the disk that were read so far. */
  read(): number
  /** SHA-256 of what the file holds, unpacked, hex: the same however it is packed. Only once everything was read. */
  digest(): string
  /** Of a packed file that of its bytes on the disk, by which earlier versions knew it. */
  packedDigest(): string | undefined
}

/** Bytes on the disk. */
export async function sizeOf(path: string): Promise<number> {
  const stats = await stat(path)
  if (!stats.isFile()) throw new CliError(`${path} is not a file`, { mend: 'Name a CSV or NDJSON file, gzip or plain' })
  return stats.size
}

/** Opens a file, gzip (told by its first bytes) or plain. `encoding`: where it is neither UTF-8 nor says so itself. */
export async function openFile(path: string, encoding?: string): Promise<OpenFile> {
  const handle = await open(path)
  const magic = Buffer.alloc(2)
  await handle.read(magic, 0, 2, 0)
  await handle.close()

  const gzip = magic[0] === 0x1f && magic[1] === 0x8b
  const hash = createHash('sha256')
  const inside = createHash('sha256')
  let read = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      read += chunk.length
      done(null, chunk)
    },
  })
  const file = createReadStream(path, { highWaterMark: 1 << 18 })
  file.on('error', error => counted.destroy(error))
  const raw = file.pipe(counted)
  const bytes = gzip ? unpacked(raw, path, inside) : raw
  return {
    bytes: utf8Of(bytes, path, encoding),
    read: () => read,
    digest: () => (gzip ? inside : hash).digest('hex'),
    packedDigest: () => (gzip ? hash.digest('hex') : undefined),
  }
}

async function* unpacked(raw: Transform, path: string, hash: Hash): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 1 << 18 })
  raw.on('error', error => gunzip.destroy(error))
  try {
    for await (const chunk of raw.pipe(gunzip)) {
      hash.update(chunk as Uint8Array)
      yield chunk as Uint8Array
    }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && /^Z_/.test(String(cause.code))) {
      throw new CliError(`${path} is damaged: its gzip data cannot be unpacked`, {
        mend: 'Download or export it again; `gzip -t` tells whether a file is whole',
        cause,
      })
    }
    throw cause
  }
}
