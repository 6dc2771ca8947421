/** So long after something was said it is not said again. */
const QUIET_MS = 60_000

/** Different words that are remembered (R11): beyond, all are forgotten and said again. */
const MAX_KNOWN = 100

/** What is said of something that goes on happening: at once, and then once a minute how often it was. */
export class Sparing {
  readonly #now: () => number
  readonly #known = new Map<string, { readonly said: number; more: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether these words are to be said now, and how often they were not since they were said last. */
  says(words: string): { readonly more?: number } | undefined {
    const now = this.#now()
    const known = this.#known.get(words)
    // A clock that was put back says nothing of how long ago that was.
    if (known !== undefined && now >= known.said && now - known.said < QUIET_MS) {
      known.more++
      return undefined
    }
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(words, { said: now, more: 0 })
    return known === undefined || known.more === 0 ? {} : { more: known.more }
  }
}
