import { Readable } from 'node:stream'
import { may } from '@espalier/core/consent'
import type { Profile } from '@espalier/core/profile'
import type { Table } from '@espalier/core/stream'
import Type from 'typebox'
import { Problem } from '../../problem.ts'
import type { Services } from '../../services.ts'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { personOf, Ref } from '../person.ts'
import { Purpose, purposeIn } from '../purpose.ts'
import { route } from '../route.ts'

/** What each table's rows are called in an export. */
const KINDS: Readonly<Record<Table, string>> = {
  events: 'event',
  decisions: 'decision',
  exposures: 'exposure',
  identity_links: 'identity',
}

export const exportProfile = route({
  method: 'GET',
  path: '/v1/profiles/{ref}/export',
  access: 'secret',
  tag: 'People',
  summary: 'Everything that is known of a person',
  description:
    'One JSON object a line, each with its `kind`: `about` (how many rows of each kind there are), `profile`, `identity` (who became whom, and why), `event`, `decision`, `exposure`, and at last `end` with the number of lines: without it something is missing. Without `purpose` it is for the person themselves; for anybody else say what it is for.',
  params: Ref,
  query: Type.Object({ purpose: Type.Optional(Purpose) }, { additionalProperties: false }),
  answer: { description: 'NDJSON.', type: 'application/x-ndjson' },
  errors: ['not_found', 'consent_refused', 'invalid', 'warehouse_unavailable'],
  async handle({ workspace, params, query, reply }, services) {
    const person = await personOf(services, workspace, params.ref)
    if (query.purpose !== undefined) {
      const live = await services.definitions.of(workspace)
      const purpose = purposeIn(live, query.purpose, 'query.purpose')
      if (!may(purpose, person, {}, live.compiled.consent).permitted) {
        throw new Problem('consent_refused', `This person refuses "${purpose}".`, { path: 'query.purpose' })
      }
    }
    const complete = await services.shipper.drain(DRAIN_MS)
    const rows = await services.warehouse.personSize({ workspace, sources: person.sources })
    const lines = linesOf(services, workspace, person, { complete, rows })
    reply.type('application/x-ndjson').header('content-disposition', `attachment; filename="${person.id}.ndjson"`)
    return Readable.from(lines)
  },
})

async function* linesOf(
  { warehouse, now }: Services,
  workspace: string,
  profile: Profile,
  about: { readonly complete: boolean; readonly rows: Record<Table, number> },
): AsyncGenerator<string> {
  let lines = 0
  const line = (kind: string, value: object) => {
    lines++
    return `${JSON.stringify({ kind, ...value })}\n`
  }
  const counts = Object.fromEntries(Object.entries(about.rows).map(([table, n]) => [KINDS[table as Table], n]))
  yield line('about', { workspace, made: new Date(now()).toISOString(), complete: about.complete, rows: counts })
  yield line('profile', { profile })
  for (const table of ['identity_links', 'events', 'decisions', 'exposures'] as const) {
    for await (const page of warehouse.person({ workspace, sources: profile.sources, table })) {
      // `kind` is ours: an event's own is its type.
      yield page.map(row => line(KINDS[table], row)).join('')
    }
  }
  yield line('end', { lines: lines + 1 })
}
