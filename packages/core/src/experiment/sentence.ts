import type { Comparison, ImpactMetric } from './report.ts'

/** The answer in one plain sentence, for a reader who sees nothing else. */
export function sentenceOf(report: Comparison): string {
  const { metric, control, personalized, sampleRatio, confidence } = report
  const seen = personalized?.people ?? 0
  if (seen === 0) return 'Nobody has seen this experience yet.'
  if (control === null || control.people === 0) {
    return `${people(seen)} saw this experience, but nobody is in its control group, so what it changes cannot be known.`
  }
  const groups = `${people(seen)} saw this experience and ${people(control.people)} ${control.people === 1 ? 'was' : 'were'} left out to compare with`
  const kpi = (mean: number | null) => formatKpi(mean, metric)
  const means = `${metric.name} is ${kpi(personalized?.mean ?? null)} against ${kpi(control.mean)}`
  if (sampleRatio.verdict === 'mismatch') {
    return `${groups}, but the groups' sizes do not fit the design, so the difference (${means}) must not be trusted.`
  }
  const lift = personalized?.lift
  if (lift?.value == null) return `${groups}: ${means}; a lift cannot be given yet.`
  if (lift.interval === null || lift.p === null)
    return `${groups}: ${means}; whether that is chance cannot be said yet.`
  const [low, high] = lift.interval
  const range = `${formatPercent(lift.value)} (${percent(confidence)} interval ${formatPercent(low)} to ${formatPercent(high)})`
  if (lift.p >= 1 - confidence) return `${groups}: ${means}, a lift of ${range}, which may be chance.`
  const good = lift.value > 0 === (metric.direction === 'up')
  return `${groups}: ${means}, ${good ? 'an improvement' : 'a change for the worse'} of ${range}.`
}

const people = (n: number) => `${n.toLocaleString('en-US')} ${n === 1 ? 'person' : 'people'}`
const percent = (fraction: number) => `${Number((100 * fraction).toFixed(2))} %`

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
  const value = Math.abs(mean) >= 100 || metric.currency !== undefined ? mean.toFixed(2) : mean.toPrecision(3)
  return metric.currency === undefined ? value : `${value} ${metric.currency}`
}
