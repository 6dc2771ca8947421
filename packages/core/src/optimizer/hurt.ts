import { formatPercent } from '../experiment/index.ts'
import { candidatesOf, isSound } from './candidates.ts'
import { expectation, peopleAMonth, promised } from './gain.ts'
import type { Suggestion } from './suggestion.ts'
import type { Watched } from './watched.ts'
import { liftText, nameOf } from './words.ts'

/** Metrics that must not be hurt, and are. Their reports share one confidence among them, so that more guardrails are no more false alarms. */
export function metricHurt(watched: Watched): Suggestion[] {
  const { experience } = watched
  return watched.guardrails.flatMap(judged => {
    if (!isSound(judged)) return []
    const hurt = candidatesOf(watched, judged).filter(({ report }) => report.verdict.verdict === 'hurts')
    return hurt.map(({ variant, report }): Suggestion => {
      const { verdict } = report
      const what = variant === undefined ? `"${nameOf(experience)}"` : `"${variant}" of "${nameOf(experience)}"`
      const name = judged.metric.name ?? judged.key
      return {
        kind: 'metric-hurt',
        about: { experience: experience.key, metric: judged.key, ...(variant !== undefined && { variant }) },
        reason: `${what} hurts ${name}, which must not be hurt: ${liftText(promised(report))} against the control group.`,
        evidence: { lift: verdict.lift, p: verdict.p, people: report.people, confidence: verdict.confidence },
        expected: expectation({ money: null, net: null, peopleDays: watched.peopleDays }, judged, promised(report), {
          people: peopleAMonth(watched),
          variant,
          isNew: true,
          gain: -1,
        }),
        action: {
          say:
            variant === undefined
              ? `Pause it (status: paused) until you know why ${name} is ${formatPercent(verdict.lift ?? 0)}.`
              : `Take "${variant}" out (weight: 0) until you know why ${name} is ${formatPercent(verdict.lift ?? 0)}.`,
          call: { method: 'PUT', path: `/v1/experiences/${experience.key}` },
        },
      }
    })
  })
}
