import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const CHUNK = 1 << 20

/** Files of a folder, all levels, in whose raw bytes one of the texts stands (as UTF-8). */
export async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const wanted = texts.map(text => Buffer.from(text))
  const found: string[] = []
  for (const path of await filesIn(folder)) if (await holds(path, wanted)) found.push(path)
  return found
}

export async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = []
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const entry = await lstat(path).catch(() => undefined)
    if (entry?.isDirectory()) files.push(...(await filesIn(path)))
    else if (entry?.isFile()) files.push(path)
  }
  return files
}

async function holds(path: string, wanted: readonly Buffer[]): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const longest = Math.max(...wanted.map(text => text.length))
    let rest = Buffer.alloc(0)
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK)
      if (bytesRead === 0) return false
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      if (wanted.some(text => bytes.includes(text))) return true
      rest = bytes.subarray(Math.max(0, bytes.length - longest + 1))
    }
  } finally {
    await file.close()
  }
}
