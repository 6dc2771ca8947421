import { bucketKeyOf, originsOf } from '@espalier/core/identity'
import type { Profile } from '@espalier/core/profile'
import { type IdentityLink, WarehouseError } from '@espalier/warehouse'
import Type from 'typebox'
import { Problem } from '../../problem.ts'
import type { Services } from '../../services.ts'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { personOf, Ref } from '../person.ts'
import { type Call, route } from '../route.ts'

/** Links shown of one person; of more the latest. */
const HISTORY = 1000

const Instant = Type.Integer({ description: 'Epoch milliseconds.' })

const IdentityView = Type.Object({
  profile: Type.String({ description: 'The id.' }),
  version: Type.Integer(),
  userId: Type.Optional(Type.String()),
  bucketKey: Type.String({ description: 'What assignments follow from.' }),
  identifiers: Type.Array(Type.String()),
  sources: Type.Array(
    Type.Object({
      source: Type.String(),
      identifier: Type.String({ description: 'The identifier it came into being with.' }),
      bucketKey: Type.String({ description: 'What an un-merge gives back.' }),
      firstSeen: Instant,
      since: Type.Optional(Type.Integer({ description: 'When it was linked to this person.' })),
      shared: Type.Optional(Type.Boolean({ description: 'Too many people use it: it is linked with nobody.' })),
    }),
  ),
  splits: Type.Array(Type.Object({ own: Type.String(), other: Type.String(), at: Instant }), {
    description: 'Sources that an un-merge told apart: events do not unite their people again; rejoin does.',
  }),
})

const LinkView = Type.Object({
  at: Instant,
  rule: Type.String({ description: 'new, linked, merged, shared, unmerged or rejoined.' }),
  by: Type.String({ description: 'The messageId of the event, or who asked for it.' }),
  source: Type.String(),
  identifier: Type.String(),
  canonical: Type.String({ description: 'Who the source was from then on.' }),
  evidence: Type.String({ description: 'The identifier it was seen with.' }),
  won: Type.String({ description: 'Why the canonical profile survived a merge: userId, sources or age.' }),
  bucketKey: Type.String({ description: 'What the canonical person was bucketed by from then on.' }),
})

export const getIdentity = route({
  method: 'GET',
  path: '/v1/profiles/{ref}/identity',
  access: 'secret',
  tag: 'People',
  summary: 'Who became whom, when, by which event and why',
  description:
    'What the person is made of is as of the last acknowledgement. The history comes from the warehouse: waits up to 5 s for it; `historyComplete` says whether it had caught up.',
  params: Ref,
  answer: {
    description: 'The history, oldest first, holds what concerns this person’s sources and those split from them.',
    schema: Type.Object({
      ...IdentityView.properties,
      history: Type.Array(LinkView),
      historyComplete: Type.Boolean(),
      historyError: Type.Optional(Type.String({ description: 'Why there is no history now.' })),
    }),
  },
  errors: ['not_found'],
  async handle({ workspace, params }, services) {
    const person = await personOf(services, workspace, params.ref)
    const sources = [...person.sources, ...(person.splits ?? []).map(({ other }) => other)]
    try {
      const historyComplete = await services.shipper.drain(DRAIN_MS)
      const links = await services.warehouse.identityLinks({ workspace, sources, limit: HISTORY })
      const history = links.map(linkView).filter(({ rule }) => rule !== 'filed')
      return { ...identityView(person), history, historyComplete }
    } catch (error) {
      // Who they are is known though the warehouse is down.
      if (!(error instanceof WarehouseError)) throw error
      return { ...identityView(person), history: [], historyComplete: false, historyError: error.message }
    }
  },
})

const Split = Type.String({
  minLength: 1,
  maxLength: 600,
  description: 'A source profile, or an identifier (`kind:value`), which stands for its source.',
})

export const postUnmerge = route({
  method: 'POST',
  path: '/v1/profiles/{ref}/unmerge',
  access: 'secret',
  tag: 'People',
  summary: 'Undo a merge',
  description:
    'Splits sources off a person. Both people are made again from the log, with their own bucket keys, and stay apart whatever events say, until they are rejoined. Refused where retention has removed part of that log.',
  params: Ref,
  body: Type.Object(
    { split: Type.Union([Split, Type.Array(Split, { minItems: 1, maxItems: 500 })]) },
    { additionalProperties: false },
  ),
  answer: {
    description: 'The two people.',
    schema: Type.Object({ kept: IdentityView, gone: IdentityView }),
  },
  errors: [
    'not_found',
    'not_merged',
    'identity_refused',
    'log_expired',
    'log_too_long',
    'conflict',
    'too_busy',
    'full',
    'warehouse_unavailable',
  ],
  async handle({ workspace, params, body, key }, services) {
    const person = await personOf(services, workspace, params.ref)
    const named = typeof body.split === 'string' ? [body.split] : body.split
    const split = await Promise.all(named.map(one => sourceOf(services, workspace, one)))
    const [kept, gone] = await services.rebuilder.unmerge(workspace, person.id, [...new Set(split)], authorOf(key))
    return { kept: identityView(kept), gone: identityView(gone) }
  },
})

export const postRejoin = route({
  method: 'POST',
  path: '/v1/profiles/{ref}/rejoin',
  access: 'secret',
  tag: 'People',
  summary: 'Take an un-merge back',
  description: 'The two people are one again, and nothing keeps them apart any more.',
  params: Ref,
  body: Type.Object({ with: Split }, { additionalProperties: false }),
  answer: { description: 'The one person.', schema: IdentityView },
  errors: ['not_found', 'identity_refused', 'too_busy', 'full'],
  async handle({ workspace, params, body, key }, services) {
    const [a, b] = await Promise.all([
      personOf(services, workspace, params.ref),
      personOf(services, workspace, body.with, 'body.with'),
    ])
    return identityView(await services.rebuilder.rejoin(workspace, a.id, b.id, authorOf(key)))
  },
})

async function sourceOf({ store }: Services, workspace: string, named: string): Promise<string> {
  if (!named.includes(':')) return named
  const located = await store.people.locate(workspace, named)
  if (located !== undefined) return located.source
  throw new Problem('not_found', `Nobody in this workspace is known as "${named}".`, { path: 'body.split' })
}

function authorOf(key: Call<never, never, never>['key']): string {
  return key?.label || key?.id || ''
}

function identityView(person: Profile) {
  const { id, version, userId, bucketKey, identifiers, sources, splits = [] } = person
  const origins = originsOf(person)
  return {
    profile: id,
    version,
    ...(userId !== undefined && { userId }),
    bucketKey,
    identifiers,
    sources: sources.map((source, i) => {
      const { identifier, firstSeen, since, shared } = origins[i]!
      const own = { source, identifier, bucketKey: bucketKeyOf(identifier), firstSeen }
      return { ...own, ...(since > 0 && { since }), ...(shared && { shared }) }
    }),
    splits,
  }
}

function linkView({ cause, ...link }: IdentityLink) {
  const space = cause.indexOf(' ')
  return { ...link, rule: cause.slice(0, space), by: cause.slice(space + 1) }
}
