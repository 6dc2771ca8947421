import type { Json, JsonObject } from '@espalier/core'
import { readConsent, withSignals } from '@espalier/core/consent'
import { type Preview, previewProblems } from '@espalier/core/decision'
import { hasControl } from '@espalier/core/event'
import { compileRules, type IdentityRules, identifierOf, isExact, namesMore } from '@espalier/core/identity'
import Type, { type Static } from 'typebox'
import type { LiveSet } from '../../pipeline/definitions.ts'
import { enrichContext } from '../../pipeline/enrich.ts'
import { consentUnclear, type IntakeRequest } from '../../pipeline/intake.ts'
import type { LinkGrant } from '../../pipeline/links.ts'
import { isBotRequest } from '../../pipeline/visitor.ts'
import { Problem } from '../../problem.ts'
import type { Services } from '../../services.ts'
import { answerText } from '../answerText.ts'
import { check } from '../check.ts'
import { boundContext } from '../contextBound.ts'
import { instant } from '../instant.ts'
import { originOf } from '../origin.ts'
import { personOf } from '../person.ts'
import { Refusal, Warning } from '../refusals.ts'
import { type Call, JsonText, route } from '../route.ts'
import { type TakenIn, takeIn } from '../takeIn.ts'
import { bodyBytes } from './track.ts'

const Id = Type.String({ minLength: 1, maxLength: 500 })
const Anything = Type.Record(Type.String(), Type.Unknown())
const DecisionId = Type.String({ description: 'Send it back in a track `Exposure` when the person has seen it.' })

const Body = Type.Object(
  {
    userId: Type.Optional({ ...Id, description: 'As in events a number is taken for its text, and null for nothing.' }),
    anonymousId: Type.Optional(Id),
    userHash: Type.Optional(Type.String({ description: 'Proof of the userId, where the workspace requires it.' })),
    touchpoints: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 100 }),
    context: Type.Optional({ ...Anything, description: 'Of the visit; up to 32 KB of JSON.' }),
    events: Type.Optional(
      Type.Array(Type.Unknown(), {
        maxItems: 500,
        description: 'Taken in first, as by POST /v1/batch. One that names nobody is of the person who asks.',
      }),
    ),
    sentAt: Type.Optional(Type.String()),
    expose: Type.Optional(Type.Boolean({ description: 'Count the answers as seen: for pages made on a server.' })),
    preview: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description:
          'Variant to show, by experience; `at`: the instant to decide for; `as`, with a secret key: the person to decide as, by id or as userId:… or anonymousId:…. Nothing is logged.',
      }),
    ),
    explain: Type.Optional(Type.Boolean({ description: 'Say why, condition by condition.' })),
    link: Type.Optional(Type.String({ maxLength: 2000, description: 'Allows preview or explain with a write key.' })),
    writeKey: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

const AnswerView = Type.Object({
  reason: Type.String({
    description: 'Why: assigned, control, holdout, no-experience, consent, unknown-touchpoint, bot…',
  }),
  content: Type.Unknown(),
  control: Type.Boolean(),
  holdout: Type.Boolean(),
  decisionId: Type.Optional(DecisionId),
  experience: Type.Optional(Type.String()),
  version: Type.Optional(Type.Integer()),
  variant: Type.Optional(Type.String()),
  missing: Type.Optional(Type.Array(Type.String(), { description: 'Catalog items that the content lacks.' })),
  fault: Type.Optional(
    Type.Object(
      { code: Type.String(), message: Type.String() },
      { description: 'Why the content that was meant could not be made. With a secret key.' },
    ),
  ),
  propensity: Type.Optional(Type.Number({ description: 'Chance of being shown. With a secret key.' })),
  held: Type.Optional(
    Type.Object(
      { since: Type.Number({ description: 'Epoch milliseconds.' }), propensity: Type.Number() },
      {
        description:
          'A sticky split keeps what it gave before, so `propensity` is 1; this one is that of the draw it came from. With a secret key.',
      },
    ),
  ),
  offer: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'What the person has of the offer: its terms, `code`, and `expires` in epoch milliseconds.',
    }),
  ),
  ranked: Type.Optional(
    Type.Array(Anything, {
      description:
        'At a touchpoint of several slots: all its answers in these same fields, the best first. That one is the answer itself.',
    }),
  ),
  explanation: Type.Optional(Anything),
})

type DecideCall = Pick<Call<never, never, typeof Body>, 'workspace' | 'key' | 'request' | 'body'>

export const decide = route({
  method: 'POST',
  path: '/v1/decide',
  access: 'write',
  tag: 'Decisions',
  fromPages: true,
  inStep: true,
  summary: 'What does this person get, now?',
  description:
    'One answer a touchpoint, of one set of definitions. It sees every event acknowledged before, and those it brings.',
  body: Body,
  checks: 'handler',
  query: Type.Object({ link: Type.Optional(Type.String({ maxLength: 2000 })) }),
  bodyLimit: services => services.options.batchBytes,
  answer: {
    description: 'The answers by touchpoint. There is always content: at worst the default.',
    schema: Type.Object({
      requestId: Type.String(),
      profile: Type.Optional(Type.String({ description: 'With a secret key.' })),
      answers: Type.Record(Type.String(), AnswerView),
      errors: Type.Optional(Type.Array(Anything, { description: 'Events that were not kept, by their place.' })),
      refused: Type.Optional(Type.Array(Refusal, { description: 'Events that may not be kept.' })),
      warnings: Type.Optional(
        Type.Array(Warning, {
          description:
            'What was taken otherwise than it may have been meant: of an event, or of the request’s context.',
        }),
      ),
    }),
  },
  errors: [
    'context_too_large',
    'user_hash_required',
    'link_required',
    'bad_link',
    'not_found',
    'too_busy',
    'full',
    'unavailable',
  ],
  async handle(call, services) {
    const began = performance.now()
    const { workspace, key, request, query } = call
    const body = check(Body, asInEvents(call.body), 'body')
    boundContext(body.context, bodyBytes(request.body))
    const live = services.definitions.of(workspace)
    let set = live instanceof Promise ? await live : live
    const graves = services.graves.ready(workspace)
    if (graves !== undefined) await graves
    const secret = key?.kind === 'secret'
    const mustProve = !secret && set.settings.requireUserHash
    const as = secret ? body.preview?.as : undefined
    const { userId, anonymousId } = whoAsks(body, set.compiled.identity, as !== undefined)
    const { inContext, linkInContext, given } = taken(body.context as JsonObject | undefined)
    const userHash = body.userHash ?? inContext
    if (mustProve && userId !== undefined && !services.userHashes.proves(workspace, userId, userHash)) {
      throw new Problem('user_hash_required', 'This userId needs its userHash.', { path: 'body.userHash' })
    }
    const link = body.link ?? query.link ?? (typeof linkInContext === 'string' ? linkInContext : undefined)
    const shown = link === undefined ? undefined : services.links.verify(workspace, link, services.now())
    if (!secret) allow(body, shown, userId, anonymousId)

    const bringsEvents = body.events !== undefined && body.events.length > 0
    const { errors, refused, warnings } = bringsEvents
      ? await takeEvents({ workspace, key, request, body }, services, set, { userId, anonymousId, mustProve, userHash })
      : NOTHING_TAKEN
    if (bringsEvents) {
      const now = services.definitions.of(workspace)
      set = now instanceof Promise ? await now : now
    }
    const isExplainedByLink = !secret && body.explain === true && !set.settings.requireUserHash
    if (isExplainedByLink) await refuseOther(services, workspace, shown)
    const preview = body.preview === undefined ? previewOf(shown) : readPreview(body.preview, set)
    const viewed = as === undefined ? undefined : await personOf(services, workspace, as, 'body.preview.as')
    const origin = originOf(request)
    const { addresses } = set.settings
    const asked = readConsent(given)
    const told = asked.unclear === undefined ? warnings : [...warnings, consentUnclear(asked.unclear)]
    const context = enrichContext(asked.context, origin, { places: services.places, addresses })
    const decided = await services.decider.decide({
      workspace,
      set,
      userId,
      anonymousId,
      touchpoints: body.touchpoints.length === 1 ? body.touchpoints : [...new Set(body.touchpoints)],
      context: withSignals(context, origin.signals, set.compiled.consent),
      source: secret
        ? undefined
        : services.newcomers.sourceOf(given.ip ?? (given.direct === true ? origin.ip : undefined), origin),
      bot: isBotRequest(given.userAgent, origin.userAgent, secret),
      expose: body.expose === true && preview === undefined,
      explain: body.explain === true,
      ...(preview === undefined ? {} : { preview }),
      ...(viewed === undefined ? {} : { viewed }),
    })
    // Who the person is may have changed while it was decided.
    if (isExplainedByLink) await refuseOther(services, workspace, shown)
    services.metrics.decide.observe((performance.now() - began) / 1000)
    return new JsonText(answerText(decided, { secret, set, errors, refused, warnings: told }))
  },
})

const NOTHING_TAKEN: Pick<TakenIn, 'errors' | 'refused' | 'warnings'> = { errors: [], refused: [], warnings: [] }

/** Clients write an identifier here as they do in an event: as a number too, and null where there is none. */
function asInEvents(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body
  const said = body as Record<string, unknown>
  for (const name in said) {
    const value = said[name]
    if (value === null) delete said[name]
    else if (typeof value === 'number' && (name === 'userId' || name === 'anonymousId') && isExact(value)) {
      said[name] = String(value)
    }
  }
  return said
}

/** A context without what is no part of it: proofs that clients may put there. It is copied only where it has any. */
function taken(context: JsonObject = {}): { inContext?: unknown; linkInContext?: unknown; given: JsonObject } {
  if (!('userHash' in context) && !('link' in context)) return { given: context }
  const { userHash: inContext, link: linkInContext, ...given } = context
  return { inContext, linkInContext, given }
}

/** Placeholders for "nobody" count as missing, as in events. */
function whoAsks(
  body: Static<typeof Body>,
  identity: IdentityRules,
  viewing: boolean,
): { userId: string | undefined; anonymousId: string | undefined } {
  const rules = compileRules(identity)
  const read = (kind: 'userId' | 'anonymousId') => {
    const value = body[kind]
    if (value !== undefined && hasControl(value)) {
      const path = `body.${kind}`
      throw new Problem('invalid', `${path} holds a control character.`, { path, mend: 'Remove it.' })
    }
    return value === undefined || rules.find(kind)!.blocks(value) ? undefined : value
  }
  const userId = read('userId')
  const anonymousId = read('anonymousId')
  if (userId === undefined && anonymousId === undefined && !viewing) {
    throw new Problem('invalid', 'body.userId is missing: name a userId or an anonymousId.', { path: 'body.userId' })
  }
  return { userId, anonymousId }
}

/** A write key may preview or explain only with a link that says so (R13). */
function allow(
  body: Static<typeof Body>,
  grant: LinkGrant | undefined,
  userId: string | undefined,
  anonymousId: string | undefined,
): void {
  const wants = [...(body.preview ? (['preview'] as const) : []), ...(body.explain ? (['explain'] as const) : [])]
  if (wants.length === 0) return
  if (grant === undefined) throw new Problem('link_required', `A write key may not ask for ${wants.join(' and ')}.`)
  if (body.preview?.as !== undefined) throw new Problem('link_required', 'Only a secret key may see as another person.')
  const refused = wants.find(want => !grant.allows.includes(want))
  if (refused !== undefined) throw new Problem('bad_link', `The link does not allow ${refused}.`)
  const asked = [
    ...(userId === undefined ? [] : [identifierOf('userId', userId)]),
    ...(anonymousId === undefined ? [] : [identifierOf('anonymousId', anonymousId)]),
  ]
  // Every identifier that asks must be the one the link names: an explanation tells of the person they lead to.
  if (body.explain && !asked.every(identifier => identifier === grant.person)) {
    throw new Problem('bad_link', 'The link explains another person.')
  }
}

/**
 * Whoever holds a write key can say that somebody else is the person whom a link explains too, and would be told of them (R13): it
 * explains whom it was made for. Where a userId has to be proven a write key cannot say that.
 */
async function refuseOther({ store, links }: Services, workspace: string, grant: LinkGrant | undefined): Promise<void> {
  if (grant?.person === undefined || grant.others === undefined) return
  const known = await store.people.locate(workspace, grant.person)
  if (known === undefined || links.others(workspace, grant.person, known.profile) === grant.others) return
  throw new Problem('bad_link', 'Since the link was made this person has become known by something else as well.', {
    mend: 'Make a link anew.',
  })
}

/** Who asks, and how they prove it. */
interface EventsOf {
  readonly userId: string | undefined
  readonly anonymousId: string | undefined
  readonly mustProve: boolean
  readonly userHash: unknown
}

/** By no kind of identifier the workspace knows people by. */
function namesNobody(item: unknown, identity: IdentityRules): item is object {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return false
  const { userId, anonymousId, type, context, traits, properties } = item as Record<string, Json | undefined>
  if ((userId ?? anonymousId ?? null) !== null) return false
  const said = { type, context, properties: type === 'identify' ? traits : properties }
  return !namesMore(said as Parameters<typeof namesMore>[0], compileRules(identity))
}

async function takeEvents(
  { workspace, key, body, request }: DecideCall,
  services: Services,
  set: LiveSet,
  { userId, anonymousId, mustProve, userHash }: EventsOf,
): Promise<Pick<TakenIn, 'errors' | 'refused' | 'warnings'>> {
  const secret = key?.kind === 'secret'
  const asker = { ...(userId !== undefined && { userId }), ...(anonymousId !== undefined && { anonymousId }) }
  const given: IntakeRequest = {
    workspace,
    set,
    isTrusted: secret,
    mustProve,
    userHash,
    items: body.events!.map(item => (namesNobody(item, set.compiled.identity) ? { ...item, ...asker } : item)),
    sentAt: body.sentAt,
    received: services.now(),
    origin: originOf(request),
    maxBytes: services.options.itemBytes,
  }
  return takeIn(services, given, { bytes: bodyBytes(request.body), secret })
}

/** What a link shows to whoever opens it. A variant that is gone since is passed over. */
function previewOf(grant: LinkGrant | undefined): Preview | undefined {
  if (grant?.variants === undefined && grant?.at === undefined) return undefined
  const { variants = {}, at } = grant
  return { variants: new Map(Object.entries(variants)), ...(at === undefined ? {} : { at }) }
}

function readPreview(given: Readonly<Record<string, string>>, set: LiveSet): Preview {
  const { at, as: _, ...variants } = given
  const time = instant(at, 'body.preview.at')
  const preview: Preview = { variants: new Map(Object.entries(variants)), ...(time === undefined ? {} : { at: time }) }
  const [problem] = previewProblems(set.compiled, preview)
  if (problem !== undefined) {
    const { path, message, mend } = problem
    throw new Problem('invalid', `${message}.`, { path: `body.${path}`, mend })
  }
  return preview
}
