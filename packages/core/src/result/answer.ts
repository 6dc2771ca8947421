import type { Impact, VariantReport } from '../experiment/report.ts'
import { formatKpi, formatPercent, NO_CONTROL_YET, unseenText } from '../experiment/sentence.ts'
import type { Verdict } from '../experiment/verdict.ts'
import { formatConfidence, many } from '../words.ts'

/** The answer to the question, for a reader who sees nothing else. */
export interface Answer {
  /** Null where there is nothing to judge: no variant was seen, or no control group. */
  readonly verdict: Verdict['verdict'] | null
  readonly label: string
  readonly sentence: string
  /**
   * Chance with which the interval in the sentence holds, over all looks together; where a lift has no interval (nobody in one of the
   * groups did it), with which the answer does. Null where there is neither.
   */
  readonly certainty: number | null
}

/** `Does Summer sale raise Conversion?`. */
export function questionOf(experience: string, { name, direction }: Impact['metric']): string {
  return `Does ${experience} ${direction === 'up' ? 'raise' : 'lower'} ${name}?`
}

/** In one sentence, of all who were personalized together; the verdict is the report's own, and is changed by nothing here. */
export function answerOf(report: Impact): Answer {
  const { metric, control, personalized, sampleRatio } = report
  const nothing = (label: string, sentence: string): Answer => ({ verdict: null, label, sentence, certainty: null })
  if (personalized === null || personalized.people === 0) {
    return nothing(report.open === undefined ? 'Nothing seen' : 'Nothing counted yet', unseenText(report))
  }
  if ((control === null || control.people === 0) && report.open !== undefined) {
    return nothing('Nothing counted yet', NO_CONTROL_YET)
  }
  if (control === null || control.people === 0) {
    return nothing('No control group', 'It cannot be known: nobody is in the control group to compare with.')
  }
  const { verdict } = personalized
  const { name } = metric
  const whom = report.unreached === undefined ? 'those who see it' : 'those it is for'
  const means = `${name} is ${formatKpi(personalized.mean, metric)} for ${whom} and ${formatKpi(control.mean, metric)} for the control group`
  const answer = (sentence: string): Answer => {
    return { verdict: verdict.verdict, label: verdict.label, sentence, certainty: certaintyOf(verdict) }
  }
  if (sampleRatio.verdict === 'mismatch') {
    return answer('It cannot be said: people were lost or kept unequally, so the groups must not be compared.')
  }
  const certainly = certaintyText(verdict)
  switch (verdict.verdict) {
    case 'works':
      return answer(`It works: ${means}${certainly}.`)
    case 'hurts':
      return answer(`It hurts: ${means}${certainly}.`)
    case 'no-worthwhile-difference':
      return answer(`It makes no difference worth having: ${means}${certainly}.`)
    default:
      return answer(`It is too early to say: ${means}${certainly}${waitText(verdict)}.`)
  }
}

function certaintyOf(verdict: Verdict): number | null {
  return verdict.interval === null && !isToldByP(verdict) ? null : verdict.confidence
}

/** A lift is there and has no interval, or cannot even be given, and chance does not explain the difference. */
const isToldByP = ({ verdict, interval }: Verdict) => interval === null && (verdict === 'works' || verdict === 'hurts')

function certaintyText(verdict: Verdict): string {
  const { lift, interval, confidence } = verdict
  const change = lift === null ? '' : `, a lift of ${formatPercent(lift)}`
  if (isToldByP(verdict)) {
    return `${change}, and with ${formatConfidence(confidence)} certainty that is not chance, however often one looks`
  }
  if (lift === null || interval === null) return change
  const [low, high] = interval
  return `, a lift of ${formatPercent(lift)}, and with ${formatConfidence(confidence)} certainty between ${formatPercent(low)} and ${formatPercent(high)}, however often one looks`
}

function waitText({ moreDays, because }: Verdict): string {
  if (moreDays !== null) return `; about ${many(moreDays, 'more day')}`
  if (because === 'unweighted') return '; chances changed meanwhile, so that may be a matter of who came when'
  return because === 'few-events' ? '; too few people did it' : ''
}

/**
 * The variant that works best, of those that work, and of those that can be had (all unless given). By the lift its verdict rests on: variants
 * that came at other times have other control groups, so that differences in units say little of which is better.
 */
export function bestVariant({ variants, metric }: Impact, among?: readonly string[]): VariantReport | null {
  const sign = metric.direction === 'up' ? 1 : -1
  const works = variants.filter(
    ({ variant, verdict }) => verdict.verdict === 'works' && variant !== '' && (among?.includes(variant) ?? true),
  )
  const byLift = works.every(({ verdict }) => verdict.lift !== null)
  const goodness = ({ verdict, difference }: VariantReport) =>
    sign * ((byLift ? verdict.lift : difference.value) ?? Number.NEGATIVE_INFINITY)
  return works.reduce<VariantReport | null>(
    (best, arm) => (best === null || goodness(arm) > goodness(best) ? arm : best),
    null,
  )
}
