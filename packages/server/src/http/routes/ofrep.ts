import { createHash } from 'node:crypto'
import type { JsonObject } from '@espalier/core'
import { readConsent, withSignals } from '@espalier/core/consent'
import type { Answer } from '@espalier/core/decision'
import type { Definition } from '@espalier/core/definition'
import { hasControl } from '@espalier/core/event'
import { compileRules, isExact } from '@espalier/core/identity'
import Type from 'typebox'
import type { Decided } from '../../pipeline/decide.ts'
import type { LiveSet } from '../../pipeline/definitions.ts'
import { enrichContext } from '../../pipeline/enrich.ts'
import { isBotRequest } from '../../pipeline/visitor.ts'
import { Problem } from '../../problem.ts'
import type { Services } from '../../services.ts'
import { boundContext } from '../contextBound.ts'
import { TARGETING_KEY } from '../ofrep.ts'
import { originOf } from '../origin.ts'
import { type Call, route } from '../route.ts'
import { bodyBytes } from './track.ts'

const Body = Type.Object({
  context: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description:
        'targetingKey names the person: a userId, or `anonymousId:…`; userId and anonymousId by their own names go before it. All of it is the context of the decision, up to 32 KB of JSON.',
    }),
  ),
})

const Flag = Type.Object({
  key: Type.String(),
  value: Type.Optional(
    Type.Unknown({ description: 'The content; absent where it is null, so that the code’s own default holds.' }),
  ),
  reason: Type.String(),
  variant: Type.Optional(Type.String()),
  metadata: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
    description: '`decisionId`: send it back in a track `Exposure` when the person has seen it.',
  }),
})

/** The protocol knows no 413: its clients read why only where it is a 400, a 404 or a 500. */
const TOO_LARGE_IS = 400

type Asked = Pick<Call<never, never, typeof Body>, 'workspace' | 'key' | 'request' | 'body'>

export const evaluateFlag = route({
  method: 'POST',
  path: '/ofrep/v1/evaluate/flags/{key}',
  access: 'write',
  tag: 'Decisions',
  inStep: true,
  passesOverQuery: true,
  summary: 'One touchpoint as a feature flag (OFREP)',
  // However long: what no touchpoint is called is a flag that is not there, and no fault of the context.
  params: Type.Object({ key: Type.String() }),
  body: Body,
  bodyLimit: services => services.options.batchBytes,
  tooLargeIs: TOO_LARGE_IS,
  answer: { description: 'The content that this person gets there, as the flag’s value.', schema: Flag },
  errors: ['context_too_large', 'user_hash_required', 'not_found', 'too_busy', 'full', 'unavailable'],
  async handle({ params, ...call }, services) {
    const set = await services.definitions.of(call.workspace)
    if (!set.compiled.touchpoints.has(params.key)) {
      throw new Problem('not_found', `There is no touchpoint "${params.key}".`, { path: 'path.key' })
    }
    const { answers } = await decideFor(call, services, set, [params.key])
    return flagOf(answers[0]!, set)
  },
})

export const evaluateFlags = route({
  method: 'POST',
  path: '/ofrep/v1/evaluate/flags',
  access: 'write',
  tag: 'Decisions',
  inStep: true,
  passesOverQuery: true,
  fromPages: true,
  summary: 'All touchpoints as feature flags (OFREP)',
  description:
    'Asking is deciding, never exposure: what a person has really seen is told by a track `Exposure` with the flag’s decisionId. What has to be stored before it is answered (offers, prices, caps over what is served) is passed over here: ask for that flag alone.',
  body: Body,
  bodyLimit: services => services.options.batchBytes,
  tooLargeIs: TOO_LARGE_IS,
  answer: {
    description: 'One flag a touchpoint.',
    unchanged: 'All are as the ETag in If-None-Match.',
    schema: Type.Object({ flags: Type.Array(Flag) }),
  },
  errors: ['context_too_large', 'user_hash_required', 'too_busy', 'full', 'unavailable'],
  async handle(call, services) {
    const set = await services.definitions.of(call.workspace)
    const { answers, profile } = await decideFor(call, services, set, [...set.compiled.touchpoints.keys()], false)
    // A flag has one value: that of the best, where there are several.
    const flags = answers.filter(({ answer: { rank = 1 } }) => rank === 1).map(answer => flagOf(answer, set))
    const etag = etagOf(flags, profile)
    call.reply.header('etag', etag)
    const known = call.request.headers['if-none-match']?.split(',').map(one => one.trim().replace(/^W\//, ''))
    if (known?.includes(etag) || known?.includes('*')) return call.reply.code(304).send()
    return { flags }
  },
})

/**
 * What a client would see change: not the ids of the decisions, of which each asking has its own. But whose they are: with those
 * of somebody else exposures would count for nobody, and a client may keep its ETag when another person logs in.
 */
function etagOf(flags: readonly ReturnType<typeof flagOf>[], profile: string | undefined): string {
  const lasting = flags.map(({ metadata: { decisionId: _, ...metadata }, ...flag }) => ({ ...flag, metadata }))
  return `"${createHash('sha256')
    .update(JSON.stringify([profile ?? null, lasting]))
    .digest('base64url')
    .slice(0, 27)}"`
}

async function decideFor(
  { workspace, key, request, body }: Asked,
  services: Services,
  set: LiveSet,
  touchpoints: readonly string[],
  binds = true,
): Promise<Decided> {
  boundContext(body?.context, bodyBytes(request.body))
  const graves = services.graves.ready(workspace)
  if (graves !== undefined) await graves
  const { targetingKey, userId: named, anonymousId: device, userHash, ...given } = (body?.context ?? {}) as JsonObject
  const { userId, anonymousId } = whoIs(targetingKey, named, device, set)
  const secret = key?.kind === 'secret'
  if (!secret && set.settings.requireUserHash && userId !== undefined) {
    if (!services.userHashes.proves(workspace, userId, userHash)) {
      throw new Problem('user_hash_required', 'This userId needs its userHash.', { path: 'body.context.userHash' })
    }
  }
  const origin = originOf(request)
  // OFREP has no place for a warning: what is unclear is taken for a no all the same.
  const { context: asked } = readConsent(given)
  const context = enrichContext(asked, origin, { places: services.places, addresses: set.settings.addresses })
  return services.decider.decide({
    workspace,
    set,
    userId,
    anonymousId,
    touchpoints,
    context: withSignals(context, origin.signals, set.compiled.consent),
    source: secret
      ? undefined
      : services.newcomers.sourceOf(given.ip ?? (given.direct === true ? origin.ip : undefined), origin),
    bot: isBotRequest(given.userAgent, origin.userAgent, secret),
    expose: false,
    explain: false,
    binds,
  })
}

const DEVICE = 'anonymousId:'
const USER = 'userId:'

function whoIs(targetingKey: unknown, named: unknown, device: unknown, { compiled }: LiveSet) {
  const rules = compileRules(compiled.identity)
  const read = (kind: 'userId' | 'anonymousId', given: unknown) => {
    const value = textOf(given)
    return value === undefined ||
      value === '' ||
      value.length > 500 ||
      hasControl(value) ||
      rules.find(kind)!.blocks(value)
      ? undefined
      : value
  }
  const target = textOf(targetingKey)
  const isDevice = target?.startsWith(DEVICE) === true
  const userId =
    read('userId', named) ??
    (isDevice ? undefined : read('userId', target?.startsWith(USER) ? target.slice(USER.length) : target))
  const anonymousId =
    read('anonymousId', device) ?? (isDevice ? read('anonymousId', target.slice(DEVICE.length)) : undefined)
  if (userId === undefined && anonymousId === undefined) {
    throw new Problem('invalid', 'context.targetingKey is missing: name a person.', {
      path: TARGETING_KEY,
      mend: 'Set targetingKey to the userId, or to "anonymousId:" and the id of the device.',
    })
  }
  return { userId, anonymousId }
}

/** An identifier is text; a number is taken for its text, as in events. */
function textOf(given: unknown): string | undefined {
  if (typeof given === 'number' && isExact(given)) return String(given)
  return typeof given === 'string' ? given : undefined
}

function flagOf({ answer, decisionId }: Decided['answers'][number], { published }: LiveSet) {
  const { touchpoint, content, variant, experience, version, control, holdout } = answer
  return {
    key: touchpoint,
    ...(content === null ? {} : { value: content }),
    reason: reasonOf(answer, published.definitions),
    ...(variant === undefined ? {} : { variant }),
    metadata: {
      espalierReason: answer.reason,
      ...(decisionId === undefined ? {} : { decisionId }),
      ...(experience === undefined ? {} : { experience, version: version ?? 0, control, holdout }),
    } as Readonly<Record<string, string | number | boolean>>,
  }
}

/** OpenFeature's word: chance decided, a rule did, or nothing did. */
function reasonOf({ reason, experience }: Answer, definitions: readonly Definition[]): string {
  if (reason === 'control' || reason === 'holdout') return 'SPLIT'
  if (reason !== 'assigned') return 'DEFAULT'
  const found = definitions.find(one => one.kind === 'experience' && one.key === experience) as
    | Definition<'experience'>
    | undefined
  return found?.body.policy?.kind === 'rules' ? 'TARGETING_MATCH' : 'SPLIT'
}
