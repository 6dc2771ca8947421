import { type Api, ApiError } from '../../http/api.ts'
import { batches, type Sendable } from './batches.ts'

/** Where items that replace what is there go, and what the body calls them. */
const ENDPOINTS = { catalog: ['/v1/catalog', 'items'], rates: ['/v1/rates', 'rates'] } as const

/** How the server calls the one item of a request: the row is named beside it. */
const ALONE = /^(?:body\.)?(?:items|rates)\[0\]\.?/

export interface PutOptions {
  readonly api: Api
  readonly target: keyof typeof ENDPOINTS
  readonly signal: AbortSignal
  sent(items: readonly Sendable[], refused: number): void
  /** Hears why a request has to wait for its next try. */
  waiting?(reason: string): void
  refuse(item: Sendable, reason: string): void
}

/**
 * Sends catalog items or rates. The same again replaces the same, so that a repeated import changes nothing. A batch is taken
 * whole or refused whole: one that is refused is halved until the items at fault are found.
 */
export async function sendPuts(
  items: AsyncIterable<Sendable>,
  options: PutOptions,
): Promise<{ stored: number; refused: number }> {
  const result = { stored: 0, refused: 0 }
  let held: Sendable[] = []
  const flush = async () => {
    for (const batch of batches(held)) {
      if (options.signal.aborted) return
      await put(batch, options, result)
    }
    held = []
  }
  for await (const item of items) {
    held.push(item)
    if (held.length >= 500) await flush()
    if (options.signal.aborted) return result
  }
  await flush()
  return result
}

async function put(
  batch: readonly Sendable[],
  options: PutOptions,
  result: { stored: number; refused: number },
): Promise<void> {
  const [path, name] = ENDPOINTS[options.target]
  const body = `{"${name}":[${batch.map(item => item.json).join(',')}]}`
  try {
    await options.api.post<{ stored: number }>(path, body, 'stored', {
      retries: 40,
      signal: options.signal,
      waiting: options.waiting,
    })
  } catch (error) {
    if (!(error instanceof ApiError) || ![400, 413, 422].includes(error.status)) {
      if (options.signal.aborted) return
      throw error
    }
    const only = batch[0]!
    if (batch.length > 1) {
      const middle = batch.length >> 1
      await put(batch.slice(0, middle), options, result)
      await put(batch.slice(middle), options, result)
      return
    }
    options.refuse(only, error.message.replace(ALONE, ''))
    result.refused++
    options.sent(batch, 1)
    return
  }
  result.stored += batch.length
  options.sent(batch, 0)
}
