import { many } from '@espalier/core'
import type { Definition, Metric } from '@espalier/core/definition'
import {
  DEFAULT_CONFIDENCE,
  DEFAULT_TUNING,
  DEFAULT_WORTHWHILE,
  daysOf,
  type Impact,
  impact,
  type Warning,
} from '@espalier/core/experiment'
import { guardrails as readyMade, USUAL_BUSINESS } from '@espalier/core/library'
import { nearest, sentence } from '@espalier/core/problem'
import {
  designOf,
  type Indication,
  indicationOf,
  isDaily,
  type Launch,
  launchOf,
  metricAt,
  metricChange,
  offeredOf,
  type ResultPage,
  resultPage,
} from '@espalier/core/result'
import { durationMs } from '@espalier/core/time'
import { type ImpactStatistics, WarehouseError } from '@espalier/warehouse'
import { stoppedTimes } from '../learning/record.ts'
import { Problem } from '../problem.ts'
import type { Services } from '../services.ts'

export interface ReportQuestion {
  readonly workspace: string
  readonly key: string
  /** Another metric than the goal. */
  readonly metric?: string | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Of the intervals beside the verdict. */
  readonly confidence?: number | undefined
}

export interface PageQuestion extends ReportQuestion {
  /** Without a control group: the touchpoint whose visitors before and after are held against; all other visitors unless given. */
  readonly comparison?: string | undefined
}

export type ExperienceReport = Impact & ResultPage & { readonly experience: string }

/** What an experience changes, judged by what was fixed when it went live. */
export async function experienceReport(services: Services, question: PageQuestion): Promise<ExperienceReport> {
  const { store, warehouse, now } = services
  const { workspace, key, from, to, confidence } = question
  const subject = await subjectOf(services, question)
  const { experience, launch, metric, role } = subject
  const { definitions } = await store.definitions.current(workspace)
  const { settings } = await services.definitions.of(workspace)
  const watched = guardrailsIn(definitions, experience).filter(one => one.key !== metric.key)
  const since = from ?? launch?.since
  const without = await withoutOf(services, workspace, experience)
  const stopped = without.find(one => one.to === undefined)?.from
  const [goal, ...others] = await warehouse.impacts({
    workspace,
    experience: key,
    metrics: [metric.body, ...watched.map(one => one.body)],
    now: now(),
    currency: settings.currency,
    ...(since === undefined ? {} : { from: since }),
    ...(to === undefined ? {} : { to }),
    without,
  })
  refuseMissingRates(goal!, metric.body.currency ?? '')
  // Decisions made elsewhere may be reported on without a definition of their experience.
  if (experience === undefined && goal!.arms.length === 0) {
    const alone = from === undefined && to === undefined
    throw new Problem(
      'not_found',
      `There is no experience "${key}"${alone ? '' : ', nor anybody who saw one within that time'}.`,
    )
  }
  const plan = role === 'goal' ? (launch?.plan ?? experience?.body.plan ?? {}) : {}
  const judged = {
    worthwhile: plan.worthwhile ?? metric.body.worthwhile ?? DEFAULT_WORTHWHILE,
    people: plan.people ?? DEFAULT_TUNING,
    confidence: plan.confidence ?? DEFAULT_CONFIDENCE,
  }
  const kind = experience?.body.policy?.kind
  const shared = {
    ...(confidence === undefined ? {} : { confidence }),
    ...(experience === undefined ? {} : { design: designOf(experience, goal!.arms) }),
    redrawn: kind === 'bandit' || kind === 'contextual' || kind === 'rollout',
    isRollout: kind === 'rollout',
    limited: from !== undefined || to !== undefined,
  }
  const daysSeen = (statistics: ImpactStatistics, body: Metric) => {
    const days = daysOf(statistics, now(), body)
    return days > 0 ? { days } : {}
  }
  const reportOf = (statistics: ImpactStatistics, body: Metric, settings: typeof judged) =>
    impact(statistics.byChance ?? statistics.arms, {
      metric: body,
      contaminated: statistics.contaminated,
      plan: { worthwhile: settings.worthwhile, tuning: settings.people, confidence: settings.confidence },
      ...(statistics.quantiles && { quantiles: statistics.quantiles }),
      ...daysSeen(statistics, body),
      ...shared,
    })
  const report = reportOf(goal!, metric.body, judged)
  const page = resultPage({
    experience: {
      key,
      name: experience?.body.name,
      hypothesis: experience?.body.hypothesis,
      offered: experience && offeredOf(experience),
    },
    status: statusOf(experience, stopped),
    report,
    role,
    guardrails: watched.map(({ key: name, body }, index) => {
      const statistics = others[index]!
      const missing = statistics.missingRates.map(({ currency }) => currency).join(', ')
      const settings = { ...judged, worthwhile: body.worthwhile ?? DEFAULT_WORTHWHILE }
      return missing === ''
        ? { key: name, report: reportOf(statistics, body, settings) }
        : { key: name, report: null, missing }
    }),
    fixed: {
      version: launch?.version ?? null,
      at: launch?.at ?? null,
      metric: metric.key,
      metricVersion: metric.version,
      ...judged,
      changes: role === 'goal' ? subject.changes : [],
    },
    window: windowOf(metric.body),
    first: goal!.first,
    last: goal!.last,
    ...daysSeen(goal!, metric.body),
    indication: isAlone(report) ? await indicationFor(services, question, subject) : null,
    until: Math.min(now(), to ?? Number.POSITIVE_INFINITY),
  })
  const unused = page.indication === null ? unusedComparison(report, definitions, question) : []
  return { experience: key, ...report, ...page, warnings: [...report.warnings, ...unused] }
}

/** What is said of a touchpoint to compare with that is compared with nothing. */
function unusedComparison(
  { control, personalized }: Impact,
  definitions: readonly Definition[],
  { comparison }: PageQuestion,
): Warning[] {
  if (comparison === undefined) return []
  const known = definitions.flatMap(({ kind, key }) => (kind === 'touchpoint' ? [key] : []))
  const [left, seen] = [control?.people ?? 0, personalized?.people ?? 0]
  const why =
    left > 0
      ? 'people are held against the control group'
      : `${seen > 0 ? 'this metric has no before and after' : 'nobody has been seen yet'}`
  const unknown = known.includes(comparison)
    ? ''
    : ` Nor is there a touchpoint "${comparison}": ${sentence(nearest(comparison, known, 'touchpoints'))}`
  const message = `The comparison with visitors of ${comparison} is not used: ${why}.${unknown}`
  return [{ code: 'comparison-unused', message }]
}

function statusOf(experience: Subject['experience'], stopped: number | undefined) {
  if (experience === undefined || experience.archived) return 'ended'
  const { status = 'running' } = experience.body
  return status === 'running' && stopped !== undefined ? 'paused' : status
}

/** When a rollout was stopped: who came then is not compared. */
export async function withoutOf(
  { models }: { readonly models: Pick<Services['models'], 'record'> },
  workspace: string,
  experience: Subject['experience'],
): Promise<ReturnType<typeof stoppedTimes>> {
  if (experience?.body.policy?.kind !== 'rollout') return []
  return stoppedTimes(await models.record(workspace, experience.key))
}

/** Somebody saw it, and nobody was left out of it. */
const isAlone = ({ control, personalized, open }: Impact) =>
  open === undefined && personalized !== null && personalized.people > 0 && (control === null || control.people === 0)

/** On either side of the change: eight weeks. */
const DAYS = 56

/** Before and after, of an experience that somebody saw and that nobody was left out of. */
async function indicationFor(
  { warehouse, definitions, now }: Services,
  { workspace, key, to, confidence, comparison }: PageQuestion,
  { launch, metric }: Subject,
): Promise<Indication | null> {
  const { settings } = await definitions.of(workspace)
  const asked = {
    workspace,
    experience: key,
    metric: metric.body,
    zone: settings.timezone,
    currency: settings.currency,
    days: DAYS,
    now: now(),
    ...(launch?.since !== undefined && { since: launch.since }),
    ...(to !== undefined && { to }),
    ...(comparison !== undefined && { comparison }),
  }
  const unknown = { changed: null, touchpoints: [], days: [], missing: 0 }
  const found = isDaily(metric.body)
    ? await warehouse.visitorDays(asked).catch(error => {
        // The report itself stands without it.
        if (error instanceof WarehouseError && (error.code === 'memory' || error.code === 'timeout')) {
          return { ...unknown, tooMany: true }
        }
        throw error
      })
    : unknown
  return indicationOf({
    metric: metric.body,
    ...found,
    comparison: comparison === undefined ? 'all other visitors' : `visitors of ${comparison}`,
    confidence,
  })
}

export interface Subject {
  /** As it is now; undefined of decisions made elsewhere. */
  readonly experience: Definition<'experience'> | undefined
  readonly launch: Launch | undefined
  readonly metric: Definition<'metric'>
  readonly role: 'goal' | 'asked'
  readonly changes: Launch['changes']
}

export async function subjectOf(
  { store }: Pick<Services, 'store'>,
  { workspace, key, metric: asked }: ReportQuestion,
): Promise<Subject> {
  const history = (await store.definitions.history(workspace, 'experience', key)) as Definition<'experience'>[]
  const experience = history.reduce<Definition<'experience'> | undefined>(
    (newest, one) => (newest === undefined || one.version > newest.version ? one : newest),
    undefined,
  )
  const launch = launchOf(history)
  const goal = launch?.goal ?? experience?.body.goal
  const name = asked ?? goal
  if (name === undefined && experience === undefined) {
    throw new Problem('not_found', `There is no experience "${key}".`, {
      path: 'path.key',
      mend: 'Check its key. Where its decisions were made elsewhere and imported, name a metric as well.',
    })
  }
  if (name === undefined) {
    throw new Problem('invalid', `Experience "${key}" has no goal metric.`, {
      path: 'query.metric',
      mend: 'Name a metric in the query, or give the experience a goal.',
    })
  }
  const versions = (await store.definitions.history(workspace, 'metric', name)) as Definition<'metric'>[]
  const role = name === goal ? 'goal' : 'asked'
  if (role === 'goal' && launch !== undefined) {
    const metric = metricAt(versions, launch.goalAt)
    const change = metric && metricChange(metric, versions)
    if (metric !== undefined) {
      return { experience, launch, metric, role, changes: [...launch.changes, ...(change ? [change] : [])] }
    }
  }
  const metric = [...versions].sort((a, b) => b.version - a.version).find(({ archived }) => !archived)
  if (metric === undefined) throw new Problem('not_found', `There is no metric "${name}".`, { path: 'query.metric' })
  return { experience, launch, metric, role, changes: launch?.changes ?? [] }
}

/** The metrics that must not be hurt: those a team says, those a rollout names, and the ready-made ones it did not switch off. */
export function guardrailsIn(
  definitions: readonly Definition[],
  experience: Definition<'experience'> | undefined,
): Pick<Definition<'metric'>, 'key' | 'body'>[] {
  const metrics = definitions.filter((one): one is Definition<'metric'> => one.kind === 'metric')
  const { policy } = experience?.body ?? {}
  const named = policy?.kind === 'rollout' ? policy.guardrails : []
  const own = metrics.filter(({ key, body }) => body.guardrail === true || named.includes(key))
  const unsaid = readyMade(USUAL_BUSINESS).filter(({ key }) => !metrics.some(metric => metric.key === key))
  return [...own, ...unsaid]
}

function windowOf({ delay, window }: Metric): number | undefined {
  return window === undefined ? undefined : durationMs(window) + (delay === undefined ? 0 : durationMs(delay))
}

function refuseMissingRates({ missingRates }: ImpactStatistics, base: string): void {
  const [first] = missingRates
  if (first === undefined) return
  const named = missingRates.map(({ currency, days }) => `${currency} (${many(days, 'day')})`).join(', ')
  throw new Problem('missing_rates', `Amounts cannot be added up in ${base}: no rate for ${named}.`, {
    mend: `Import daily rates to ${base} by POST /v1/rates, for ${first.currency} from ${first.firstDay} on.`,
    extra: { missingRates },
  })
}
