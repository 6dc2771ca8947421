import { many } from '@espalier/core'
import { type Metric, statisticOf } from '@espalier/core/definition'
import { type Novelty, novelty } from '@espalier/core/experiment'
import { nearest, sentence } from '@espalier/core/problem'
import { type Evidence, evidenceOf } from '@espalier/core/result'
import type { Attribute, Cells } from '@espalier/warehouse'
import { Problem } from '../problem.ts'
import type { Services } from '../services.ts'
import { type ReportQuestion, type Subject, subjectOf, withoutOf } from './experience.ts'

export interface EvidenceQuestion extends ReportQuestion {
  readonly by: readonly (Attribute | 'time')[]
  readonly variant?: string | undefined
  readonly correction?: 'holm' | 'benjamini-hochberg' | undefined
  readonly days: number
  /** What somebody without the right may see of a value. */
  readonly masked?: ((value: string) => string) | undefined
}

export interface EvidenceReport {
  readonly experience: string
  readonly metric: string
  readonly evidence: Evidence | null
  readonly time: readonly OverTime[] | null
  /** Why there is nothing in `time`. */
  readonly timeSays?: string
}

type OverTime = { readonly variant: string; readonly people: number } & Novelty

/** How we know: by segment, by what a rule would bring, and over time. None of it changes the verdict. */
export async function experienceEvidence(services: Services, question: EvidenceQuestion): Promise<EvidenceReport> {
  const { warehouse, definitions, now } = services
  const { workspace, key, by, variant, correction, confidence, days, masked, from, to } = question
  const { metric, launch, experience } = await subjectOf(services, question)
  const since = from ?? launch?.since
  const { settings } = await definitions.of(workspace)
  const asked = {
    workspace,
    experience: key,
    metric: metric.body,
    now: now(),
    currency: settings.currency,
    ...(since === undefined ? {} : { from: since }),
    ...(to === undefined ? {} : { to }),
    without: await withoutOf(services, workspace, experience),
  }
  const rolled = rolledOut(experience)
  const attributes = by.filter((one): one is Attribute => one !== 'time')
  const type = statisticOf(metric.body)
  if (type === 'quantile') throw unsuited(metric.key, 'is a quantile, and these do not add up over people')
  const variants = new Set(experience?.body.variants.map(one => one.key))
  let evidence: Evidence | null = null
  if (attributes.length > 0) {
    const { cells, missing } = await warehouse.evidenceCells({ ...asked, by: attributes })
    if (missing > 0) {
      throw new Problem(
        'missing_rates',
        `${many(missing, 'person has', 'people have')} amounts without a rate to ${metric.body.currency}.`,
        {
          mend: 'Import the daily rates by POST /v1/rates; the impact of the experience names currencies and days.',
        },
      )
    }
    for (const { arm } of cells) variants.add(arm.variant)
    const told = variant ?? (rolled?.others === undefined ? rolled?.variant : undefined)
    const shown = told === undefined || told !== rolled?.variant ? cells : cells.map(byLot)
    evidence = evidenceOf(
      attributes.map(({ kind, key: name }) => `${kind}:${name}`),
      masked === undefined ? shown : shown.map(cell => ({ ...cell, values: cell.values.map(masked) })),
      {
        type,
        direction: metric.body.direction ?? 'up',
        ...(told === undefined ? {} : { variant: told }),
        ...(correction === undefined ? {} : { correction }),
        ...(confidence === undefined ? {} : { confidence }),
      },
    )
  }
  const found = by.includes('time')
    ? await overTime(services, metric, { ...asked, days }, { confidence, variant, rolled: rolled?.variant })
    : undefined
  for (const one of found?.seen ?? []) variants.add(one)
  if (variant !== undefined && !variants.has(variant)) throw unknownVariant(key, variant, variants)
  return {
    experience: key,
    metric: metric.key,
    evidence,
    time: found?.time ?? null,
    ...(found?.says !== undefined && { timeSays: found.says }),
  }
}

function unknownVariant(experience: string, variant: string, known: ReadonlySet<string>): Problem {
  const names = [...known].filter(one => one !== '')
  return new Problem('not_found', `Experience "${experience}" has no variant "${variant}".`, {
    path: 'query.variant',
    mend: sentence(nearest(variant, names, 'variants')).replace(/^./, letter => letter.toUpperCase()),
  })
}

/** What a rollout brings to everybody bit by bit, and what the others get until then; undefined of anything else. */
function rolledOut(experience: Subject['experience']) {
  const { policy } = experience?.body ?? {}
  return policy?.kind === 'rollout' ? { variant: policy.variant, others: policy.otherwise } : undefined
}

/** Of a rollout that has reached everybody it was certain only for want of people whom it had not reached: who got it was left to chance. */
function byLot<C extends Cells['cells'][number]>({ arm: { certain: _, ...arm }, ...cell }: C) {
  return { ...cell, arm }
}

async function overTime(
  { warehouse }: Services,
  { key, body }: { readonly key: string; readonly body: Metric },
  question: Parameters<Services['warehouse']['evidenceDays']>[0],
  told: {
    readonly confidence: number | undefined
    /** The one that is asked for; undefined: all. */
    readonly variant: string | undefined
    /** The variant of a rollout: of no other there is anything to tell. */
    readonly rolled: string | undefined
  },
): Promise<{ readonly time: OverTime[]; readonly seen: readonly string[]; readonly says?: string }> {
  const { confidence, variant, rolled } = told
  const daily = body.type === 'conversion' || body.type === 'count' || body.type === 'sum'
  if (!daily || body.absent || (body.per ?? 'person') !== 'person') {
    throw unsuited(key, 'does not add up day by day; ask for a conversion, count or sum per person')
  }
  const days = await warehouse.evidenceDays(question)
  // Where who got which variant was certain, all of them together are compared, as they came.
  const isCertain = rolled === undefined && days.some(({ certain }) => certain)
  const arms = isCertain ? days.map(({ weight: _, ...arm }) => ({ ...arm, variant: arm.control ? '' : 'all' })) : days
  const seen = days.flatMap(arm => (arm.control ? [] : [arm.variant]))
  const isTold = (one: string) =>
    (rolled === undefined || one === rolled) && (variant === undefined || (one === variant && !isCertain))
  const variants = [...new Set(arms.flatMap(arm => (arm.control || !isTold(arm.variant) ? [] : [arm.variant])))]
  const hasControl = arms.some(({ control }) => control)
  if (!hasControl || variants.length === 0) {
    return { time: [], seen, says: nothingOverTime(question.days, arms, hasControl, { ...told, isCertain }) }
  }
  const time = variants.map(one => {
    const people = arms.reduce((sum, arm) => sum + (!arm.control && arm.variant === one ? arm.people : 0), 0)
    return { variant: one, people, ...novelty(arms, one, confidence) }
  })
  return { time, seen }
}

function nothingOverTime(
  days: number,
  arms: readonly unknown[],
  hasControl: boolean,
  {
    variant,
    rolled,
    isCertain,
  }: { readonly variant: string | undefined; readonly rolled: string | undefined; readonly isCertain: boolean },
): string {
  if (variant !== undefined && rolled !== undefined && variant !== rolled) {
    return `Of a rollout only "${rolled}" is told over time.`
  }
  if (variant !== undefined && isCertain) {
    return 'Who gets which variant is certain here, so over time all are told together and none by itself.'
  }
  const past = `${days} days ago or longer`
  const mend = `Only those count of whom all ${days} days have passed: wait, or ask for fewer days.`
  if (arms.length === 0) return `Nobody saw it ${past}. ${mend}`
  if (!hasControl) return `Nobody of a control group came ${past}, so there is nothing to compare with. ${mend}`
  return `Nobody saw ${variant === undefined ? 'a variant' : `variant "${variant}"`} ${past}. ${mend}`
}

function unsuited(key: string, why: string): Problem {
  return new Problem('invalid', `Metric "${key}" ${why}.`, { path: 'query.metric' })
}
