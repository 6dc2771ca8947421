import type { Impact, VariantReport } from '../experiment/report.ts'
import { type TrafficAdvice, trafficAdvice } from '../experiment/traffic.ts'
import { many } from '../words.ts'
import { type Answer, answerOf, questionOf } from './answer.ts'
import { type Check, checksOf, type Guarded } from './checks.ts'
import type { Indication } from './indication.ts'
import type { Change } from './launch.ts'
import { type Next, nextOf, type Offered } from './next.ts'

/** One arm and metric, as a table shows it. `lift` is fixed-horizon, `anytime` what the verdict rests on. */
export interface ArmNumbers {
  readonly metric: string
  readonly role: 'goal' | 'asked' | 'guardrail'
  /** Variant key; '' is the control group, 'all' all variants together, and 'default' those for whom the policy chose nothing. */
  readonly arm: string
  readonly people: number
  readonly exposures: number
  readonly conversions: number
  readonly mean: number | null
  readonly standardDeviation: number | null
  readonly lift: number | null
  readonly interval: readonly [number, number] | null
  readonly p: number | null
  readonly anytime: readonly [number, number] | null
  readonly anytimeP: number | null
  readonly verdict: string | null
}

/** What was fixed when, for a reader. */
export interface Fixed {
  /** Version of the experience at which it went live; null where it is not known here, as of imported decisions. */
  readonly version: number | null
  readonly at: number | null
  readonly metric: string
  /** Version of the metric that counts. */
  readonly metricVersion: number
  readonly worthwhile: number
  readonly people: number
  readonly confidence: number
  readonly changes: readonly Change[]
  readonly says: string
}

/** A result page in data: the question, the answer, the numbers, what was checked, what to do. */
export interface ResultPage {
  readonly question: string
  readonly hypothesis?: string
  readonly answer: Answer
  readonly fixed: Fixed
  readonly numbers: readonly ArmNumbers[]
  readonly checks: readonly Check[]
  readonly next: Next
  /** While it is too early: what so much traffic can find at all, and what to test instead. Null otherwise. */
  readonly traffic: TrafficAdvice | null
  /** Where there is no control group: before and after, beside people who were not touched. It changes neither answer nor verdict. */
  readonly indication: Indication | null
}

export interface PageInput {
  readonly experience: {
    readonly key: string
    readonly name?: string | undefined
    readonly hypothesis?: string | undefined
    /** Unknown of decisions made elsewhere. */
    readonly offered?: Offered | undefined
  }
  readonly status: 'draft' | 'running' | 'paused' | 'ended'
  readonly report: Impact
  /** The metric reported on is the goal, or another one that was asked for. */
  readonly role: 'goal' | 'asked'
  readonly guardrails: readonly Guarded[]
  readonly fixed: Omit<Fixed, 'says'>
  /** Of the metric, milliseconds. */
  readonly window?: number | undefined
  /** When somebody was first and last seen. */
  readonly first?: number | undefined
  readonly last?: number | undefined
  /** How long people have been coming, in days. */
  readonly days?: number | undefined
  readonly indication?: Indication | null
  /** Until when it is told, now unless that is earlier. */
  readonly until: number
}

/** The page of one metric of an experience, made of its report: nothing is asked of the warehouse for it. */
export function resultPage(input: PageInput): ResultPage {
  const { experience, status, report, role, guardrails, window, first, last, until, indication = null } = input
  const fixed = { ...input.fixed, says: fixedText(input.fixed) }
  const checks = checksOf({
    goal: report,
    guardrails,
    changes: fixed.changes,
    running: status === 'running',
    last,
    until,
  })
  const traffic = trafficOf(report, fixed, input.days)
  return {
    question: questionOf(experience.name ?? experience.key, report.metric),
    ...(experience.hypothesis !== undefined && { hypothesis: experience.hypothesis }),
    answer: answerOf(report),
    fixed,
    numbers: [
      ...numbersOf(fixed.metric, role, report),
      ...guardrails.flatMap(({ key, report: own }) => (own === null ? [] : numbersOf(key, 'guardrail', own))),
    ],
    checks,
    next: nextOf({ report, checks, status, window, first, until, traffic, offered: experience.offered }),
    traffic,
    indication,
  }
}

function trafficOf(
  { control, personalized, variants, metric }: Impact,
  { worthwhile, confidence, people: tuning }: Pick<Fixed, 'worthwhile' | 'confidence' | 'people'>,
  days: number | undefined,
): TrafficAdvice | null {
  const isEarly = personalized?.verdict.verdict === 'too-early'
  if (!isEarly || days === undefined || control === null || !control.mean || !control.standardDeviation) return null
  const people = control.people + personalized.people
  if (control.people === people) return null
  return trafficAdvice({
    peopleAWeek: (people / days) * 7,
    goal: {
      metric: metric.name,
      mean: control.mean,
      standardDeviation: control.standardDeviation,
      ...(metric.type === 'conversion' && { ceiling: 1 }),
    },
    control: control.people / people,
    variants: Math.max(1, variants.filter(({ variant }) => variant !== '').length),
    worthwhile,
    confidence,
    tuning,
    direction: metric.direction,
  })
}

/** Those for whom the policy chose nothing, in a table: they saw the default content. */
const UNREACHED = 'default'

function numbersOf(metric: string, role: ArmNumbers['role'], report: Impact): ArmNumbers[] {
  const { control, variants, personalized } = report
  const nothing = { lift: null, interval: null, p: null, anytime: null, anytimeP: null, verdict: null }
  const armOf = (arm: Pick<VariantReport, 'people' | 'exposures' | 'conversions' | 'mean' | 'standardDeviation'>) => ({
    people: arm.people,
    exposures: arm.exposures,
    conversions: arm.conversions,
    mean: arm.mean,
    standardDeviation: arm.standardDeviation,
  })
  const compared = (name: string, arm: VariantReport): ArmNumbers => ({
    metric,
    role,
    arm: name,
    ...armOf(arm),
    lift: arm.lift.value,
    interval: arm.lift.interval,
    p: arm.lift.p,
    anytime: arm.verdict.interval,
    anytimeP: arm.verdict.p,
    verdict: arm.verdict.verdict,
  })
  return [
    ...(control === null ? [] : [{ metric, role, arm: '', ...armOf(control), ...nothing }]),
    ...variants.map(arm => compared(arm.variant || UNREACHED, arm)),
    ...(personalized === null || variants.length < 2 ? [] : [compared('all', personalized)]),
  ]
}

function fixedText({ version, metric, metricVersion, worthwhile, people, changes }: Omit<Fixed, 'says'>): string {
  const what = `${metric} (version ${metricVersion}), a worthwhile lift of ${Number((100 * worthwhile).toPrecision(3))} % and a tuning for ${many(people, 'person', 'people')}`
  const when = version === null ? 'Judged by the definitions of now' : `Fixed at launch at version ${version}`
  const later = changes.map(
    ({ what: name, version: at, from, to }) =>
      `${name} was changed in version ${at} (${from ?? 'unset'} to ${to ?? 'unset'}), which counts only after a new start`,
  )
  return `${[`${when}: ${what}`, ...later].join('; ')}.`
}
