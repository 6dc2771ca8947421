import type { Api } from '../../http/api.ts'
import { batches, type Sendable, windows } from './batches.ts'
import { lanes } from './lanes.ts'
import type { Progress, ProgressFile } from './progressFile.ts'

export interface StreamOptions {
  readonly api: Api
  /** Identity of the import: SHA-256 of what the file holds, unpacked, and the mapping's meaning, hex. */
  readonly file: string
  /** Items that a row may begin: numbers the rows for the server. */
  readonly outputs: number
  readonly progress: ProgressFile
  readonly signal: AbortSignal
  /** Items divided into lanes at once; what is sent again, at most, after an interruption. */
  readonly window?: number
  /** Hears after each request. */
  sent(items: readonly Sendable[], refused: number): void
  /** Hears why a request has to wait for its next try. */
  waiting?(reason: string): void
  /** A row the server refused. */
  refuse(item: Sendable, reason: string): void
  /** A row the server took in, but maybe not as it was meant. */
  warn(item: Sendable, reason: string): void
}

export interface StreamResult {
  stored: number
  duplicates: number
  refused: number
  /** Items skipped since an earlier run of the same import had sent them. */
  resumed: number
  interrupted: boolean
}

const IN_FLIGHT = 4
const WINDOW = 20_000
/** Refusals that are kept for a run that goes on; as many as are written in the end. */
const REMEMBERED = 100_000
/** About five minutes of a server that asks for time. */
const RETRIES = 40

interface ImportAnswer {
  stored: number
  duplicates: number
  errors?: readonly RowMessage[]
  warnings?: readonly RowMessage[]
}

interface RowMessage {
  row: number
  code: string
  message: string
}

/**
 * Sends items, given in order of time, to the stream: several requests in flight, each person's items in order. Goes on where
 * an interrupted run of the same import stopped. `items` may be called twice.
 */
export async function sendStream(items: () => AsyncIterable<Sendable>, options: StreamOptions): Promise<StreamResult> {
  const before = options.progress.read()
  const first = await attempt(items(), before ?? { sent: 0, probe: 0, refused: [] }, options)
  if (!first.forgotten) return first.result
  options.progress.remove()
  const { result } = await attempt(items(), { sent: 0, probe: 0, refused: [] }, options)
  // What this run had brought before it began anew is now known.
  const { stored } = first.result
  return { ...result, stored: result.stored + stored, duplicates: Math.max(0, result.duplicates - stored) }
}

/**
 * Sends all windows from `before.probe` on. The last window of the run before goes first again: when the server knows its
 * rows, it knows those before it; when it takes one of them, it has forgotten (another data folder), and the import must begin
 * anew.
 */
async function attempt(
  items: AsyncIterable<Sendable>,
  before: Progress,
  options: StreamOptions,
): Promise<{ readonly result: StreamResult; readonly forgotten: boolean }> {
  const result: StreamResult = { stored: 0, duplicates: 0, refused: 0, resumed: 0, interrupted: false }
  const known = new Map(before.refused)
  const refused: [number, string][] = []
  // Told once it is certain that this attempt is not begun anew.
  const untold: (() => void)[] = []
  let certain = before.sent === 0
  const saying = (say: StreamOptions['refuse']) => (item: Sendable, reason: string) => {
    const short = { ...item, json: '', people: [] }
    if (certain) say(item, reason)
    else untold.push(() => say(short, reason))
  }
  const refuse = saying(options.refuse)
  const noting: StreamOptions = {
    ...options,
    refuse(item, reason) {
      if (refused.length < REMEMBERED) refused.push([numberOf(options, item), reason])
      refuse(item, reason)
    },
    warn: saying(options.warn),
  }
  const tell = () => {
    certain = true
    for (const say of untold.splice(0)) say()
  }
  let end = 0
  for await (const window of windows(items, options.window ?? WINDOW)) {
    const start = end
    end += window.length
    if (end <= before.probe) {
      const again = window.filter(item => known.has(numberOf(options, item)))
      for (const item of again) noting.refuse(item, known.get(numberOf(options, item))!)
      result.refused += again.length
      result.resumed += window.length - again.length
      options.sent(window, again.length)
      continue
    }
    const probing = start < before.sent
    const stored = result.stored
    await sendWindow(window, noting, result)
    if (probing && result.stored > stored) return { result, forgotten: true }
    tell()
    if (options.signal.aborted) break
    options.progress.write({ sent: end, probe: start, refused })
  }
  tell()
  result.interrupted = options.signal.aborted
  if (!result.interrupted) options.progress.remove()
  return { result, forgotten: false }
}

/** Sends a window's lanes side by side; a lane that fails stops the others after their request. */
async function sendWindow(window: readonly Sendable[], options: StreamOptions, result: StreamResult): Promise<void> {
  let failure: { error: unknown } | undefined
  const sendLane = async (lane: readonly Sendable[]) => {
    for (const batch of batches(lane)) {
      if (options.signal.aborted || failure) return
      await sendBatch(batch, options, result).catch((error: unknown) => {
        failure ??= { error }
      })
    }
  }
  await Promise.all(lanes(window, IN_FLIGHT).map(sendLane))
  if (failure && !options.signal.aborted) throw failure.error
}

async function sendBatch(batch: readonly Sendable[], options: StreamOptions, result: StreamResult): Promise<void> {
  const answer = await options.api.post<ImportAnswer>('/v1/import', bodyOf(options, batch), 'stored', {
    retries: RETRIES,
    signal: options.signal,
    waiting: options.waiting,
  })
  const { errors = [], warnings = [] } = answer
  const isSilent = errors.length + warnings.length === 0
  const byRow = new Map(isSilent ? [] : batch.map(item => [numberOf(options, item), item]))
  for (const { row, message } of errors) {
    const item = byRow.get(row)
    if (item) options.refuse(item, message)
  }
  for (const { row, message } of warnings) {
    const item = byRow.get(row)
    if (item) options.warn(item, message)
  }
  result.stored += answer.stored
  result.duplicates += answer.duplicates
  result.refused += errors.length
  options.sent(batch, errors.length)
}

/** The row as the server knows it: each item that a row begins has its own number. */
function numberOf(options: Pick<StreamOptions, 'outputs'>, item: Sendable): number {
  return options.outputs === 1 ? item.row : item.row * options.outputs + item.output
}

function bodyOf(options: StreamOptions, batch: readonly Sendable[]): string {
  const items = batch.map(item => `{"row":${numberOf(options, item)},${item.json.slice(1)}`)
  return `{"file":"${options.file}","items":[${items.join(',')}]}`
}
