import { createHash } from 'node:crypto'
import { access } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { CliError, UsageError } from '../errors.ts'
import type { Api } from '../http/api.ts'
import { count, ProgressLine } from '../output/progressLine.ts'
import type { Shell } from '../shell.ts'
import { Builder, type BuiltItem } from './build.ts'
import type { Kind } from './formats/plain.ts'
import { recognise } from './formats/recognise.ts'
import type { Importer, Item } from './importer.ts'
import { findMapping } from './mapping/shipped.ts'
import { Rejects } from './rejects.ts'
import type { Sendable } from './send/batches.ts'
import { ProgressFile } from './send/progressFile.ts'
import { sendPuts } from './send/puts.ts'
import { sendStream } from './send/stream.ts'
import { encodingOf, UTF8 } from './source/encoding.ts'
import { type OpenFile, sizeOf } from './source/open.ts'
import { openTable, type Table } from './source/rows.ts'
import { Warnings } from './warnings.ts'

export interface ImportOptions {
  readonly file: string
  readonly kind: Kind | undefined
  readonly mapping: string | undefined
  /** What the file is written in, where it is neither UTF-8 nor says so itself. */
  readonly encoding?: string | undefined
  readonly rejects: string
  readonly dryRun: boolean
  readonly limit: number | undefined
  /** Bounds of memory: characters that sorting holds, items in a window of sending. */
  readonly memory?: number
  readonly window?: number
}

export interface ImportSummary {
  file: string
  format: string
  rows: number
  items: number
  names: Record<string, number>
  first: string | null
  last: string | null
  stored: number
  duplicates: number
  ignored: number
  rejected: number
  /** Where the rejected rows are, when there are any. */
  rejects: string | null
  /** How many of them are not in there, since there were too many. */
  unwritten: number
  /** Items an earlier, interrupted run had sent. */
  resumed: number
  interrupted: boolean
  seconds: number
  rowsPerSecond: number
  dryRun: boolean
  /** With `dryRun`: the first item as it would be sent. */
  example?: Item
  reasons: { row: number | undefined; reason: string }[]
  /** Columns that the mapping asked for reads, and the file does not have. */
  missing: readonly string[]
  /** Items taken in that may have been meant otherwise, and the first of them. */
  warned: number
  warnings: readonly { readonly row: number; readonly reason: string }[]
}

/** Imports one file: reads it, makes items, sorts them by time, sends them, writes what was refused. */
export async function importFile(
  options: ImportOptions,
  api: Api,
  shell: Shell,
  now: () => number = Date.now,
): Promise<ImportSummary> {
  const began = now()
  if (resolve(options.rejects) === resolve(options.file)) {
    throw new UsageError(
      `${options.file} would be overwritten with its own rejects`,
      'Name another file with --rejects',
    )
  }
  // Told now, not when everything is sent. A folder that is only read from does for a file without rejects.
  await access(dirname(options.rejects))
  const size = await sizeOf(options.file)
  // A wrong address or key is told now, not after reading the whole file.
  if (!options.dryRun) await api.get<{ timezone: string }>('/v1/settings', 'timezone')
  const table = await openTable(options.file, options.encoding)
  const importer =
    options.mapping === undefined
      ? recognise(table, options.kind, options.file, began)
      : findMapping(options.mapping, began)
  const stop = new AbortController()
  const unsubscribe = shell.onInterrupt(() => stop.abort())
  const rejects = new Rejects()
  const warnings = new Warnings()
  const builder = new Builder(importer, rejects, options.memory)
  const line = new ProgressLine(shell, now)
  try {
    const read = (rows: number) =>
      line.update('Reading', table.file.read() / Math.max(1, size), () => `${count(rows)} rows`)
    await builder.read(table, read, stop.signal)
    if (stop.signal.aborted) throw new CliError('Interrupted while reading; nothing was sent')
    const sending = new Sending(importer, builder, rejects, warnings, line, options)
    const result = options.dryRun ? NOTHING : await sending.send(api, table.file, shell, stop.signal)
    line.clear()
    if (rejects.count > 0 && !result.interrupted)
      await rejects.write(options.rejects, options.file, importer, options.encoding)
    const missing = options.mapping === undefined ? [] : missingIn(table, importer)
    return summary(options, importer, builder, { rejects, warnings, missing }, result, (now() - began) / 1000)
  } finally {
    line.clear()
    builder.close()
    unsubscribe()
  }
}

/** A name that is mistyped reads as an empty cell, row by row. Of NDJSON nobody knows what later lines have. */
function missingIn({ format, columns }: Table, { reads = [] }: Importer): string[] {
  return format === 'csv' ? reads.filter(column => !columns.includes(column)) : []
}

interface Result {
  stored: number
  duplicates: number
  resumed: number
  interrupted: boolean
}

const NOTHING: Result = { stored: 0, duplicates: 0, resumed: 0, interrupted: false }

/** The second half: what was built goes to the server. */
class Sending {
  readonly #importer: Importer
  readonly #builder: Builder
  readonly #rejects: Rejects
  readonly #warnings: Warnings
  readonly #line: ProgressLine
  readonly #limit: number | undefined
  readonly #window: number | undefined
  /** Part of the import's identity: the same bytes read otherwise are other rows. */
  readonly #encoding: string
  #done = 0

  constructor(
    importer: Importer,
    builder: Builder,
    rejects: Rejects,
    warnings: Warnings,
    line: ProgressLine,
    options: ImportOptions,
  ) {
    this.#importer = importer
    this.#builder = builder
    this.#rejects = rejects
    this.#warnings = warnings
    this.#line = line
    this.#limit = options.limit
    this.#window = options.window
    const encoding = options.encoding === undefined ? UTF8 : encodingOf(options.encoding)
    this.#encoding = encoding === UTF8 ? '' : `\n${encoding}`
  }

  async send(api: Api, read: OpenFile, shell: Shell, signal: AbortSignal): Promise<Result> {
    const { target, outputs } = this.#importer
    const items = () => {
      this.#done = 0
      return this.#builder.items(this.#limit)
    }
    const common = { api, signal, sent: this.#sent, waiting: this.#waiting, refuse: this.#refuse }
    if (target !== 'stream') {
      const result = await sendPuts(items(), { ...common, target })
      return { ...NOTHING, stored: result.stored, interrupted: signal.aborted }
    }
    const { file, progress } = this.#identity(api, read, shell)
    const window = this.#window === undefined ? {} : { window: this.#window }
    const warn = (item: Sendable, reason: string) => this.#warnings.add(item.row, reason)
    return sendStream(items, { ...common, file, outputs, progress, warn, ...window })
  }

  /** What the server knows the import by, and where it is kept how far it came. */
  #identity(api: Api, read: OpenFile, shell: Shell): { readonly file: string; readonly progress: ProgressFile } {
    const identityOf = (digest: string) => {
      const file = createHash('sha256').update(`${digest}\n${this.#importer.meaning}${this.#encoding}`).digest('hex')
      const identity = createHash('sha256').update(`${file}\n${api.url}`).digest('hex')
      return { file, progress: new ProgressFile(shell.environment.cache, identity) }
    }
    const packed = read.packedDigest()
    const before = packed === undefined ? undefined : identityOf(packed)
    // What was begun by the packed bytes is brought to its end by them.
    return before?.progress.read() === undefined ? identityOf(read.digest()) : before
  }

  #sent = (items: readonly Sendable[], refused: number) => {
    this.#done += items.length
    this.#show(() => (refused > 0 ? `, ${count(this.#rejects.count)} rejected` : ''))
  }

  #waiting = (reason: string) => this.#show(() => `, waiting: ${reason}`)

  #show(more: () => string) {
    const total = Math.min(this.#builder.built.items, this.#limit ?? Number.POSITIVE_INFINITY)
    const detail = () => `${count(this.#done)} of ${count(total)}${more()}`
    this.#line.update('Sending', this.#done / Math.max(1, total), detail)
  }

  #refuse = (item: Sendable, reason: string) => {
    const { group } = item as BuiltItem
    if (group === undefined) this.#rejects.row(item.row, reason, item.output)
    else this.#rejects.group(item.output, group, reason)
  }
}

function summary(
  options: ImportOptions,
  importer: Importer,
  { built }: Builder,
  { rejects, warnings, missing }: { rejects: Rejects; warnings: Warnings; missing: readonly string[] },
  result: Result,
  seconds: number,
): ImportSummary {
  return {
    file: options.file,
    format: importer.name,
    rows: built.rows,
    items: built.items,
    names: Object.fromEntries([...built.names].sort((a, b) => b[1] - a[1])),
    first: built.first === undefined ? null : new Date(built.first).toISOString(),
    last: built.last === undefined ? null : new Date(built.last).toISOString(),
    stored: result.stored,
    duplicates: result.duplicates,
    ignored: built.ignored,
    rejected: rejects.count,
    rejects: rejects.count > 0 && !result.interrupted ? options.rejects : null,
    unwritten: rejects.unwritten,
    resumed: result.resumed,
    interrupted: result.interrupted,
    seconds: Math.round(seconds * 10) / 10,
    rowsPerSecond: Math.round(built.rows / Math.max(seconds, 0.001)),
    dryRun: options.dryRun,
    ...(options.dryRun && built.example ? { example: built.example } : {}),
    reasons: rejects.sample(),
    missing,
    warned: warnings.count,
    warnings: warnings.sample(),
  }
}
