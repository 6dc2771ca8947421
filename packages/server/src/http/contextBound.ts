import { EVENT_LIMITS } from '@espalier/core/event'
import { Problem } from '../problem.ts'

/** Bytes of JSON in the context of a question: it is stored with the decision, and with each exposure that is told along with it (R11). */
export const CONTEXT_BYTES = EVENT_LIMITS.bytes

/** Throws `context_too_large`. `bytes`: of the body that brought it, so that only a large one has its context measured. */
export function boundContext(context: unknown, bytes: number): void {
  if (bytes <= CONTEXT_BYTES || context === undefined) return
  if (Buffer.byteLength(JSON.stringify(context)) <= CONTEXT_BYTES) return
  const path = 'body.context'
  throw new Problem('context_too_large', `${path} is larger than ${CONTEXT_BYTES} bytes of JSON.`, {
    path,
    mend: 'Send what experiences and texts look at; it is stored with every decision.',
  })
}
