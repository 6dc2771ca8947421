import { complete, type Definition } from '@espalier/core/definition'
import { impact as report } from '@espalier/core/experiment'
import type { ImpactStatistics } from '@espalier/warehouse'
import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { instant, Time } from '../instant.ts'
import { route } from '../route.ts'

const Numbers = Type.Record(Type.String(), Type.Unknown())

export const impact = route({
  method: 'GET',
  path: '/v1/experiences/{key}/impact',
  access: 'read',
  tag: 'Reports',
  summary: 'What an experience changes',
  description:
    'By the arm of each person’s first exposure: people, exposures, conversions, mean; one verdict by an always-valid interval, with the smallest worthwhile lift of the metric; how we know: lift over the control group with interval and p-value, adjusted for before where the metric has a covariate; sample-ratio check; people seen in two arms; what winsorizing took away; how many windows have closed.',
  params: Type.Object({ key: Type.String({ maxLength: 100 }) }),
  query: Type.Object(
    {
      metric: Type.Optional(Type.String({ maxLength: 100, description: 'The experience’s goal unless given.' })),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
      confidence: Type.Optional(Type.Number({ exclusiveMinimum: 0.5, exclusiveMaximum: 1, default: 0.95 })),
    },
    { additionalProperties: false },
  ),
  answer: {
    description: 'The report; `sentence` says it in words.',
    schema: Type.Object({
      experience: Type.String(),
      complete: Type.Boolean({ description: 'The warehouse had everything acknowledged before.' }),
      metric: Numbers,
      confidence: Type.Number(),
      control: Type.Union([Numbers, Type.Null()]),
      variants: Type.Array(Numbers),
      personalized: Type.Union([Numbers, Type.Null()]),
      verdict: Type.Union([Numbers, Type.Null()], { description: 'Of all variants together.' }),
      sampleRatio: Numbers,
      contaminated: Type.Integer(),
      crossover: Type.Optional(Numbers),
      capped: Type.Optional(Numbers),
      matured: Type.Optional(Type.Number({ description: 'Share of people whose window has closed.' })),
      warnings: Type.Array(Numbers),
      sentence: Type.String(),
    }),
  },
  errors: ['not_found', 'missing_rates', 'warehouse_unavailable'],
  async handle({ workspace, params, query }, services) {
    const { definitions } = await services.store.definitions.current(workspace)
    const experience = definitions.find(isExperience(params.key))
    const key = query.metric ?? experience?.body.goal
    if (key === undefined) {
      throw new Problem('invalid', `Experience "${params.key}" has no goal metric.`, {
        path: 'query.metric',
        mend: 'Name a metric in the query, or give the experience a goal.',
      })
    }
    const metric = definitions.find(isMetric(key))
    if (metric === undefined) throw new Problem('not_found', `There is no metric "${key}".`, { path: 'query.metric' })
    const from = instant(query.from, 'query.from')
    const to = instant(query.to, 'query.to')
    const drained = await services.shipper.drain(DRAIN_MS)
    const statistics = await services.warehouse.impact({
      workspace,
      experience: params.key,
      metric: metric.body,
      now: services.now(),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    })
    refuseMissingRates(statistics, metric.body.currency ?? '')
    // Decisions made elsewhere may be reported on without a definition of their experience.
    if (experience === undefined && statistics.arms.length === 0) {
      throw new Problem('not_found', `There is no experience "${params.key}".`)
    }
    const numbers = report(statistics.arms, {
      metric: metric.body,
      contaminated: statistics.contaminated,
      plan: metric.body.worthwhile === undefined ? {} : { worthwhile: metric.body.worthwhile },
      ...(statistics.quantiles && { quantiles: statistics.quantiles }),
      ...daysOf(statistics, services.now()),
      ...(query.confidence === undefined ? {} : { confidence: query.confidence }),
      ...(experience === undefined ? {} : { design: designOf(experience) }),
    })
    return { experience: params.key, complete: drained, ...numbers }
  },
})

function isExperience(key: string) {
  return (one: Definition): one is Definition<'experience'> => one.kind === 'experience' && one.key === key
}

function isMetric(key: string) {
  return (one: Definition): one is Definition<'metric'> => one.kind === 'metric' && one.key === key
}

/** How long people have been coming: what waiting longer is reckoned by. */
function daysOf({ first, last }: ImpactStatistics, now: number): { days?: number } {
  if (first === undefined || last === undefined) return {}
  return { days: Math.max(1, (Math.min(now, last) - first) / DAY_MS) }
}

const DAY_MS = 86_400_000

function designOf(experience: Definition<'experience'>): { variant: string; control: boolean; share: number }[] {
  const { control, variants } = complete('experience', experience.body)
  return [
    { variant: '', control: true, share: control },
    ...variants.map(({ key, weight }) => ({ variant: key, control: false, share: (1 - control) * weight })),
  ]
}

function refuseMissingRates({ missingRates }: ImpactStatistics, base: string): void {
  const [first] = missingRates
  if (first === undefined) return
  const named = missingRates
    .map(({ currency, days }) => `${currency} (${days} ${days === 1 ? 'day' : 'days'})`)
    .join(', ')
  throw new Problem('missing_rates', `Amounts cannot be added up in ${base}: no rate for ${named}.`, {
    mend: `Import daily rates to ${base} by POST /v1/rates, for ${first.currency} from ${first.firstDay} on.`,
    extra: { missingRates },
  })
}
