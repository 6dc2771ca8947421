import { resultCsv } from '@espalier/core/result'
import Type from 'typebox'
import { experienceReport } from '../../report/experience.ts'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { span, Time } from '../instant.ts'
import { route } from '../route.ts'

const Numbers = Type.Record(Type.String(), Type.Unknown())

export const impact = route({
  method: 'GET',
  path: '/v1/experiences/{key}/impact',
  access: 'read',
  tag: 'Reports',
  summary: 'What an experience changes: question, answer, numbers, checks, what to do next',
  description:
    'By the arm of each person’s first exposure. One verdict by an always-valid interval, on the goal, the worthwhile lift and the tuning as they were at launch; all else is how we know: people, exposures, conversions and mean of each arm, lift over the control group with interval and p-value, adjusted for before where the metric has a covariate, and by chance where the arms’ chances changed; guardrails; sample-ratio check; people seen in two arms; what winsorizing took away; how many windows have closed. Without a control group, before and after beside people who were not touched: an indication, not proof.',
  params: Type.Object({ key: Type.String({ maxLength: 100 }) }),
  query: Type.Object(
    {
      metric: Type.Optional(Type.String({ maxLength: 100, description: 'The experience’s goal unless given.' })),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
      confidence: Type.Optional(
        Type.Number({
          exclusiveMinimum: 0.5,
          exclusiveMaximum: 1,
          default: 0.95,
          description: 'Of the fixed-horizon intervals; the verdict’s is fixed at launch.',
        }),
      ),
      comparison: Type.Optional(
        Type.String({
          maxLength: 100,
          description:
            'Without a control group: the touchpoint whose visitors before and after are held against; all other visitors unless given.',
        }),
      ),
      format: Type.Optional(Type.Enum(['json', 'csv'], { type: 'string', default: 'json' })),
    },
    { additionalProperties: false },
  ),
  answer: {
    alsoCsv: true,
    description:
      'The report; `answer.sentence` says it in words. As CSV one table, whose first column says what a line is.',
    schema: Type.Object({
      experience: Type.String(),
      complete: Type.Boolean({ description: 'The warehouse had everything acknowledged before.' }),
      question: Type.String(),
      hypothesis: Type.Optional(Type.String()),
      answer: Type.Object({
        verdict: Type.Union([Type.String(), Type.Null()]),
        label: Type.String(),
        sentence: Type.String(),
        certainty: Type.Union([Type.Number(), Type.Null()]),
      }),
      fixed: Type.Object(
        { version: Type.Union([Type.Integer(), Type.Null()]), metric: Type.String(), says: Type.String() },
        { additionalProperties: true, description: 'What it is judged by, and since which version.' },
      ),
      numbers: Type.Array(Numbers, { description: 'Of each metric and arm; guardrails among them.' }),
      checks: Type.Array(Numbers, { description: 'What must hold; `passed` is null where too little is known.' }),
      next: Type.Object(
        { do: Type.Enum(['start', 'ship', 'stop', 'wait', 'look'], { type: 'string' }), says: Type.String() },
        { additionalProperties: true, description: 'What to do now; `days` to wait, `at` what to look.' },
      ),
      traffic: Type.Union([Numbers, Type.Null()], {
        description: 'While it is too early: what so much traffic can find at all, and what to test instead.',
      }),
      indication: Type.Union([Numbers, Type.Null()], {
        description:
          'Where there is no control group: the KPI day by day of those who came to the touchpoint and of others, before and after, and what the one changed beyond the other. An indication, not proof: never a verdict.',
      }),
      metric: Numbers,
      confidence: Type.Number(),
      control: Type.Union([Numbers, Type.Null()]),
      variants: Type.Array(Numbers),
      personalized: Type.Union([Numbers, Type.Null()]),
      verdict: Type.Union([Numbers, Type.Null()], { description: 'Of all variants together.' }),
      sampleRatio: Numbers,
      unreached: Type.Optional(
        Type.Integer({
          description:
            'People of all variants together for whom the policy chose nothing: they saw the default content.',
        }),
      ),
      contaminated: Type.Integer(),
      redrawn: Type.Optional(
        Type.Boolean({ description: 'The policy draws anew from time to time: that some saw two arms is its doing.' }),
      ),
      limited: Type.Optional(
        Type.Boolean({ description: 'Only exposures of the time that was asked for are in the numbers.' }),
      ),
      crossover: Type.Optional(Numbers),
      capped: Type.Optional(Numbers),
      matured: Type.Optional(Type.Number({ description: 'Share of people whose window has closed.' })),
      open: Type.Optional(
        Type.Integer({
          description:
            'People who saw it and are in no number, since their window is open: of an absence, and of what counts after a delay.',
        }),
      ),
      warnings: Type.Array(Numbers),
      sentence: Type.String(),
    }),
  },
  errors: ['not_found', 'missing_rates', 'warehouse_unavailable'],
  async handle({ workspace, params, query, reply }, services) {
    const complete = await services.shipper.drain(DRAIN_MS)
    const report = await experienceReport(services, {
      workspace,
      key: params.key,
      metric: query.metric,
      ...span(query, 'query'),
      confidence: query.confidence,
      comparison: query.comparison,
    })
    if (query.format !== 'csv') return { complete, ...report }
    reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="result.csv"')
    return resultCsv(report)
  },
})
