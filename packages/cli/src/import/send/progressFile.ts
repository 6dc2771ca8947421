import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../../folder.ts'

/** How far an import came. It only saves time: the server takes each row of a file once, whatever is sent (R3). */
export interface Progress {
  /** Items, in order of time, that the server has answered for. */
  readonly sent: number
  /** Where the last window before that began: sent again first, to see that the server still has it. */
  readonly probe: number
  /** Of what was sent: the numbers of items that the server refused, and why. They are written at the end. */
  readonly refused: readonly (readonly [row: number, reason: string])[]
}

/** One small file for each pair of import and server, in the cache folder. Lost or unreadable, the import begins anew. */
export class ProgressFile {
  readonly #folder: string
  readonly #path: string

  /** `identity`: hex that names the import and the server it goes to. */
  constructor(cache: string, identity: string) {
    this.#folder = join(cache, 'imports')
    this.#path = join(this.#folder, `${identity}.json`)
  }

  read(): Progress | undefined {
    try {
      const { sent, probe, refused } = JSON.parse(readFileSync(this.#path, 'utf8')) as Partial<Progress>
      const isWhole = Number.isSafeInteger(sent) && Number.isSafeInteger(probe) && Array.isArray(refused)
      return isWhole ? { sent: sent!, probe: probe!, refused } : undefined
    } catch {
      return undefined
    }
  }

  write(progress: Progress): void {
    try {
      makeFolder(this.#folder)
      writeFileSync(this.#path, JSON.stringify(progress))
    } catch {
      // A cache folder that cannot be written costs a repeated transfer after an interruption, nothing else.
    }
  }

  remove(): void {
    rmSync(this.#path, { force: true })
  }
}
