import { formatKpi, formatPercent, type Undefined } from '../experiment/index.ts'
import { formatConfidence, many } from '../words.ts'
import type { Effect, EffectOptions, Kpi } from './effect.ts'
import type { Gained, Growth } from './growth.ts'
import type { HoldoutRatio } from './holdout.ts'
import { isShort, type MonthEstimate, notYet } from './month.ts'

/** Why something cannot be said, to a marketer, and what would mend it. */
export const REASONS: Record<Undefined | 'short-time', string> = {
  'no-control': 'there is no control group, so what it brought cannot be known: give it one',
  'no-people': 'nobody who was personalized has been seen yet',
  'one-person': 'too few people have been seen to tell anything from chance',
  'zero-control-mean': 'nobody in the control group did it, so there is nothing to take a percentage of',
  'no-events': 'nothing was measured in this time',
  'short-time': 'the time is too short to tell',
  'few-values': 'there are too few values to tell it from chance',
  'not-by-chance': 'who got it was not left to chance',
  'no-variance': 'all people did the same, so it cannot be told from chance',
  overflow: 'the amounts are too large to calculate with',
}

/** What an effect says in one sentence. */
export function effectSentence(effect: Omit<Effect, 'sentence'>, options: EffectOptions): string {
  const { kpi, currency, confidence } = options
  const { lift, total, personalized, control } = effect.kpi
  if (total.value === null) return `Not known: ${REASONS[total.reason ?? 'overflow']}.`
  const show = (mean: number | null) => formatKpi(mean, shape(kpi, currency))
  const means = `${kpi.name} is ${show(personalized)} against ${show(control)} in the control group`
  const change =
    lift.value === null
      ? REASONS[lift.reason ?? 'overflow']
      : `${formatPercent(lift.value)}${range(lift, formatPercent, confidence) || (lift.standardError === null ? '' : ', too uncertain for an interval')}`
  return `${means}: ${change}. ${moneySentence(effect, options)}`
}

function moneySentence(
  { month, money }: Omit<Effect, 'sentence'>,
  { currency, confidence, days, hasMargin, from = null }: EffectOptions,
): string {
  const short = isShort(days)
  const told = short ? money : month
  const amount = (what: string, estimate: MonthEstimate) =>
    amountIn(what, estimate, short ? 'so far' : 'a month', show, confidence)
  const show = (value: number) => formatMoney(value, currency)
  const later = short ? ` ${notYet(from)}.` : ''
  if (told.net === null) {
    const why = hasMargin ? 'the margin of too many orders is missing' : 'name the margin under impact in the settings'
    return `${amount('Revenue', told.revenue)}.${later} What remains of it is not known: ${why}.`
  }
  const spent = [
    // The control group may have been given more of them: that is taken off as well.
    ...(money.discounts.value ? ['discounts'] : []),
    ...(money.sends.value ? ['sends'] : []),
    ...(money.spend > 0 ? ['spend'] : []),
  ]
  const net = amount(spent.length === 0 ? 'Margin' : `Margin after ${listed(spent)}`, told.net)
  const { share } = money.givenAnyway
  const waste =
    share === null
      ? ''
      : ` About ${Math.round(100 * share)} % of the discounts went to people who would have bought anyway.`
  return `${net}.${later}${waste}`
}

function amountIn(
  what: string,
  estimate: MonthEstimate,
  per: string,
  show: (value: number) => string,
  confidence: number,
): string {
  if (estimate.value === null) return `${what} ${per} is not known: ${REASONS[estimate.reason ?? 'overflow']}`
  return `${what}: ${show(estimate.value)} ${per}${range(estimate, show, confidence)}${doubt(estimate)}`
}

function doubt({ interval }: MonthEstimate): string {
  return interval !== null && interval[0] <= 0 && interval[1] >= 0 ? ', not told apart from chance' : ''
}

function range({ interval }: MonthEstimate, show: (value: number) => string, confidence: number): string {
  return interval === null
    ? ''
    : ` (${formatConfidence(confidence)} interval ${show(interval[0])} to ${show(interval[1])})`
}

/** That more or fewer people are held out than were to be, by the time in which chance explains it least. */
export function holdoutMismatch({ times, p }: HoldoutRatio): string {
  const [worst] = [...times].sort((a, b) => (a.p ?? 1) - (b.p ?? 1))
  if (worst === undefined) return ''
  const { quarter, people, heldOut, expected } = worst
  const wanted = Math.round(expected).toLocaleString('en-US')
  const found = `${heldOut.toLocaleString('en-US')} of ${many(people, 'person', 'people')}`
  return `From ${quarter.slice(0, 10)} on ${found} ${heldOut === 1 ? 'was' : 'were'} held out, where about ${wanted} were to be (p = ${p?.toExponential(1)}): people of one side were lost, as where exposures to the default content are not sent. Do not trust what the holdout says until the cause is found.`
}

/**
 * What the parts bring together, held against the holdout. `per`: a month, or so far. `uncompared`: people who are in no part of the sum.
 * `isSound`: as many people are held out as were to be.
 */
export function growthSentence(
  growth: Gained<MonthEstimate> & Pick<Growth, 'verdict'> & { readonly uncompared: number; readonly isSound: boolean },
  per: string,
  show: (value: number) => string,
): string {
  const { sum, programme, overlap, verdict, uncompared, isSound } = growth
  if (sum.value === null)
    return `What the experiences bring together is not known: ${REASONS[sum.reason ?? 'overflow']}.`
  const which = uncompared === 0 ? 'The experiences' : 'The experiences, as far as people were left out of them,'
  const parts = `${which} bring ${show(sum.value)} ${per} when each is taken alone`
  if (programme.value === null) {
    const why =
      programme.reason === 'no-control' || programme.reason === 'no-people'
        ? 'nobody was held out of the whole programme, so what they bring together is not measured: set a holdout'
        : REASONS[programme.reason ?? 'overflow']
    return `${parts}; ${why}.`
  }
  const whole = `${parts}; the holdout measures ${show(programme.value)} for the whole programme`
  if (!isSound) {
    return `${whole}, which cannot be trusted: more or fewer people are held out than were to be.`
  }
  if (uncompared > 0) {
    const of = many(uncompared, 'person', 'people')
    return `${whole}. Whether they overlap is not known: ${of} saw what nobody was left out of, which the holdout measures and the sum does not hold.`
  }
  if (overlap.value === null || overlap.interval === null) {
    return `${whole}. Whether they overlap is not known: ${REASONS[overlap.reason ?? 'overflow']}.`
  }
  const [low, high] = overlap.interval
  const interval = `(between ${show(low)} and ${show(high)})`
  if (verdict === 'counted-twice') {
    return `${whole}. They overlap by ${show(overlap.value)} ${interval}: what several bring only together is counted in each.`
  }
  if (verdict === 'stand-in') {
    return `${whole}. They overlap by ${show(-overlap.value)} (between ${show(-high)} and ${show(-low)}): where one is left out another does part of its work, so each alone seems to bring less than it does.`
  }
  return `${whole}. The difference ${interval} is not told apart from chance.`
}

/** `1,234.50 EUR`. */
export function formatMoney(value: number, currency: string): string {
  // A rounded -0 would be read as a loss.
  return `${(Number(value.toFixed(2)) || 0).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} ${currency}`
}

/** A total of the KPI, such as so many orders. */
export function formatTotal(value: number, kpi: Kpi, currency: string): string {
  return kpi.type === 'money'
    ? formatMoney(value, currency)
    : `${(Number(value.toFixed(1)) || 0).toLocaleString('en-US')} × ${kpi.name}`
}

function shape({ type }: Kpi, currency: string) {
  return type === 'conversion'
    ? ({ type: 'conversion' } as const)
    : ({ type: 'sum', ...(type === 'money' && { currency }) } as const)
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
