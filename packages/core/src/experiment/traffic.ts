import { DEFAULT_POWER, detectableLift, type PowerPlan, peopleFor } from './power.ts'
import { formatPercent } from './sentence.ts'

/** A KPI as it is now, as something to test on. */
export interface Baseline {
  readonly metric: string
  readonly mean: number
  readonly standardDeviation: number
  /** The highest mean there can be: 1 for a share of people. */
  readonly ceiling?: number
  /** How well the same people's behaviour before foretells it (correlation, 0 to 1), where that is known. */
  readonly correlationBefore?: number
}

export interface TrafficQuestion {
  /** People who come to the touchpoint a week and may be in the experiment. */
  readonly peopleAWeek: number
  readonly goal: Baseline
  /** Share of the control group, 0 < share < 1. */
  readonly control: number
  readonly variants: number
  /** The smallest lift that would be worth having, as a fraction. */
  readonly worthwhile: number
  /** Other metrics of the workspace that might be the goal: nearer to the touchpoint, done by more people. */
  readonly others?: readonly Baseline[]
  readonly confidence?: number
  /** See `DEFAULT_TUNING` in `anytime.ts`. */
  readonly tuning?: number
  /** Which way is good; up unless given. */
  readonly direction?: 'up' | 'down'
}

export interface Detectable {
  readonly weeks: number
  readonly people: number
  /** The smallest lift of one variant that is found in 8 of 10 cases with the interval of the verdict; null: none. */
  readonly anytime: number | null
  /** The same at a single look fixed beforehand. */
  readonly fixed: number | null
}

/** What so much traffic can find at all. */
export interface TrafficAdvice {
  readonly horizon: readonly Detectable[]
  /** Weeks until a worthwhile lift is found in 8 of 10 cases; null where no number of people is enough, or there can be no such lift. */
  readonly weeksNeeded: number | null
  /** Whether that is at most `LONGEST_WEEKS`. */
  readonly enough: boolean
  /** What to do instead where it is not enough, the most helpful first; what does not help is left out. */
  readonly instead: readonly TrafficSuggestion[]
}

export interface TrafficSuggestion {
  readonly code: 'even-split' | 'one-variant' | 'adjust-for-before' | 'closer-metric' | 'bolder-change' | 'before-after'
  /** Weeks until a worthwhile lift is found then; null where that cannot be said. */
  readonly weeksNeeded: number | null
  readonly message: string
  /** The metric it is about. */
  readonly metric?: string
}

/** After two months seasons, prices and customers have changed, and people have lost the cookie that tells their arm. */
export const LONGEST_WEEKS = 8

const HORIZON_WEEKS = [1, 2, 4, 8, 13, 26, 52]

/**
 * What so many people a week can find, with a chance of 8 in 10, and what to do where that takes longer than `LONGEST_WEEKS`. Throws
 * RangeError for less than one variant, and for a worthwhile lift that is not above 0.
 */
export function trafficAdvice(question: TrafficQuestion): TrafficAdvice {
  const { peopleAWeek, variants, worthwhile } = question
  if (!(variants >= 1)) throw new RangeError(`there is at least one variant, got ${variants}`)
  if (!(worthwhile > 0)) throw new RangeError(`a worthwhile lift is above 0, got ${worthwhile}`)
  const plan = planOf(question)
  const horizon = HORIZON_WEEKS.map(weeks => {
    const people = weeks * peopleAWeek
    const detectable = (interval: 'anytime' | 'fixed') =>
      possible(detectableLift(people, { ...plan, interval }), question.goal)
    return { weeks, people, anytime: detectable('anytime'), fixed: detectable('fixed') }
  })
  const weeksNeeded = weeksFor(question, plan)
  const enough = weeksNeeded !== null && weeksNeeded <= LONGEST_WEEKS
  return { horizon, weeksNeeded, enough, instead: enough ? [] : suggestions(question, weeksNeeded, horizon) }
}

/** A share of people cannot rise above all of them. */
function possible(lift: number | null, { mean, ceiling = Number.POSITIVE_INFINITY }: Baseline): number | null {
  return lift !== null && mean * (1 + lift) <= ceiling ? lift : null
}

function planOf({ goal, control, variants, confidence, tuning, direction }: TrafficQuestion): PowerPlan {
  return {
    mean: goal.mean,
    standardDeviation: goal.standardDeviation,
    controlShare: control,
    treatmentShare: (1 - control) / variants,
    ...(confidence !== undefined && { confidence }),
    ...(tuning !== undefined && { tuning }),
    ...(direction !== undefined && { direction }),
  }
}

function weeksFor({ peopleAWeek, worthwhile, goal }: TrafficQuestion, plan: PowerPlan): number | null {
  const lift = possible(plan.direction === 'down' ? -worthwhile : worthwhile, goal)
  const people = lift === null ? null : peopleFor(lift, plan, DEFAULT_POWER)
  return people === null || !(peopleAWeek > 0) ? null : Math.ceil(people / peopleAWeek)
}

function suggestions(
  question: TrafficQuestion,
  weeksNeeded: number | null,
  horizon: readonly Detectable[],
): TrafficSuggestion[] {
  const { goal, variants, others = [] } = question
  const helps = (weeks: number | null) => weeks !== null && (weeksNeeded === null || weeks < weeksNeeded)
  const changed = (change: Partial<TrafficQuestion>) => {
    const other = { ...question, ...change }
    return weeksFor(other, planOf(other))
  }
  const even = 1 / (variants + 1)
  const candidates: TrafficSuggestion[] = [
    {
      code: 'even-split',
      weeksNeeded: changed({ control: even }),
      message: `Give the control group as many people as a variant (${Math.round(100 * even)} %).`,
    },
    {
      code: 'one-variant',
      weeksNeeded: changed({ variants: 1, control: 0.5 }),
      message: 'Test one variant only, the boldest, against half of the people.',
    },
    {
      code: 'adjust-for-before',
      weeksNeeded: changed({ goal: adjusted(goal) }),
      message: 'Adjust for what the same people did before (the metric’s covariate).',
    },
    ...others.map(
      (other): TrafficSuggestion => ({
        code: 'closer-metric',
        metric: other.metric,
        weeksNeeded: changed({ goal: other }),
        message: `Make ${other.metric} the goal, which more people reach or which varies less, if it stands for ${goal.metric}.`,
      }),
    ),
  ]
  const helpful = candidates
    .filter(one => helps(one.weeksNeeded))
    .sort((a, b) => (a.weeksNeeded ?? Number.POSITIVE_INFINITY) - (b.weeksNeeded ?? Number.POSITIVE_INFINITY))
  return [...helpful, ...lastResorts(question, horizon)]
}

function adjusted(goal: Baseline): Baseline {
  const correlation = goal.correlationBefore ?? 0
  return { ...goal, standardDeviation: goal.standardDeviation * Math.sqrt(1 - Math.min(correlation ** 2, 0.99)) }
}

function lastResorts({ goal, direction }: TrafficQuestion, horizon: readonly Detectable[]): TrafficSuggestion[] {
  const reach = horizon.find(({ weeks }) => weeks === LONGEST_WEEKS)?.anytime ?? null
  const isBounded = direction === 'down' || goal.ceiling !== undefined
  const none =
    reach === null && isBounded
      ? `In ${LONGEST_WEEKS} weeks no change of ${goal.metric} could be told from chance here, however large.`
      : `In ${LONGEST_WEEKS} weeks only a change that more than doubles the goal could be told from chance here.`
  const bold: TrafficSuggestion = {
    code: 'bolder-change',
    weeksNeeded: null,
    message:
      reach === null || reach > 1
        ? none
        : `Test changes bold enough for a lift of ${formatPercent(reach)}: in ${LONGEST_WEEKS} weeks that is what can be found.`,
  }
  const compare: TrafficSuggestion = {
    code: 'before-after',
    weeksNeeded: null,
    message: 'Compare before and after with a series that was not touched: an indication, not proof.',
  }
  return [bold, compare]
}
