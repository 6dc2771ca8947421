import { many } from '@espalier/core'
import { calibration, type Promised, SUGGESTION_KINDS } from '@espalier/core/optimizer'
import Type from 'typebox'
import type { Services } from '../../services.ts'
import { route } from '../route.ts'

const Numbers = Type.Record(Type.String(), Type.Unknown())
const Kind = Type.Enum([...SUGGESTION_KINDS], {
  type: 'string',
  description:
    'tracking-broke: numbers stopped coming or cannot be trusted. metric-hurt: a guardrail is hurt. stop: it hurts, or makes no difference worth having. declare: it works. widen: it works, and few get it. try-segment: it works for some. no-control: nobody is left out to compare with. extend: too early.',
})

const SuggestionView = Type.Object({
  id: Type.String(),
  kind: Kind,
  about: Type.Record(Type.String(), Type.String(), {
    description: 'experience, variant, touchpoint, metric, segment: those that apply.',
  }),
  since: Type.Integer({ description: 'When it was listed first, epoch milliseconds.' }),
  reason: Type.String(),
  evidence: Numbers,
  expected: Type.Union([Numbers, Type.Null()], {
    description:
      'What is promised: lift of the metric against the control group with its always-valid interval, and what that is worth a month, in money where that is known. Of stop and metric-hurt: what goes on if nothing is done.',
  }),
  action: Type.Object({ say: Type.String(), call: Type.Optional(Numbers) }, { description: 'What to press or call.' }),
})

const NextView = Type.Object({
  at: Type.Union([Type.Integer(), Type.Null()], { description: 'When it was looked last; null: not yet.' }),
  experiences: Type.Integer({ description: 'How many that run were looked at.' }),
  sentence: Type.String(),
  suggestions: Type.Array(SuggestionView, { description: 'The most urgent first, of one kind what is worth most.' }),
})

const PromisedView = Type.Object({
  id: Type.String(),
  state: Type.String({
    description: 'open, done (to be measured), measured, dismissed, or gone: it is not so any more, and nobody did it.',
  }),
  suggestion: Numbers,
  first: Type.Integer(),
  last: Type.Integer(),
  closed: Type.Optional(Type.Integer()),
  by: Type.Optional(Type.String({ description: 'Who says it is done: team, definitions or time.' })),
  note: Type.Optional(Type.String()),
  measure: Type.Optional(Numbers),
  outcome: Type.Optional(Numbers),
})

export const getNext = route({
  method: 'GET',
  path: '/v1/next',
  access: 'read',
  tag: 'Reports',
  summary: 'What to do next',
  description:
    'As of the last look, which is made once a day: reasons, what is expected of it, and what to press or call.',
  answer: { description: 'Suggestions; none where there is nothing to do.', schema: NextView },
  handle: ({ workspace }, services) => view(services, workspace),
})

export const postNext = route({
  method: 'POST',
  path: '/v1/next',
  access: 'secret',
  tag: 'Reports',
  summary: 'Look now at what to do next',
  answer: { description: 'As by GET, afterwards.', schema: NextView },
  errors: ['conflict', 'warehouse_unavailable'],
  async handle({ workspace }, services) {
    await services.optimizer.look(workspace)
    return view(services, workspace)
  },
})

export const getNextRecord = route({
  method: 'GET',
  path: '/v1/next/record',
  access: 'read',
  tag: 'Reports',
  summary: 'What was promised beside what was measured afterwards',
  description:
    'Every suggestion that was listed, the latest first, 500 closed ones at most. What was done is measured afterwards from the same metric: against the control group where one remains, else the holdout, else against the control group of before, which is an indication and no proof.',
  answer: {
    description: 'How good the promises were, and each of them.',
    schema: Type.Object({ calibration: Numbers, record: Type.Array(PromisedView) }),
  },
  async handle({ workspace }, { optimizer }) {
    const record = await optimizer.record(workspace)
    return { calibration: calibration(record), record: [...record].sort((a, b) => b.first - a.first).map(lineOf) }
  },
})

export const closeRoutes = (['done', 'dismiss'] as const).map(what =>
  route({
    method: 'POST',
    path: `/v1/next/{id}/${what}`,
    access: 'secret',
    tag: 'Reports',
    summary: what === 'done' ? 'Say that a suggestion was followed' : 'Say that a suggestion is not wanted',
    description:
      what === 'done'
        ? 'What it brought is measured from now on. Changes of definitions that do what was suggested are seen without this.'
        : 'It stays away for two weeks, or until its experience is another version.',
    params: Type.Object({ id: Type.String({ maxLength: 600 }) }),
    body: Type.Object({ note: Type.Optional(Type.String({ maxLength: 1000 })) }, { additionalProperties: false }),
    answer: { description: 'The line of the record.', schema: PromisedView },
    errors: ['not_found', 'conflict'],
    async handle({ workspace, params, body }, { optimizer }) {
      return lineOf(await optimizer.close(workspace, params.id, what === 'done' ? 'done' : 'dismissed', body.note))
    },
  }),
)

async function view({ optimizer }: Services, workspace: string) {
  const { at, experiences, listed } = await optimizer.next(workspace)
  return {
    at,
    experiences,
    sentence: sentenceOf(at, experiences, listed.length),
    suggestions: listed.map(({ id, first, suggestion: { kind, about, reason, evidence, expected, action } }) => ({
      id,
      kind,
      about,
      since: first,
      reason,
      evidence,
      expected,
      action,
    })),
  }
}

function lineOf({ id, state, suggestion, first, last, closed, by, note, measure, outcome }: Promised) {
  return {
    id,
    state,
    suggestion,
    first,
    last,
    ...(closed !== undefined && { closed }),
    ...(by && { by }),
    ...(note !== undefined && { note }),
    ...(measure && { measure }),
    ...(outcome && { outcome }),
  }
}

function sentenceOf(at: number | null, experiences: number, suggestions: number): string {
  if (at === null) return 'Nothing has been looked at yet.'
  const looked = `${many(experiences, 'running experience')}`
  return suggestions === 0 ? `Nothing to do: ${looked} looked at.` : `${suggestions} to do, of ${looked}.`
}
