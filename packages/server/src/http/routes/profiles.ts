import { expire } from '@espalier/core/consent'
import type { Profile } from '@espalier/core/profile'
import { type TimelinePlace, WarehouseError } from '@espalier/warehouse'
import Type from 'typebox'
import type { Services } from '../../services.ts'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { computedFor } from '../computed.ts'
import { personOf, Ref } from '../person.ts'
import { profileFor, timelineFor } from '../rights.ts'
import { route } from '../route.ts'
import { Before, beforeOf, Next, timelinePage } from '../timelinePage.ts'

const TimelineView = Type.Array(
  Type.Object({
    timestamp: Type.Integer(),
    received: Type.Integer(),
    messageId: Type.String(),
    type: Type.String(),
    name: Type.String(),
    properties: Type.Record(Type.String(), Type.Unknown()),
    context: Type.Record(Type.String(), Type.Unknown()),
    source: Type.String({ description: 'The source profile it came with.' }),
  }),
  { description: 'Newest first.' },
)

const FIRST_PAGE = 50

export const getProfile = route({
  method: 'GET',
  path: '/v1/profiles/{ref}',
  access: 'read',
  tag: 'People',
  summary: 'One person, with their latest events',
  description:
    'The person is as of the last acknowledgement. The timeline comes from the warehouse: waits up to 5 s for it; `timelineComplete` says whether it had caught up. Events before these: ask `/v1/profiles/{ref}/events` with `before` = `timelineNext`.',
  params: Ref,
  answer: {
    description: 'The person.',
    schema: Type.Object({
      profile: Type.Record(Type.String(), Type.Unknown()),
      computed: Type.Record(Type.String(), Type.Unknown(), {
        description: 'Computed traits, now; null where there is nothing to make one of.',
      }),
      timeline: TimelineView,
      timelineNext: Type.Optional(Next),
      timelineComplete: Type.Boolean(),
      timelineError: Type.Optional(Type.String({ description: 'Why there is no timeline now.' })),
    }),
  },
  errors: ['not_found'],
  async handle({ workspace, params, key }, services) {
    const person = await personOf(services, workspace, params.ref)
    const set = await services.definitions.of(workspace)
    const now = services.now()
    const profile = profileFor(key, expire(person, set.compiled.retention, now), set)
    const computed = computedFor(key, person, set, now)
    try {
      const timelineComplete = await services.shipper.drain(DRAIN_MS)
      const { events, next } = await pageOf(services, workspace, person, undefined, FIRST_PAGE)
      const timelineNext = next === undefined ? {} : { timelineNext: next }
      return { profile, computed, timeline: timelineFor(key, events, set), ...timelineNext, timelineComplete }
    } catch (error) {
      // The person is known though the warehouse is down.
      if (!(error instanceof WarehouseError)) throw error
      return { profile, computed, timeline: [], timelineComplete: false, timelineError: error.message }
    }
  },
})

export const getProfileEvents = route({
  method: 'GET',
  path: '/v1/profiles/{ref}/events',
  access: 'read',
  tag: 'People',
  summary: 'A person’s events, newest first, page by page',
  description:
    'Pages neither lose nor double events, however many have the same time, and none is longer than `limit`.',
  params: Ref,
  query: Type.Object(
    {
      before: Type.Optional(Before),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    },
    { additionalProperties: false },
  ),
  answer: {
    description: 'Ask for the next page with `before` = `next`.',
    schema: Type.Object({ events: TimelineView, next: Type.Optional(Next) }),
  },
  errors: ['not_found', 'warehouse_unavailable'],
  async handle({ workspace, params, query, key }, services) {
    const set = await services.definitions.of(workspace)
    const profile = await personOf(services, workspace, params.ref)
    const before = beforeOf(query.before, 'query.before')
    await services.shipper.drain(DRAIN_MS)
    const page = await pageOf(services, workspace, profile, before, query.limit ?? 100)
    return { ...page, events: timelineFor(key, page.events, set) }
  },
})

function pageOf(
  { warehouse }: Services,
  workspace: string,
  { sources }: Profile,
  before: number | TimelinePlace | undefined,
  limit: number,
) {
  const question = { workspace, sources, ...(before === undefined ? {} : { before }) }
  return timelinePage(most => warehouse.timeline({ ...question, limit: most }), limit)
}
