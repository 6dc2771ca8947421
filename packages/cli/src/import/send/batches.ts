/** An item ready to send, as JSON text. */
export interface Sendable {
  readonly row: number
  readonly output: number
  /** JSON of the item as the API takes it. */
  readonly json: string
  readonly people: readonly string[]
}

/** Of the API's 5,000 items and 8 MB in a request, a part: a request then takes a fraction of a second. */
const ITEMS = 2_000
const BYTES = 3 << 20

/** Consecutive items in batches of bounded number and size. */
export function* batches<T extends Pick<Sendable, 'json'>>(items: Iterable<T>): Generator<T[]> {
  let batch: T[] = []
  let bytes = 0
  for (const item of items) {
    const size = Buffer.byteLength(item.json) + 1
    if (batch.length > 0 && (batch.length >= ITEMS || bytes + size > BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

/** Items in windows: what is divided into lanes and sent before the next begins. Bounds the memory of sending (R11). */
export async function* windows<T extends Pick<Sendable, 'json'>>(
  items: AsyncIterable<T>,
  most: number,
): AsyncGenerator<T[]> {
  let window: T[] = []
  let bytes = 0
  for await (const item of items) {
    window.push(item)
    bytes += item.json.length
    if (window.length < most && bytes < 32 << 20) continue
    yield window
    window = []
    bytes = 0
  }
  if (window.length > 0) yield window
}
