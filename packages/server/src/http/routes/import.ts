import type { JsonObject } from '@espalier/core'
import { readConsent } from '@espalier/core/consent'
import { EVENT_LIMITS, IMPORT_ITEM_BYTES, type ImportOrigin } from '@espalier/core/event'
import { compileRules, isBlocked, keysOf } from '@espalier/core/identity'
import type { Entry } from '@espalier/core/stream'
import Type, { type Static } from 'typebox'
import { consentUnclear } from '../../pipeline/intake.ts'
import { Problem } from '../../problem.ts'
import type { Services } from '../../services.ts'
import { check } from '../check.ts'
import { instant } from '../instant.ts'
import { withoutPort } from '../proxies.ts'
import { EXPOSURE_FOREIGN, TIMESTAMP_AHEAD, Warning } from '../refusals.ts'
import { type Call, route } from '../route.ts'
import { BatchBody, bodyBytes, countRejected, TrackAnswer, TrackQuery, takeBatch } from './track.ts'

const MAX_ITEMS = 5000
const MAX_BYTES = 8 << 20

const Row = Type.Integer({ minimum: 0, description: 'Zero-based row of the file.' })
const Name = Type.String({ minLength: 1, maxLength: 100 })

/** A decision made elsewhere, with what was decided. */
const DecisionItem = Type.Object(
  {
    row: Row,
    type: Type.Literal('decision'),
    messageId: Type.Optional(Type.String({ minLength: 1, maxLength: 99 })),
    userId: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    anonymousId: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    timestamp: Type.Union([Type.String({ maxLength: 40 }), Type.Integer()]),
    touchpoint: Name,
    experience: Name,
    variant: Type.Optional(Type.String({ maxLength: 100, description: 'Empty or absent for the control group.' })),
    control: Type.Optional(Type.Boolean()),
    propensity: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        default: 1,
        description: 'The chance with which it was drawn. Without it reports take 1, and no what-if can be told.',
      }),
    ),
    exposed: Type.Optional(Type.Boolean({ default: true, description: 'The person saw it.' })),
    context: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { additionalProperties: false },
)

const Body = Type.Object(
  {
    file: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description:
        'SHA-256 of the file and of the meaning given to it, hex: with `row`, what makes a row known for ever.',
    }),
    items: Type.Array(Type.Unknown(), { minItems: 1, maxItems: MAX_ITEMS }),
  },
  { additionalProperties: false },
)

/** What became of the rows. */
const Answer = Type.Object({
  stored: Type.Integer(),
  duplicates: Type.Integer(),
  errors: Type.Array(
    Type.Object({
      row: Type.Union([Type.Integer(), Type.Null()]),
      index: Type.Integer(),
      code: Type.String(),
      message: Type.String(),
    }),
  ),
  warnings: Type.Optional(
    Type.Array(Type.Object({ row: Type.Integer(), ...Warning.properties }), {
      description: 'What of the rows was taken otherwise than it may have been meant.',
    }),
  ),
})

interface RowError {
  readonly row: number | null
  readonly index: number
  readonly code: string
  readonly message: string
}

export const importRoute = route({
  method: 'POST',
  path: '/v1/import',
  access: 'write',
  tag: 'Events',
  summary: 'Import rows of a file',
  description:
    'Items are events as for POST /v1/batch, or `decision`s, each with its `row`. A row of a file is taken in once, for ever. Up to 5,000 items of up to 1 MB, 8 MB together. Rows need a secret key. A body with `batch` is what Segment’s clients for Android and .NET send here, also with a write key: it is taken in, and answered, as by POST /v1/batch.',
  body: Type.Union([Body, BatchBody]),
  checks: 'handler',
  query: TrackQuery,
  bodyLimit: () => MAX_BYTES,
  answer: {
    description: 'What became of the rows.',
    schema: Type.Union([Answer, TrackAnswer]),
  },
  errors: ['wrong_key', 'nothing_kept', 'held_back', 'too_busy', 'full', 'unavailable'],
  handle(call, services) {
    if (!isBatch(call.body)) {
      if (call.key?.kind !== 'secret') throw new Problem('wrong_key', 'A write key may not do this.')
      return importRows(call, services)
    }
    const most = services.options.batchBytes
    if (bodyBytes(call.request.body) > most) {
      throw new Problem('too_large', `The body is larger than ${most} bytes.`, { status: 400 })
    }
    return takeBatch(call, services)
  },
})

/** What Segment's clients for Android and .NET call by the API's oldest name. */
function isBatch(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'batch')
}

async function importRows(
  {
    workspace,
    body: given,
    request,
  }: Pick<Call<never, never, never>, 'workspace' | 'request'> & { readonly body: unknown },
  services: Services,
): Promise<unknown> {
  const body = check(Body, given, 'body')
  const received = services.now()
  const set = await services.definitions.of(workspace)
  const graves = services.graves.ready(workspace)
  if (graves !== undefined) await graves
  const errors: RowError[] = []
  const warnings: RowError[] = []
  const entries: Entry[] = []
  const events: { item: unknown; origin: ImportOrigin; index: number }[] = []
  for (const [index, item] of body.items.entries()) {
    const row = rowOf(item)
    if (row === undefined) {
      errors.push({ row: null, index, code: 'row_invalid', message: 'row must be a whole number from 0.' })
    } else if ((item as { type?: unknown }).type === 'decision') {
      const entry = readDecision(item, { file: body.file, row }, received, index, services.newId)
      if ('code' in entry) errors.push({ row, ...entry })
      else {
        const { context, unclear } = readConsent(entry.decision.context)
        if (unclear !== undefined) warnings.push({ row, index, ...consentUnclear(unclear) })
        entries.push(withTombstones({ ...entry, decision: { ...entry.decision, context } }, workspace, services))
      }
    } else events.push({ item, origin: { file: body.file, row }, index })
  }
  const taken = services.intake.take({
    workspace,
    set,
    mustProve: false,
    isTrusted: true,
    items: events.map(event => event.item),
    received,
    origin: { userAgent: undefined, ip: withoutPort(request.ip), signals: [] },
    maxBytes: IMPORT_ITEM_BYTES,
    importOf: index => events[index]!.origin,
  })
  for (const error of taken.errors) {
    const { origin, index } = events[error.index]!
    errors.push({ ...error, row: origin.row, index })
  }
  for (const warning of taken.warnings) {
    const { origin, index } = events[warning.index]!
    warnings.push({ ...warning, row: origin.row, index })
  }
  for (const entry of taken.entries) {
    if (entry.kind !== 'event' || entry.event.timestamp < received + EVENT_LIMITS.aheadMs) continue
    warnings.push({ ...placeOf(entry, events), ...TIMESTAMP_AHEAD })
  }
  countRejected(errors, services)
  entries.push(...taken.entries)
  const applied = await services.queue.submit(workspace, entries, bodyBytes(request.body))
  const count = (outcome: string) => applied.filter(one => one.outcome === outcome).length
  for (const [i, { outcome, reason = '', foreign }] of applied.entries()) {
    const place = () => placeOf(entries[i]!, events)
    if (outcome === 'refused') errors.push({ ...place(), code: reason, message: WHY[reason] ?? reason })
    if (!foreign) continue
    warnings.push({ ...place(), ...EXPOSURE_FOREIGN })
    services.metrics.exposuresForeign.inc()
  }
  errors.sort((a, b) => a.index - b.index)
  warnings.sort((a, b) => a.index - b.index)
  return {
    stored: count('stored'),
    duplicates: count('duplicate'),
    errors,
    ...(warnings.length > 0 && { warnings }),
  }
}

const WHY: Readonly<Record<string, string>> = {
  consent: 'Somebody refused that anything of theirs be stored for analytics.',
  nobody: 'Its identifiers are blocked in this workspace: name a userId or an anonymousId.',
  erased: 'The person it is about was erased.',
}

/** Events were given their place among the events. */
function placeOf(entry: Entry, events: readonly { readonly index: number }[]): { row: number | null; index: number } {
  if (entry.kind === 'decision') return { row: entry.decision.origin?.row ?? null, index: entry.decision.index }
  if (entry.kind !== 'event') return { row: null, index: 0 }
  return { row: entry.event.origin?.row ?? null, index: events[entry.event.index]?.index ?? 0 }
}

function withTombstones(entry: Entry, workspace: string, { graves }: Services): Entry {
  if (entry.kind !== 'decision') return entry
  const tombstones = graves.at(workspace, () => keysOf(entry.decision, compileRules()))
  return tombstones === undefined ? entry : { ...entry, tombstones }
}

function rowOf(item: unknown): number | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { row } = item as { row?: unknown }
  return typeof row === 'number' && Number.isSafeInteger(row) && row >= 0 ? row : undefined
}

function readDecision(
  item: unknown,
  origin: ImportOrigin,
  received: number,
  index: number,
  newId: () => string,
): Extract<Entry, { kind: 'decision' }> | Omit<RowError, 'row'> {
  try {
    const read: Static<typeof DecisionItem> = check(DecisionItem, item, 'item')
    const { userId, anonymousId } = read
    const named = [userId, anonymousId].filter(id => id !== undefined && !isBlocked(id))
    if (named.length === 0) {
      return { index, code: 'no_user_anon_id', message: 'userId is missing: name a userId or an anonymousId.' }
    }
    const timestamp = instant(String(read.timestamp), 'item.timestamp') ?? received
    if (timestamp < EVENT_LIMITS.earliest || timestamp > received + EVENT_LIMITS.aheadMs) {
      return { index, code: 'timestamp_out_of_range', message: 'timestamp is before 1980 or in the future.' }
    }
    const variant = read.variant ?? ''
    const control = read.control ?? variant === ''
    return {
      kind: 'decision',
      decision: {
        messageId: read.messageId ?? newId(),
        ...(userId === undefined || isBlocked(userId) ? {} : { userId }),
        ...(anonymousId === undefined || isBlocked(anonymousId) ? {} : { anonymousId }),
        timestamp,
        received,
        index,
        touchpoint: read.touchpoint,
        experience: read.experience,
        variant: control ? '' : variant,
        control,
        propensity: read.propensity ?? 1,
        // Beside a control group without one the others' chances are among themselves.
        ...(read.propensity === undefined && !control && { unstated: true }),
        exposed: read.exposed ?? true,
        context: (read.context ?? {}) as JsonObject,
        origin,
      },
    }
  } catch (error) {
    if (error instanceof Problem) return { index, code: error.code, message: error.message }
    throw error
  }
}
