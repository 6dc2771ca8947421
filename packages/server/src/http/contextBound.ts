import { EVENT_LIMITS } from '@espalier/core/event'
import { Problem } from '../problem.ts'

/** Bytes of JSON in the context of a question: it is stored with the decision, and with each exposure that is told along with it (R11). */
const CONTEXT_BYTES = EVENT_LIMITS.bytes

/**
 * Throws `context_too_large`; and `invalid` where it has a number that JSON cannot hold, as events are refused for: the log would have null
 * where the decision saw infinity (R7). `bytes`: of the body that brought it, so that only a large one has its context measured.
 */
export function boundContext(context: unknown, bytes: number): void {
  if (context === undefined) return
  const infinite = infiniteIn(context, 'body.context')
  if (infinite !== undefined) {
    throw new Problem('invalid', `${infinite} is not a JSON value: numbers must be finite.`, { path: infinite })
  }
  if (bytes <= CONTEXT_BYTES) return
  if (Buffer.byteLength(JSON.stringify(context)) <= CONTEXT_BYTES) return
  const path = 'body.context'
  throw new Problem('context_too_large', `${path} is larger than ${CONTEXT_BYTES} bytes of JSON.`, {
    path,
    mend: 'Send what experiences and texts look at; it is stored with every decision.',
  })
}

/** Where a number is that was too large for one, such as 1e400. */
function infiniteIn(value: unknown, path: string): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : path
  if (typeof value !== 'object' || value === null) return undefined
  for (const name in value) {
    const part = (value as Record<string, unknown>)[name]
    // Most are no objects, and fine.
    if (typeof part === 'number' ? Number.isFinite(part) : typeof part !== 'object') continue
    const found = infiniteIn(part, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}
