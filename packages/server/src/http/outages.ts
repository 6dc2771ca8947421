import type { Problem, ProblemCode } from '../problem.ts'
import { Sparing } from '../sparing.ts'

/** What the engines below us refuse as long as they are down. */
const DOWN: ReadonlySet<ProblemCode> = new Set(['unavailable', 'warehouse_unavailable'])

/** What is logged of requests that are refused since an engine is down: a thousand of them have one reason. */
export class Outages {
  readonly #sparing: Sparing

  constructor(now: () => number) {
    this.#sparing = new Sparing(now)
  }

  /** Whether it is to be logged, and how many requests were refused with the same words since that was logged last. */
  says({ code, message }: Problem): { readonly more?: number } | undefined {
    return DOWN.has(code) ? this.#sparing.says(message) : {}
  }
}
