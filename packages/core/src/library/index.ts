import { b2b } from './b2b.ts'
import { commerce } from './commerce.ts'
import { content } from './content.ts'
import { type Business, type LibraryEntry, USUAL_BUSINESS } from './entry.ts'
import { kpis } from './kpis.ts'
import { saas } from './saas.ts'

export * from './entry.ts'
export { guardrails } from './kpis.ts'

/** All ready-made definitions, for a business with its own names and rhythm. */
export function library(business: Business = USUAL_BUSINESS): LibraryEntry[] {
  return [commerce, saas, content, b2b, kpis].flatMap(home => home(business))
}
