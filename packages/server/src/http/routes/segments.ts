import { Readable } from 'node:stream'
import { csvCell } from '@espalier/core'
import { ANALYTICS, expire, mask, may, personalFields } from '@espalier/core/consent'
import { unseenSegments } from '@espalier/core/plan'
import type { Profile } from '@espalier/core/profile'
import type { ApiKey } from '@espalier/store'
import Type from 'typebox'
import type { LiveSet } from '../../pipeline/definitions.ts'
import { Problem } from '../../problem.ts'
import type { Services } from '../../services.ts'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { Purpose, purposeIn } from '../purpose.ts'
import { profileFor } from '../rights.ts'
import { route } from '../route.ts'
import { DefinitionView } from './definitions.ts'

const Key = Type.Object({ key: Type.String({ maxLength: 200 }) })
const DAY_MS = 86_400_000
/** Members shown as examples. */
const SAMPLE = 10
/** People looked at for one page of members. */
const PAGE = 1000

const Member = Type.Object({
  profile: Type.String(),
  userId: Type.Optional(Type.String()),
  since: Type.Integer({ description: 'Since when, epoch milliseconds.' }),
  traits: Type.Record(Type.String(), Type.Unknown()),
})

/** A segment as it is: how many are in it, how that came about, and with which others it shares people. */
export const getSegment = route({
  method: 'GET',
  path: '/v1/segments/{key}',
  access: 'read',
  tag: 'People',
  summary: 'One segment: its definition, size, history, entries and exits, overlap, and some members',
  description:
    'Size and history follow from who entered and left, as the stream said at once; waits up to 5 s for the newest. `state` is `building` while the log is read for it, or people are looked at; `progress` says how far that is, on the node that does it.',
  params: Key,
  query: Type.Object(
    { days: Type.Optional(Type.Integer({ minimum: 1, maximum: 400, default: 30 })) },
    { additionalProperties: false },
  ),
  answer: {
    description: 'The segment.',
    schema: Type.Object({
      definition: DefinitionView,
      state: Type.Union([Type.Literal('live'), Type.Literal('building')]),
      progress: Type.Optional(
        Type.Object({
          filled: Type.Integer({ description: 'Profiles whose past was read.' }),
          looked: Type.Integer({ description: 'People looked at.' }),
          people: Type.Integer({ description: 'All people.' }),
        }),
      ),
      size: Type.Integer(),
      history: Type.Array(
        Type.Object({
          day: Type.String(),
          entered: Type.Integer(),
          left: Type.Integer(),
          size: Type.Integer({ description: 'At the end of the day.' }),
        }),
        { description: 'Days of the workspace’s zone on which somebody entered or left.' },
      ),
      overlap: Type.Array(
        Type.Object({
          segment: Type.String(),
          both: Type.Integer(),
          size: Type.Integer({ description: 'Of the other.' }),
        }),
      ),
      members: Type.Array(Member),
      complete: Type.Boolean({ description: 'The warehouse had caught up.' }),
    }),
  },
  errors: ['not_found', 'warehouse_unavailable'],
  async handle({ workspace, params: { key }, query, key: caller }, services) {
    const { warehouse, shipper, store, definitions, now } = services
    const live = await definitions.of(workspace)
    const definition = live.published.definitions.find(one => one.kind === 'segment' && one.key === key)
    if (definition === undefined) throw unknown(key)
    const complete = await shipper.drain(DRAIN_MS)
    const zone = live.settings.timezone
    const to = now() + DAY_MS
    const [crossings, overlap, ids] = await Promise.all([
      warehouse.crossings({ workspace, segment: key, from: to - (query.days ?? 30) * DAY_MS, to, zone }),
      warehouse.overlaps(workspace, key),
      warehouse.segmentSample(workspace, key, SAMPLE),
    ])
    const people = await Promise.all(ids.map(id => store.people.get(workspace, id)))
    const { plan } = live.compiled
    const isLive =
      plan.segments.some(segment => segment.key === key) &&
      !unseenSegments(live.published, plan).some(unseen => unseen.key === key)
    const progress = isLive ? undefined : services.backfill.progress(workspace)
    return {
      definition,
      state: isLive ? 'live' : 'building',
      ...(progress && { progress: { ...progress, people: await store.people.count(workspace) } }),
      size: crossings.size,
      history: crossings.days,
      overlap,
      members: people.flatMap(person =>
        person === undefined ? [] : memberOf(seen(person, live, caller, now()), key, live),
      ),
      complete,
    }
  },
})

/** Everybody in a segment, page by page or as one CSV file, as their profiles say at this moment. */
export const getMembers = route({
  method: 'GET',
  path: '/v1/segments/{key}/members',
  access: 'read',
  tag: 'People',
  summary: 'The people in a segment',
  description:
    'For one purpose, `analytics` unless given: whoever refuses it is left out and counted. With `format=csv` all of them as one file, at its end the trailer `left-out`. Otherwise a page: ask for the next with `after` = `next`; `looked` of `people` people were looked at for it.',
  params: Key,
  query: Type.Object(
    {
      after: Type.Optional(Type.String({ maxLength: 100 })),
      purpose: Type.Optional(Purpose),
      format: Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('csv')], { default: 'json' })),
      traits: Type.Optional(
        Type.String({ maxLength: 2000, description: 'Traits to tell of each, separated by commas.' }),
      ),
    },
    { additionalProperties: false },
  ),
  answer: {
    alsoCsv: true,
    description: 'Members by id.',
    schema: Type.Object({
      members: Type.Array(Member),
      leftOut: Type.Integer({ description: 'People of this page in the segment to whom the purpose is refused.' }),
      looked: Type.Integer(),
      people: Type.Integer(),
      next: Type.Optional(Type.String()),
    }),
  },
  errors: ['not_found', 'invalid'],
  async handle({ workspace, params: { key }, query, reply, key: caller }, services) {
    const { store, definitions, now } = services
    const live = await definitions.of(workspace)
    if (!live.published.definitions.some(one => one.kind === 'segment' && one.key === key)) throw unknown(key)
    const purpose = purposeIn(live, query.purpose ?? ANALYTICS, 'query.purpose')
    const traits = (query.traits ?? '').split(',').filter(name => name !== '')
    const told = (page: readonly Profile[], named: readonly string[]): Told => {
      const found = page.filter(({ memberships }) => memberships?.[key]?.in === true)
      const permitted = found.filter(person => may(purpose, person, {}, live.compiled.consent).permitted)
      return {
        members: permitted.flatMap(person => memberOf(seen(person, live, caller, now()), key, live, named)),
        leftOut: found.length - permitted.length,
      }
    }
    if (query.format === 'csv') {
      reply.header('content-disposition', `attachment; filename="${key.replaceAll(/[^\w.-]/g, '_')}.csv"`)
      reply.type('text/csv; charset=utf-8')
      let leftOut = 0
      reply.trailer('left-out', async () => String(leftOut))
      const view = (page: readonly Profile[]) => {
        const found = told(page, traits.length === 0 ? ['-'] : traits)
        leftOut += found.leftOut
        return found.members
      }
      return Readable.from(csvOf(services, workspace, view, traits))
    }
    const page = await store.people.page(workspace, query.after, PAGE)
    const next = page.length === PAGE ? page.at(-1)!.id : undefined
    return {
      ...told(page, traits),
      looked: page.length,
      people: await store.people.count(workspace),
      ...(next !== undefined && { next }),
    }
  },
})

function unknown(key: string): Problem {
  return new Problem('not_found', `There is no segment "${key}".`)
}

/** A person as the caller may see them now. */
function seen(person: Profile, live: LiveSet, caller: ApiKey | undefined, now: number): Profile {
  return profileFor(caller, expire(person, live.compiled.retention, now), live)
}

interface Told {
  readonly members: ReturnType<typeof memberOf>
  /** People who are in the segment, and to whom the purpose is refused. */
  readonly leftOut: number
}

/** Personal traits are hidden unless they are asked for by name. */
function memberOf(person: Profile, key: string, { settings }: LiveSet, named: readonly string[] = []) {
  const membership = person.memberships?.[key]
  if (membership?.in !== true) return []
  const { id: profile, userId, traits } = person
  const told = Object.entries(traits).filter(([name]) => named.length === 0 || named.includes(name))
  const values = Object.fromEntries(told.map(([name, { value }]) => [name, value]))
  return [
    {
      profile,
      ...(userId !== undefined && { userId }),
      since: membership.since,
      traits: named.length === 0 ? mask(values, 'traits', personalFields(settings.personal)) : values,
    },
  ]
}

async function* csvOf(
  { store }: Services,
  workspace: string,
  view: (page: readonly Profile[]) => Told['members'],
  traits: readonly string[],
) {
  yield `${['profile', 'userId', 'since', ...traits].map(csvCell).join(',')}\n`
  let after: string | undefined
  for (;;) {
    const page = await store.people.page(workspace, after, PAGE)
    const lines = view(page)
    yield lines
      .map(({ profile, userId = '', since, traits: told }) => {
        const values = traits.map(name => told[name as keyof typeof told] ?? '')
        return `${[profile, userId, new Date(since).toISOString(), ...values].map(csvCell).join(',')}\n`
      })
      .join('')
    if (page.length < PAGE) return
    after = page.at(-1)!.id
  }
}
