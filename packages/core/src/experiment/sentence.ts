import { formatConfidence, many } from '../words.ts'
import type { Comparison, ImpactMetric } from './report.ts'
import type { TooEarly, Verdict } from './verdict.ts'

/** The answer in one plain sentence, for a reader who sees nothing else: what was seen, the verdict, and its certainty. */
export function sentenceOf(report: Comparison): string {
  const { metric, control, personalized, sampleRatio } = report
  const seen = personalized?.people ?? 0
  if (personalized === null || seen === 0) return unseenText(report)
  if ((control === null || control.people === 0) && report.open !== undefined) return NO_CONTROL_YET
  if (control === null || control.people === 0) {
    return `${people(seen)} saw this experience, but nobody is in its control group, so what it changes cannot be known.`
  }
  const { unreached = 0 } = report
  const others = unreached === 0 ? '' : `, for ${people(unreached)} its policy chose nothing,`
  const groups = `${people(seen - unreached)} saw this experience${others} and ${people(control.people)} ${control.people === 1 ? 'was' : 'were'} left out to compare with`
  const kpi = (mean: number | null) => formatKpi(mean, metric)
  const means = `${metric.name} is ${kpi(personalized.mean)} against ${kpi(control.mean)}`
  if (sampleRatio.verdict === 'mismatch') {
    return `${groups}, but the groups' sizes do not fit the design, so the difference (${means}) must not be trusted.`
  }
  return `${groups}: ${means}${conclusionOf(personalized.verdict)}`
}

export const NO_CONTROL_YET =
  "Nobody's window in the control group has closed yet: until then there is nobody to compare with."

/** Of an experience of which nobody is counted. */
export function unseenText({ limited, open = 0 }: Pick<Comparison, 'limited' | 'open'>): string {
  if (open > 0)
    return `${people(open)} saw this experience, and nobody's window has closed yet: until then nothing is counted.`
  return limited ? 'Nobody saw this experience within that time.' : 'Nobody has seen this experience yet.'
}

function conclusionOf(verdict: Verdict): string {
  const range = rangeOf(verdict)
  switch (verdict.verdict) {
    case 'works':
      return range === null ? ', an improvement.' : `, an improvement of ${range}.`
    case 'hurts':
      return range === null ? ', a change for the worse.' : `, a change for the worse of ${range}.`
    case 'no-worthwhile-difference':
      return `, a lift of ${range}: no difference worth having.`
    default: {
      const why = REASONS[verdict.because ?? 'wide-interval']
      const wait = verdict.label.replace('Too early', 'too early to say')
      return range === null ? `: ${why}; ${wait}.` : `, a lift of ${range}, ${why}: ${wait}.`
    }
  }
}

const REASONS: Record<TooEarly, string> = {
  'wide-interval': 'which may be chance',
  'few-events': 'from too little to judge by',
  'sample-ratio': 'which must not be trusted',
  'no-control': 'a lift cannot be given yet',
  'no-people': 'a lift cannot be given yet',
  'no-events': 'a lift cannot be given yet',
  'one-person': 'whether that is chance cannot be said yet',
  'few-values': 'whether that is chance cannot be said from so few values',
  'not-by-chance': 'who got it was not left to chance',
  'no-variance': 'whether that is chance cannot be said yet',
  unweighted: 'which may be a matter of who came when, since chances changed meanwhile',
  overflow: 'whether that is chance cannot be said',
}

/** `+12.3 % (95 % interval +1.0 % to +23.6 %)`, as much of it as there is. */
function rangeOf({ lift, interval, confidence }: Verdict): string | null {
  if (lift === null) return null
  if (interval === null) return formatPercent(lift)
  const [low, high] = interval
  return `${formatPercent(lift)} (${formatConfidence(confidence)} interval ${formatPercent(low)} to ${formatPercent(high)})`
}

const people = (n: number) => many(n, 'person', 'people')

/** A relative change with its sign: `+12.3 %`. */
export function formatPercent(fraction: number): string {
  const value = 100 * fraction
  if (!Number.isFinite(value)) return 'unknown'
  const digits = Math.abs(value) < 100 ? 1 : 0
  // A rounded -0.0 would be read as a loss.
  const rounded = Number(value.toFixed(digits)) || 0
  return `${rounded > 0 ? '+' : ''}${rounded.toFixed(digits)} %`
}

/** A KPI as people read it: a share in percent, otherwise with three significant digits at least, and its currency. */
export function formatKpi(mean: number | null, metric: Pick<ImpactMetric, 'type' | 'currency'>): string {
  if (mean === null || !Number.isFinite(100 * mean)) return 'unknown'
  if (metric.type === 'conversion') return `${(100 * mean).toFixed(2)} %`
  // A rounded -0.00 would be read as a loss.
  const whole = () => (Number(mean.toFixed(2)) || 0).toFixed(2)
  if (metric.currency !== undefined) return `${whole()} ${metric.currency}`
  return Math.abs(mean) >= 100 ? whole() : mean.toPrecision(3)
}
