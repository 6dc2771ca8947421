import type { PublishedSet } from '@espalier/core/definition'
import { conditionProblems, languageOf } from '@espalier/core/plan'
import { sentence } from '@espalier/core/problem'
import type { Condition } from '@espalier/core/segment'
import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { BodyTime, instant } from '../instant.ts'
import { refusePersonal } from '../rights.ts'
import { route } from '../route.ts'

const DAY_MS = 86_400_000
/** Members named as examples. */
const SAMPLE = 10

/** A condition that nobody published, asked of the log: how many, since when, and who. */
export const previewSegment = route({
  method: 'POST',
  path: '/v1/segments/preview',
  access: 'read',
  tag: 'People',
  summary: 'How many people a condition holds for, on past days too, before anything is published',
  description:
    'From the log in the warehouse, whenever the condition was thought of: the same people as a live segment of this definition would have had at that instant. What the log cannot tell is refused as `unsupported`, with the place. Waits up to 5 s for the newest events.',
  body: Type.Object(
    {
      condition: Type.Unknown({ description: 'As a segment’s; `{"segment": "key"}` for one that is published.' }),
      at: Type.Optional(BodyTime),
      days: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 31,
          description: 'The size at so many instants, each a day before the next.',
        }),
      ),
      with: Type.Optional(
        Type.Array(Type.String({ maxLength: 200 }), { maxItems: 4, description: 'Segments to tell the overlap with.' }),
      ),
    },
    { additionalProperties: false },
  ),
  answer: {
    description: 'Whom it holds for.',
    schema: Type.Object({
      at: Type.Integer({ description: 'Epoch milliseconds.' }),
      size: Type.Integer(),
      history: Type.Array(Type.Object({ at: Type.Integer(), size: Type.Integer() })),
      overlap: Type.Array(
        Type.Object({
          segment: Type.String(),
          both: Type.Integer(),
          size: Type.Integer({ description: 'Of the other.' }),
        }),
      ),
      profiles: Type.Array(Type.String(), { description: 'Ids of some of them.' }),
      complete: Type.Boolean({ description: 'The warehouse had caught up.' }),
    }),
  },
  errors: ['invalid_definition', 'not_found', 'unsupported', 'warehouse_unavailable'],
  async handle({ workspace, body, key }, services) {
    const { warehouse, shipper, definitions, now } = services
    const { condition, days = 0, with: others = [] } = body
    const live = await definitions.of(workspace)
    refuseInvalid(condition, live.published)
    const language = languageOf(live.published)
    const asked = condition as Condition
    refusePersonal(key, body, 'condition', live)
    const known = others.map((key, i): Condition => {
      if (language.segments.has(key)) return { segment: key }
      throw new Problem('not_found', `There is no segment "${key}".`, { path: `body.with[${i}]` })
    })
    const complete = await shipper.drain(DRAIN_MS)
    const past = instant(body.at, 'body.at')
    const at = past ?? now()
    const moment = { workspace, language, at, traitsKept: live.compiled.retention.traits }
    const current = { ...moment, latest: past === undefined }
    // Each other one, and each together with this one: in one pass over the log.
    const conditions = [asked, ...known.flatMap(other => [other, { all: [asked, other] }])]
    const { sizes } = await warehouse.segmentOverlap({ ...current, conditions })
    const instants = Array.from({ length: days }, (_, i) => at - (days - 1 - i) * DAY_MS)
    return {
      at,
      size: sizes[0]!,
      history: await warehouse.segmentHistory({ ...moment, condition: asked, days: instants }),
      overlap: others.map((segment, i) => ({ segment, size: sizes[1 + 2 * i]!, both: sizes[2 + 2 * i]! })),
      profiles: await warehouse.segmentMembers({ ...current, condition: asked, limit: SAMPLE }),
      complete,
    }
  },
})

/** By its place in the condition: it has no name, and is in no file. */
function refuseInvalid(condition: unknown, published: PublishedSet): void {
  const problems = conditionProblems(condition, published)
  const [first] = problems
  if (first === undefined) return
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`
  throw new Problem('invalid_definition', said(`${first.message}${more}`), {
    path: first.path,
    mend: said(first.mend),
    extra: { errors: problems },
  })
}

function said(text: string): string {
  return sentence(text.charAt(0).toUpperCase() + text.slice(1))
}
