import { batchText, type EventType, readBatch } from '@espalier/core/event'
import Type from 'typebox'
import type { IntakeRequest } from '../../pipeline/intake.ts'
import { type ItemError, Problem } from '../../problem.ts'
import type { Services } from '../../services.ts'
import { MAX_DEPTH, tooDeep } from '../body.ts'
import { originOf } from '../origin.ts'
import { Refusal, Warning } from '../refusals.ts'
import { type Call, type Route, route } from '../route.ts'
import { nothingKept, type TakenIn, takeIn } from '../takeIn.ts'

const Id = Type.String({ minLength: 1, maxLength: 500 })
const Anything = Type.Record(Type.String(), Type.Unknown())
const WhenSent = Type.String({ description: 'ISO 8601.' })

const common = {
  userId: Type.Optional(Id),
  anonymousId: Type.Optional(Id),
  messageId: Type.Optional(
    Type.String({ maxLength: 99, description: 'Taken in once; made by the server where absent.' }),
  ),
  timestamp: Type.Optional(WhenSent),
  sentAt: Type.Optional(WhenSent),
  context: Type.Optional(Anything),
  integrations: Type.Optional(Anything),
  userHash: Type.Optional(Type.String({ description: 'Proof of the userId, where the workspace requires it.' })),
}

const fields = {
  track: { event: Type.String({ minLength: 1, maxLength: 500 }), properties: Type.Optional(Anything) },
  identify: { traits: Type.Optional(Anything) },
  page: {
    name: Type.Optional(Type.String()),
    category: Type.Optional(Type.String()),
    properties: Type.Optional(Anything),
  },
  screen: { name: Type.Optional(Type.String()), properties: Type.Optional(Anything) },
  group: { groupId: Id, traits: Type.Optional(Anything) },
  alias: { previousId: Id },
} as const

/** An item is what its own route takes, and its type. */
const Item = Type.Object({ type: Type.String(), ...common }, { additionalProperties: true })

export const BatchBody = Type.Object({
  batch: Type.Array(Item, { maxItems: 2500 }),
  context: Type.Optional(Anything),
  integrations: Type.Optional(Anything),
  sentAt: Type.Optional(WhenSent),
  userHash: Type.Optional(Type.String()),
  writeKey: Type.Optional(Type.String()),
})

export const TrackQuery = Type.Object({
  strict: Type.Optional(
    Type.String({ description: '`false`: answer 200 even where nothing was kept, as Segment does.' }),
  ),
})

/** What events are answered. */
export const TrackAnswer = Type.Object({
  success: Type.Boolean(),
  errors: Type.Optional(
    Type.Array(Type.Object({ index: Type.Integer(), code: Type.String(), message: Type.String() }), {
      description: 'The items that were not kept, by their place in the batch.',
    }),
  ),
  refused: Type.Optional(
    Type.Array(Refusal, { description: 'Items that may not be kept, though nothing is wrong with them.' }),
  ),
  warnings: Type.Optional(
    Type.Array(Warning, { description: 'What of the items was taken otherwise than it may have been meant.' }),
  ),
})

/** What nearly every request is answered. */
const SUCCESS = '{"success":true}'

const shared = {
  method: 'POST',
  access: 'write',
  tag: 'Events',
  fromPages: true,
  checks: 'handler',
  query: TrackQuery,
  passesOverQuery: true,
  bodyLimit: (services: Services) => services.options.batchBytes,
  tooLargeIs: 400,
  answer: { description: 'What was kept is durable.', schema: TrackAnswer },
  errors: ['nothing_kept', 'held_back', 'too_busy', 'full', 'unavailable'],
} as const satisfies Partial<Route>

/** `path`: that of Segment's HTTP API unless given. */
function single(type: EventType, path = `/v1/${type}`): Route {
  return route({
    ...shared,
    path,
    summary: path.endsWith(type) ? `Take in one ${type}` : `Take in one ${type}, as analytics.js sends it`,
    body: Type.Object({ ...common, ...fields[type], writeKey: Type.Optional(Type.String()) }),
    handle(call, services) {
      return take(call, services, { type, items: [call.body] })
    },
  })
}

const batch = (path: string, summary: string, operationId?: string) =>
  route({
    ...shared,
    path,
    summary,
    ...(operationId === undefined ? {} : { operationId }),
    description: 'The good ones are kept; `errors` names the others. `context` and `sentAt` count for all items.',
    errors: [...shared.errors, 'body_invalid', 'batch_missing', 'batch_too_long', 'context_too_large'],
    body: BatchBody,
    wantsText: true,
    handle(call, services) {
      const written = batchText(call.text)
      if (written.depth > MAX_DEPTH) throw tooDeep()
      return takeBatch(call, services, written.items)
    },
  })

/** Takes in a batch. `texts`: what its items were parsed from, where it is at hand. */
export function takeBatch(
  call: TrackCall & { readonly body: unknown },
  services: Services,
  texts?: IntakeRequest['texts'],
): Promise<unknown> | string {
  const { batch: read, error } = readBatch(call.body)
  if (error !== undefined) {
    if (lenient(call)) return SUCCESS
    throw new Problem(error.code, error.message, { extra: { success: false } })
  }
  const { userHash } = call.body as { userHash?: unknown }
  return take(call, services, { ...read, userHash, ...(texts !== undefined && { texts }) })
}

const TYPES = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const

export const trackRoutes: readonly Route[] = [
  ...TYPES.map(type => single(type)),
  batch('/v1/batch', 'Take in up to 2,500 events'),
  // In a browser Segment's analytics.js names its calls by their first letters, whatever host it is given.
  ...TYPES.map(type => single(type, `/v1/${type[0]}`)),
  batch('/v1/b', 'Take in up to 2,500 events, as analytics.js sends them'),
  // Segment's client for Java, given a host, knows the batch by its older name, and drops what is answered by 404.
  batch('/v1/import/', 'Take in up to 2,500 events, as Segment’s Java client sends them', 'postImportSlash'),
]

type TrackCall = Pick<Call<never, typeof TrackQuery, never>, 'workspace' | 'key' | 'request' | 'query' | 'reply'>

async function take(
  call: TrackCall,
  services: Services,
  what: Pick<Parameters<Services['intake']['take']>[0], 'items' | 'texts' | 'type' | 'context' | 'sentAt' | 'userHash'>,
): Promise<unknown> {
  const { workspace, key, request } = call
  const live = services.definitions.of(workspace)
  const set = live instanceof Promise ? await live : live
  const graves = services.graves.ready(workspace)
  if (graves !== undefined) await graves
  const secret = key?.kind === 'secret'
  const given: IntakeRequest = {
    ...what,
    workspace,
    set,
    isTrusted: secret,
    mustProve: !secret && set.settings.requireUserHash,
    received: services.now(),
    origin: originOf(request),
    maxBytes: services.options.itemBytes,
  }
  const done = await takeIn(services, given, { bytes: bodyBytes(request.body), secret })
  call.reply.type('application/json')
  return answer(done, lenient(call))
}

function answer({ taken, errors, refused, warnings }: TakenIn, anyway: boolean): unknown {
  if (errors.length === 0 && refused.length === 0 && warnings.length === 0) return SUCCESS
  const lists = {
    ...(errors.length > 0 && { errors }),
    ...(refused.length > 0 && { refused }),
    ...(warnings.length > 0 && { warnings }),
  }
  if (taken > 0 || anyway) return { success: true, ...lists }
  throw nothingKept(errors)
}

function lenient({ query }: TrackCall): boolean {
  return query.strict === 'false'
}

export function countRejected(errors: readonly ItemError[], { metrics }: Services): void {
  for (const { code } of errors) metrics.rejected.inc({ code })
}

export function bodyBytes(body: unknown): number {
  return Buffer.isBuffer(body) ? body.length : 0
}
