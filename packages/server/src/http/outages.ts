import type { Problem, ProblemCode } from '../problem.ts'

/** What the engines below us refuse as long as they are down. */
const DOWN: ReadonlySet<ProblemCode> = new Set(['unavailable', 'warehouse_unavailable'])

/** So long after it was said that an engine is down it is not said again. */
const QUIET_MS = 60_000

/** Different words that are remembered (R11): beyond, all are forgotten and said again. */
const MAX_KNOWN = 100

/** What is logged of requests that are refused since an engine is down: a thousand of them have one reason. */
export class Outages {
  readonly #now: () => number
  readonly #known = new Map<string, { readonly said: number; more: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether it is to be logged, and how many requests were refused with the same words since that was logged last. */
  says(problem: Problem): { readonly more?: number } | undefined {
    if (!DOWN.has(problem.code)) return {}
    const now = this.#now()
    const known = this.#known.get(problem.message)
    // A clock that was put back says nothing of how long ago that was.
    if (known !== undefined && now >= known.said && now - known.said < QUIET_MS) {
      known.more++
      return undefined
    }
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(problem.message, { said: now, more: 0 })
    return known === undefined || known.more === 0 ? {} : { more: known.more }
  }
}
