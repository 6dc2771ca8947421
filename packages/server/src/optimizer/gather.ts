import { rolledOutBy, rolloutOf } from '@espalier/core/decision'
import { type Definition, type Experience, type PublishedSet, settingsOf, statisticOf } from '@espalier/core/definition'
import { DEFAULT_CONFIDENCE, daysOf } from '@espalier/core/experiment'
import {
  isRunning,
  type Judged,
  type JudgeOptions,
  judge,
  type NetFacts,
  netOf,
  type Watch,
  type Watched,
  winnerOf,
} from '@espalier/core/optimizer'
import { SHARE_OF } from '@espalier/core/policy'
import type { Store } from '@espalier/store'
import type { Activity, ImpactStatistics, Warehouse } from '@espalier/warehouse'
import type { Logger } from 'pino'
import type { Models } from '../learning/models.ts'
import type { LiveSet } from '../pipeline/definitions.ts'
import { Problem } from '../problem.ts'
import { guardrailsIn, subjectOf, withoutOf } from '../report/experience.ts'
import { moneyOf } from '../report/money.ts'

export interface GatherParts {
  readonly store: Store
  readonly warehouse: Pick<Warehouse, 'impacts' | 'segmentArms' | 'activity' | 'programme'>
  readonly models: Pick<Models, 'record'>
  readonly log: Logger
}

type Named = Pick<Definition<'metric'>, 'key' | 'body'>

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Five weeks: the same day of the week four times before. */
const DAYS = 35
const PEOPLE_DAYS = 28
/** Events of the last hour may still be on their way from devices. */
const LATE_MS = HOUR_MS
/** Looked at for one experience; more cost time and say no more. */
const MOST_GUARDRAILS = 10
const MOST_SEGMENTS = 50
/** Fewer people say nothing of their segments. */
const FEWEST_PEOPLE = 400

/** Everything the optimizer looks at, from definitions and the warehouse. An experience whose report fails is left out, and logged. */
export async function gather(
  { store, warehouse, models, log }: GatherParts,
  workspace: string,
  { published, settings }: Pick<LiveSet, 'published' | 'settings'>,
  now: number,
): Promise<Watch> {
  const running = published.definitions.filter(isExperience).filter(one => isRunning(one, now))
  const metrics = published.definitions.filter(isMetric)
  const counted = metricsByEvent(running, metrics)
  const until = now - LATE_MS
  const question = { workspace, now: until, days: DAYS, peopleDays: PEOPLE_DAYS, events: [...counted.keys()] }
  const activity = await warehouse.activity(question)
  const segments = published.definitions.flatMap(one => (one.kind === 'segment' && !one.archived ? [one.key] : []))
  const net = running.length === 0 ? null : await netFacts({ warehouse, log }, workspace, { published, settings }, now)
  const experiences: Watched[] = []
  for (const experience of running) {
    try {
      const parts = { store, warehouse, models, published, workspace, experience, metrics, activity, net, now, until }
      experiences.push(await watched({ ...parts, segments: segments.slice(0, MOST_SEGMENTS) }))
    } catch (error) {
      log.warn({ err: error, workspace, experience: experience.key }, 'the optimizer could not look at an experience')
    }
  }
  return {
    now,
    experiences,
    holdout: settings.holdout,
    touchpoints: published.definitions.flatMap(one =>
      one.kind === 'touchpoint' && !one.archived
        ? [{ key: one.key, asked: known(sumOf(activity.decided.filter(({ touchpoint }) => touchpoint === one.key))) }]
        : [],
    ),
    events: [...counted].map(([name, keys]) => ({
      name,
      metrics: keys,
      counts: known(activity.events.find(one => one.name === name)?.counts ?? []),
    })),
  }
}

interface Looked extends Omit<GatherParts, 'log'> {
  readonly published: PublishedSet
  readonly workspace: string
  readonly experience: Definition<'experience'>
  readonly metrics: readonly Definition<'metric'>[]
  readonly activity: Activity
  readonly net: NetFacts | null
  readonly segments: readonly string[]
  readonly now: number
  readonly until: number
}

async function watched(looked: Looked): Promise<Watched> {
  const { warehouse, workspace, experience, metrics, activity, segments, now, until } = looked
  const { key, body } = experience
  const subject = await goalOf(looked)
  const goal: Named | undefined = subject?.metric
  const money = goal && moneyMetricOf(goal, metrics)
  const guardrails = guardrailsIn(looked.published.definitions, experience)
    .filter(metric => metric.key !== goal?.key)
    .slice(0, MOST_GUARDRAILS)
  const all = [...(goal ? [goal] : []), ...(money ? [money] : []), ...guardrails]
  // Exposures from before belong to an earlier start.
  const since = subject?.launch?.since
  const { currency } = settingsOf(looked.published)
  const without = await withoutOf(looked, workspace, experience)
  const question = { workspace, experience: key, now, currency, without, ...(since !== undefined && { from: since }) }
  const statistics = await warehouse.impacts({ ...question, metrics: all.map(one => one.body) })
  const judged = (metric: Named, options: JudgeOptions = {}): Judged =>
    judge(experience, { key: metric.key, metric: metric.body }, statistics[all.indexOf(metric)]!, now, options)
  const first = statistics[0]
  const reached = goal ? judged(goal, { plan: planOf(subject?.launch?.plan) }) : null
  const days = first && all[0] ? daysOf(first, now, all[0].body) : 0
  const shared = 1 - (1 - DEFAULT_CONFIDENCE) / Math.max(1, guardrails.length)
  const mine = activity.decided.filter(one => one.experience === key)
  const peopleAt = (experienceKey: string) =>
    activity.people.flatMap(one =>
      one.experience === experienceKey && body.touchpoints.includes(one.touchpoint) ? [one.people] : [],
    )
  const periods = Math.max(0, Math.min(DAYS, Math.floor((until - experience.published) / DAY_MS)))
  const sincePublished = (counts: readonly number[]) => (periods === 0 ? [] : known(counts.slice(-periods)))
  const rolledOut = rolledOutBy(body)
  const stage = rolledOut && (rolloutOf(await looked.models.record(workspace, key), rolledOut)?.stage ?? '1')
  return {
    experience,
    days,
    goal: reached,
    money: money ? judged(money) : null,
    net: looked.net && netOf(experience, looked.net, since === undefined ? 0 : subject?.launch?.version),
    guardrails: guardrails.map(metric => judged(metric, { confidence: shared })),
    segments:
      goal && isEnough(first) && winnerOf({ experience, goal: reached }) === undefined
        ? await warehouse.segmentArms({ ...question, metric: goal.body, segments })
        : [],
    decided: sincePublished(sumOf(mine)),
    exposed: sincePublished(activity.exposed.find(one => one.experience === key)?.counts ?? []),
    // Somebody who came to several of its touchpoints is one person.
    people: Math.max(0, ...peopleAt(key)),
    peopleComing: Math.max(0, ...peopleAt('')),
    peopleDays: Math.min(PEOPLE_DAYS, known(sumOf(mine)).length),
    ...(stage !== undefined && { rolledOut: SHARE_OF[stage] }),
  }
}

/** What every experience leaves of the money, in one go; null where the settings name no margin or amounts lack a rate. */
async function netFacts(
  { warehouse, log }: Pick<GatherParts, 'warehouse' | 'log'>,
  workspace: string,
  { published, settings }: Pick<LiveSet, 'published' | 'settings'>,
  now: number,
): Promise<NetFacts | null> {
  const { margin, orders, sends } = moneyOf({ published, settings })
  if (margin === undefined) return null
  const { currency, timezone: zone } = settings
  const asked = { workspace, now, currency, orders, margin, sends, by: 'month', zone, segments: [] } as const
  try {
    const { cells, missingRates } = await warehouse.programme(asked)
    return missingRates.length > 0 ? null : { cells, currency, event: orders.event }
  } catch (error) {
    log.warn({ err: error, workspace }, 'the optimizer could not reckon margins')
    return null
  }
}

function isEnough(statistics: ImpactStatistics | undefined): boolean {
  const people = (control: boolean) =>
    statistics?.arms.filter(arm => arm.control === control).reduce((sum, arm) => sum + arm.people, 0) ?? 0
  return people(true) > 0 && people(true) + people(false) >= FEWEST_PEOPLE
}

function isExperience(one: Definition): one is Definition<'experience'> {
  return one.kind === 'experience' && !one.archived
}

function isMetric(one: Definition): one is Definition<'metric'> {
  return one.kind === 'metric' && !one.archived
}

/** A metric that says what the goal's events are worth, where the goal is not money itself. */
function moneyMetricOf(goal: Named, metrics: readonly Definition<'metric'>[]) {
  if (goal.body.currency !== undefined) return undefined
  return metrics.find(
    ({ body }) =>
      body.currency !== undefined && body.event === goal.body.event && statisticOf(body) === 'sum' && !body.refund,
  )
}

/** The goal as it was at launch, as the experience's own page has it; undefined where there is none. */
async function goalOf({ store, workspace, experience }: Looked) {
  try {
    return await subjectOf({ store }, { workspace, key: experience.key })
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

function planOf({
  worthwhile,
  people,
  confidence,
}: NonNullable<Experience['plan']> = {}): NonNullable<JudgeOptions['plan']> {
  return {
    ...(worthwhile !== undefined && { worthwhile }),
    ...(people !== undefined && { tuning: people }),
    ...(confidence !== undefined && { confidence }),
  }
}

/** Keys of the metrics of what runs, by the event they count. */
function metricsByEvent(
  running: readonly Definition<'experience'>[],
  metrics: readonly Definition<'metric'>[],
): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const goals = new Set(running.map(({ body }) => body.goal))
  if (running.length === 0) return found
  for (const { key, body } of metrics) {
    if (goals.has(key) || body.guardrail) found.set(body.event, [...(found.get(body.event) ?? []), key])
  }
  return found
}

function sumOf(series: readonly { readonly counts: readonly number[] }[]): number[] {
  const length = series[0]?.counts.length ?? 0
  return Array.from({ length }, (_, i) => series.reduce((sum, { counts }) => sum + counts[i]!, 0))
}

/** From the first period on in which there was anything. */
function known(counts: readonly number[]): readonly number[] {
  const first = counts.findIndex(n => n > 0)
  return first < 0 ? [] : counts.slice(first)
}
