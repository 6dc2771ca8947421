import { type FileHandle, open, readdir, unlink } from 'node:fs/promises'

/** The part of a file that the journal needs. */
export interface JournalFile {
  /** Writes all of it. */
  write(bytes: Uint8Array, offset: number): Promise<void>
  /** Returns once the contents survive a power cut. */
  datasync(): Promise<void>
  truncate(length: number): Promise<void>
  /** The bytes that are there: fewer at the end of the file. In `room`, where that is given and large enough. */
  read(offset: number, length: number, room?: Buffer): Promise<Buffer>
  size(): Promise<number>
  close(): Promise<void>
}

/** Where the journal's files are; a test puts one that fails in its place. */
export interface JournalFiles {
  create(path: string): Promise<JournalFile>
  open(path: string): Promise<JournalFile>
  remove(path: string): Promise<void>
  list(directory: string): Promise<string[]>
}

/** The files of the system. */
export const systemFiles: JournalFiles = {
  async create(path) {
    const file = new SystemFile(await open(path, 'wx+'))
    return file
  },
  async open(path) {
    return new SystemFile(await open(path, 'r+'))
  },
  remove: unlink,
  list: readdir,
}

class SystemFile implements JournalFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten
    }
  }

  datasync(): Promise<void> {
    return this.#handle.datasync()
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length)
  }

  async read(offset: number, length: number, room?: Buffer): Promise<Buffer> {
    const buffer = room !== undefined && room.length >= length ? room.subarray(0, length) : Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const { bytesRead } = await this.#handle.read(buffer, done, length - done, offset + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return buffer.subarray(0, done)
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** Makes the names in a folder survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
