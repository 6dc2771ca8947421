import { compileSchedule } from '../decision/schedule.ts'
import { complete, statisticOf } from '../definition/index.ts'
import {
  addArms,
  armSample,
  LONGEST_WEEKS,
  trafficAdvice,
  type VariantReport,
  type Verdict,
} from '../experiment/index.ts'
import { MONTH_DAYS } from '../impact/index.ts'
import { normalCdf } from '../numeric/index.ts'
import { many, whole } from '../words.ts'
import { candidatesOf, isSound } from './candidates.ts'
import { expectation, peopleAMonth, promised } from './gain.ts'
import type { Expectation, Suggestion } from './suggestion.ts'
import type { Judged, Watched } from './watched.ts'
import { nameOf } from './words.ts'

/** Before a full week everything is too early, and nobody needs to be told. */
const FEWEST_DAYS = 7
const DAY_MS = 86_400_000

/** Too early, and how long it takes: or, where that is too long, what to test instead. */
export function extend(watched: Watched, now: number): Suggestion[] {
  const { experience, goal, days } = watched
  if (goal === null || !isSound(goal) || days < FEWEST_DAYS) return []
  const candidates = candidatesOf(watched, goal)
  if (candidates.length === 0 || candidates.some(({ report }) => report.verdict.verdict !== 'too-early')) return []
  const waits = candidates.filter(
    ({ report }) => report.verdict.because === 'wide-interval' || report.verdict.because === 'few-events',
  )
  // The one that will be clear first.
  const [first] = waits.sort((a, b) => daysLeft(a.report.verdict) - daysLeft(b.report.verdict))
  if (first === undefined) return []
  const { variant, report } = first
  const { verdict } = report
  const moreDays = verdict.moreDays
  const name = `"${nameOf(experience)}"`
  const about = { experience: experience.key, metric: goal.key, ...(variant !== undefined && { variant }) }
  const evidence = {
    lift: verdict.lift,
    people: report.people,
    control: goal.report.control?.people ?? 0,
    days,
    moreDays,
  }
  const call = { method: 'PUT', path: `/v1/experiences/${experience.key}` } as const
  if (moreDays === null || moreDays > 7 * LONGEST_WEEKS) {
    const advice = advised(watched, goal, verdict.worthwhile)
    if (advice === undefined) return []
    return [
      {
        kind: 'extend',
        about,
        reason: `${name} has run for ${many(days, 'day')} and it is too early to say; as people come and differ now, ${moreDays === null ? 'waiting will not tell' : `it takes about ${whole(moreDays)} more days`}.`,
        evidence,
        expected: null,
        action: { say: advice, call },
      },
    ]
  }
  const { end } = compileSchedule(experience.body.schedule)
  const endsBefore = end < now + moreDays * DAY_MS
  return [
    {
      kind: 'extend',
      about,
      reason: `${name} has run for ${many(days, 'day')} and it is too early to say: about ${many(moreDays, 'more day', 'more days')}, if people keep coming and the difference stays as it is.${endsBefore ? ` It is to end before that, on ${new Date(end).toISOString().slice(0, 10)}.` : ''}`,
      evidence,
      expected: hoped(
        expectation(watched, goal, promised(report), { people: peopleAMonth(watched), variant, isNew: true }),
        report,
      ),
      action: {
        say: endsBefore
          ? `Let it run ${many(moreDays, 'day')} longer (schedule.end), and change nothing meanwhile.`
          : `Let it run, and change nothing for ${many(moreDays, 'day')}.`,
        call,
      },
    },
  ]
}

const daysLeft = ({ moreDays }: Verdict) => moreDays ?? Number.POSITIVE_INFINITY

/**
 * What waiting may be worth, where what it is worth goes with the lift: a lift for the better is then taken, and one for the worse is not, so what is hoped for is the mean of the
 * part above 0, the truth lying about the estimate as its standard error says.
 */
function hoped(expected: Expectation | null, { lift: plain, evidence }: VariantReport): Expectation | null {
  const deviation = evidence.adjusted?.lift.standardError ?? plain.standardError
  if (expected === null || deviation === null || !(deviation > 0)) return null
  const sign = expected.direction === 'down' ? -1 : 1
  const [low, high] = expected.interval.map(bound => sign * Math.max(0, sign * bound)) as [number, number]
  const mean = sign * expected.lift
  const gain = mean * normalCdf(mean / deviation) + deviation * density(mean / deviation)
  const { monthly, lift } = expected
  return {
    ...expected,
    lift: sign * gain,
    interval: [low, high],
    monthly:
      monthly === null || lift === 0 || monthly.value > 0 !== sign * lift > 0
        ? null
        : {
            ...monthly,
            value: Math.abs(monthly.value / lift) * gain,
            interval: [Math.max(0, monthly.interval[0]), Math.max(0, monthly.interval[1])],
          },
  }
}

const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)

/** What to test instead of waiting, the most helpful first. */
function advised(watched: Watched, { key, metric, arms }: Judged, worthwhile: number): string | undefined {
  const statistic = statisticOf(metric)
  const control = addArms(arms.filter(arm => arm.control))[0]
  const month = peopleAMonth(watched)
  if (statistic === 'quantile' || control === undefined || control.people < 2 || month === null) return undefined
  const { mean, variance } = armSample(control, statistic)
  const { control: share, variants } = complete('experience', watched.experience.body)
  if (!(share > 0 && share < 1 && Number.isFinite(mean) && mean !== 0)) return undefined
  const { instead } = trafficAdvice({
    peopleAWeek: (month * 7) / MONTH_DAYS,
    goal: {
      metric: key,
      mean,
      standardDeviation: Math.sqrt(variance),
      ...(statistic === 'conversion' && { ceiling: 1 }),
    },
    control: share,
    variants: Math.max(1, variants.filter(({ weight }) => weight > 0).length),
    worthwhile,
    ...(metric.direction !== undefined && { direction: metric.direction }),
  })
  return instead[0]?.message
}
