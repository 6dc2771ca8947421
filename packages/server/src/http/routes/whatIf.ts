import { unfitToLearn, validate } from '@espalier/core/definition'
import { type PolicySpec, periodMs } from '@espalier/core/policy'
import { sentence } from '@espalier/core/problem'
import Type from 'typebox'
import { controlsOf, experienceIn, keepsAcrossShares, metricIn, removedVariants } from '../../learning/subject.ts'
import { evaluate, type Target } from '../../learning/whatIf.ts'
import { Problem } from '../../problem.ts'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { BodyTime, span } from '../instant.ts'
import { refusePersonal } from '../rights.ts'
import { route } from '../route.ts'

const Anything = Type.Record(Type.String(), Type.Unknown())
const Numbers = Type.Union([Anything, Type.Null()])
const DAY_MS = 86_400_000

export const whatIf = route({
  method: 'POST',
  path: '/v1/whatif',
  access: 'read',
  tag: 'Reports',
  summary: 'What would another policy have brought?',
  description:
    'Judged on the logged decisions of an experience by IPS, SNIPS, doubly robust and switch, with intervals, effective sample size and overlap. Where the log cannot tell, the verdict is `refused` and the sentence says what would be needed. A policy that learns is judged on the second half of the log, with what it would have learned from the first. Imported decisions count by their `propensity`, the chance among all people; their control group is the default content (variant "") in what ran; where people were drawn for anew each time, each decision counts by itself. Of what an imported decision looked at its context is known, so policies that ask for context can be judged by it.',
  body: Type.Object(
    {
      experience: Type.String({ maxLength: 100 }),
      policy: Type.Unknown({
        description:
          'A policy as an experience may have it; or {"kind": "fixed", "variant": …}: that one for everybody; or {"kind": "control"}: the default content for everybody, as the control group has it.',
      }),
      metric: Type.Optional(
        Type.String({ maxLength: 100, description: 'The experience’s goal unless given; with a window.' }),
      ),
      reward: Type.Optional(
        Type.Enum(['conversion', 'value'], { type: 'string', description: 'That of the metric unless given.' }),
      ),
      from: Type.Optional(BodyTime),
      to: Type.Optional(BodyTime),
      confidence: Type.Optional(Type.Number({ exclusiveMinimum: 0.5, exclusiveMaximum: 1, default: 0.95 })),
    },
    { additionalProperties: false },
  ),
  answer: {
    description:
      'Rewards are per decision: a person’s last exposed one of a draw period, or each that was drawn anew elsewhere.',
    schema: Type.Object({
      experience: Type.String(),
      complete: Type.Boolean({ description: 'The warehouse had everything acknowledged before.' }),
      verdict: Type.Enum(['answered', 'careful', 'refused'], { type: 'string' }),
      sentence: Type.String(),
      answer: Type.Optional(Numbers),
      gain: Type.Optional(Numbers),
      logged: Type.Optional(Numbers),
      estimators: Type.Optional(Numbers),
      honest: Type.Optional(Numbers),
      overlap: Type.Optional(Anything),
      doubts: Type.Optional(Type.Array(Anything)),
      confidence: Type.Optional(Type.Number()),
      notes: Type.Array(Type.String()),
    }),
  },
  errors: ['not_found', 'warehouse_unavailable'],
  async handle({ workspace, body, key: by }, services) {
    const live = await services.definitions.of(workspace)
    const { published } = live
    const experience = experienceIn(published, body.experience)
    if (experience === undefined) {
      throw new Problem('not_found', `There is no experience "${body.experience}".`, { path: 'body.experience' })
    }
    const key = body.metric ?? experience.body.goal
    const metric = metricIn(published, key)
    if (key === undefined || metric === undefined) {
      const message = key === undefined ? 'The experience has no goal.' : `There is no metric "${key}".`
      throw new Problem('invalid', message, { path: 'body.metric', mend: 'Name a metric.' })
    }
    const reward = body.reward ?? (metric.type === 'conversion' ? 'conversion' : 'value')
    const unfit = unfitToLearn(metric, { reward })
    if (unfit !== undefined) {
      const [message, mend] = unfit
      throw new Problem('invalid', `Metric "${key}" cannot be judged by: ${message}.`, { path: 'body.metric', mend })
    }
    const target = targetOf(body.policy, experience.body as never)
    refusePersonal(by, body, 'policy', live)
    const { from, to } = span(body, 'body')
    const running = experience.body.policy
    const learns = running?.kind === 'bandit' || running?.kind === 'contextual'
    const drained = await services.shipper.drain(DRAIN_MS)
    const report = await evaluate(services.warehouse, {
      set: published,
      experience,
      removed: await removedVariants(services.store, workspace, experience),
      target,
      keptAcrossShares: await keepsAcrossShares(services.store, workspace, experience.key),
      confidence: body.confidence ?? 0.95,
      question: {
        workspace,
        experience: experience.key,
        metric,
        reward,
        period: learns ? periodMs(running) : DAY_MS,
        controls: await controlsOf(services.store, workspace, experience.key),
        currency: live.settings.currency,
        now: services.now(),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      },
    })
    return { experience: experience.key, complete: drained, ...report }
  },
})

/** The policy asked about, as valid as a definition's. */
function targetOf(given: unknown, body: { variants: { key: string }[] }): Target {
  const fixed = given as { kind?: unknown; variant?: unknown } | null
  if (typeof given === 'object' && fixed?.kind === 'control') return { kind: 'control' }
  if (typeof given === 'object' && fixed?.kind === 'fixed') {
    const { variant } = fixed
    if (body.variants.some(({ key }) => key === variant)) return { kind: 'fixed', variant: variant as string }
    throw new Problem('invalid', `There is no variant ${JSON.stringify(variant)}.`, {
      path: 'body.policy.variant',
      mend: `Name one of ${body.variants.map(({ key }) => key).join(', ')}.`,
    })
  }
  // What it learns from is the metric asked for, whatever the experience's goal is.
  const [problem] = validate('experience', 'whatif', { ...body, goal: 'goal', policy: given })
  if (problem === undefined) return given as PolicySpec
  throw new Problem('invalid', `${problem.message}.`, { path: `body.${problem.path}`, mend: sentence(problem.mend) })
}
