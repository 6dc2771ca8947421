import { formatPercent } from '../experiment/index.ts'
import { candidatesOf, isSound, winnerOf } from './candidates.ts'
import { expectation, peopleAMonth, promised } from './gain.ts'
import type { Suggestion } from './suggestion.ts'
import type { Watched } from './watched.ts'
import { liftText, monthlyText, nameOf } from './words.ts'

/** It does harm, or whatever it changes is too little to be worth having. A winner beside it says already what to do. */
export function stop(watched: Watched): Suggestion[] {
  const { experience, goal } = watched
  if (goal === null || !isSound(goal) || winnerOf(watched) !== undefined) return []
  const candidates = candidatesOf(watched, goal)
  const judged = candidates.filter(({ report }) => report.verdict.verdict === 'hurts')
  const idle = candidates.filter(({ report }) => report.verdict.verdict === 'no-worthwhile-difference')
  // While one of several may still turn out well, those that make no difference only cost it people.
  const ended = judged.length + idle.length === candidates.length
  const name = goal.metric.name ?? goal.key
  const month = peopleAMonth(watched)
  return [...judged, ...idle].map(({ variant, report }): Suggestion => {
    const { verdict } = report
    const isHarm = verdict.verdict === 'hurts'
    const all = goal.report.variants.reduce((sum, { people }) => sum + people, goal.report.control?.people ?? 0)
    const people = month === null || all === 0 ? null : (month * report.people) / all
    const expected = expectation(watched, goal, promised(report), { people, variant, isNew: true, gain: -1 })
    const what = variant === undefined ? `"${nameOf(experience)}"` : `"${variant}" of "${nameOf(experience)}"`
    const loss = expected?.monthly == null ? '' : ` Stopping it saves ${monthlyText(expected.monthly)}.`
    const reason = isHarm
      ? `${what} hurts: ${name} is ${liftText(promised(report))} against the control group.${loss}`
      : `${what} makes no difference worth having: ${name} is ${liftText(promised(report))}, and less than ${formatPercent(verdict.worthwhile).replace('+', '')} either way is too little.`
    return {
      kind: 'stop',
      about: { experience: experience.key, metric: goal.key, ...(variant !== undefined && { variant }) },
      reason,
      evidence: {
        lift: verdict.lift,
        p: verdict.p,
        people: report.people,
        control: goal.report.control?.people ?? 0,
        verdict: verdict.verdict,
      },
      expected: isHarm ? expected : expected && { ...expected, monthly: null },
      action: {
        say:
          variant === undefined || ended
            ? isHarm
              ? 'End it (status: ended): everybody then gets what the control group gets.'
              : 'End it (status: ended), and try something bolder at its touchpoint.'
            : `Take "${variant}" out (weight: 0): the others learn faster.`,
        call: { method: 'PUT', path: `/v1/experiences/${experience.key}` },
      },
    }
  })
}
