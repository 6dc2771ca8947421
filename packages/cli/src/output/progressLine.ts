import type { Shell } from '../shell.ts'

/** Shows how far a long command is: a bar that is redrawn on a terminal, otherwise a line every few seconds. */
export class ProgressLine {
  readonly #shell: Pick<Shell, 'err' | 'live' | 'columns'>
  readonly #now: () => number
  #shown: number
  #width = 0

  constructor(shell: Pick<Shell, 'err' | 'live' | 'columns'>, now: () => number = Date.now) {
    this.#shell = shell
    this.#now = now
    this.#shown = now()
  }

  /**
   * `share` of the work in [0, 1], undefined where nobody knows how much there is, with words of how far that is. Cheap enough to call
   * for every row.
   */
  update(what: string, share: number | undefined, describe: () => string): void {
    const now = this.#now()
    if (now - this.#shown < (this.#shell.live ? 100 : 5_000)) return
    this.#shown = now
    const detail = describe()
    const percent = share === undefined ? undefined : `${Math.floor(Math.min(1, Math.max(0, share)) * 100)} %`
    if (!this.#shell.live) {
      this.#shell.err(`${what}: ${percent === undefined ? '' : `${percent}, `}${detail}\n`)
      return
    }
    const bar = share === undefined ? '' : this.#bar(share, what.length + detail.length)
    const line = `${what} ${bar}${(percent ?? '').padStart(5)}  ${detail}`.slice(0, this.#shell.columns - 1)
    this.#shell.err(`\r${line.padEnd(this.#width)}`)
    this.#width = line.length
  }

  #bar(share: number, words: number): string {
    const cells = Math.max(10, Math.min(30, this.#shell.columns - words - 12))
    const full = Math.round(Math.min(1, share) * cells)
    return `${'█'.repeat(full)}${'░'.repeat(cells - full)} `
  }

  /** Takes the bar away, so that what follows begins on a clean line. */
  clear(): void {
    if (this.#shell.live && this.#width > 0) this.#shell.err(`\r${' '.repeat(this.#width)}\r`)
    this.#width = 0
  }
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** 12,345 as people write it. */
export function count(value: number): string {
  return grouped.format(value)
}
