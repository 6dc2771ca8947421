import type { IntakeRequest, Taken } from '../pipeline/intake.ts'
import { type ItemError, Problem } from '../problem.ts'
import type { Services } from '../services.ts'
import { foreignOf, type Refusal, refusalsOf } from './refusals.ts'

/** What became of the items of a request. */
export interface TakenIn {
  /** Items that are durable now, or need not be. */
  readonly taken: number
  readonly errors: readonly ItemError[]
  readonly refused: readonly Refusal[]
  readonly warnings: readonly ItemError[]
}

/** Takes in the items of a request: those that are well formed, may be kept, and need not wait. */
export async function takeIn(
  services: Services,
  request: IntakeRequest,
  { bytes, secret }: { readonly bytes: number; readonly secret: boolean },
): Promise<TakenIn> {
  const { intake, queue, newcomers, metrics } = services
  const read = intake.take(request)
  const admitted = admit(read, request.workspace, services)
  const { entries, sources, errors, warnings } = admitted instanceof Promise ? await admitted : admitted
  for (const { code } of errors) metrics.rejected.inc({ code })
  const applied = await queue.submit(request.workspace, entries, bytes)
  newcomers.count(request.workspace, sources, applied)
  const foreign = foreignOf(entries, applied)
  if (foreign.length > 0) metrics.exposuresForeign.inc(foreign.length)
  const refused = refusalsOf(entries, applied, secret)
  // Whose an answer was tells who is whom: a public key does not learn it (R13).
  return { taken: entries.length, errors, refused, warnings: secret ? [...warnings, ...foreign] : warnings }
}

/** Those who have to wait become errors. A promise only where a network is over its rate. */
function admit(read: Taken, workspace: string, { newcomers, metrics }: Services): Taken | Promise<Taken> {
  const holding = newcomers.hold(workspace, read.entries, read.sources)
  if (holding === undefined) return read
  return holding.then(held => {
    if (held === undefined) return read
    metrics.heldBack.inc(held.size)
    const isAdmitted = (_: unknown, i: number) => !held.has(i)
    return {
      ...read,
      entries: read.entries.filter(isAdmitted),
      sources: read.sources.filter(isAdmitted),
      errors: [...read.errors, ...held.values()].sort((a, b) => a.index - b.index),
    }
  })
}

/** Seconds until a network that is over its rate may bring somebody new again. */
const RETRY_AFTER = 30

/** The error of a request of which nothing was kept. Where all of it has only to wait, clients try again by themselves. */
export function nothingKept(errors: readonly ItemError[]): Problem {
  const message = errors[0]?.message ?? ''
  const extra = { success: false, errors }
  if (errors.every(({ code }) => code === 'held_back')) {
    return new Problem('held_back', message, { retryAfter: RETRY_AFTER, extra })
  }
  return new Problem('nothing_kept', message, { extra })
}
