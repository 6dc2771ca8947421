import { complete } from '../definition/index.ts'
import { MONTH_DAYS } from '../impact/index.ts'
import { whole } from '../words.ts'
import { winnerOf } from './candidates.ts'
import { expectation, peopleAMonth, promised } from './gain.ts'
import type { Suggestion } from './suggestion.ts'
import type { Watched } from './watched.ts'
import { liftText, monthlyText, nameOf, share } from './words.ts'

/** Left out for good, so that what a declared winner brings goes on being measured. */
export const KEPT_CONTROL = 0.1

/** It works: let everybody have it but a small control group. */
export function declare(watched: Watched): Suggestion[] {
  const winner = winnerOf(watched)
  if (winner === undefined) return []
  const { experience, goal } = watched
  const { control, policy } = complete('experience', experience.body)
  const { variant, report } = winner
  const { verdict } = report
  const has = shareOf(watched, variant)
  const kept = Math.min(control, KEPT_CONTROL)
  const more = policy?.kind === 'rollout' ? 0 : Math.max(0, 1 - kept - has)
  const all = peopleAMonth(watched)
  const people = all === null ? null : all * (more > 0 ? more : has)
  const expected = expectation(watched, goal!, promised(report), { people, variant, isNew: more > 0 })
  const what = variant === undefined ? `"${nameOf(experience)}"` : `"${variant}" of "${nameOf(experience)}"`
  const worth =
    expected?.monthly == null
      ? ''
      : more > 0
        ? ` For the ${share(more)} of the people who do not get it yet that is ${monthlyText(expected.monthly)}.`
        : ` It brings ${monthlyText(expected.monthly)} already.`
  return [
    {
      kind: 'declare',
      about: { experience: experience.key, metric: goal!.key, ...(variant !== undefined && { variant }) },
      reason: `${what} works: ${goal!.metric.name ?? goal!.key} is ${liftText(promised(report))} against the control group.${worth}`,
      evidence: {
        lift: verdict.lift,
        p: verdict.p,
        people: report.people,
        control: goal!.report.control?.people ?? 0,
        share: has,
        days: watched.days,
      },
      expected,
      action: {
        say:
          more === 0
            ? `Keep it, with its control group of ${share(control)}; there is nothing to change. Mark this as done.`
            : variant === undefined
              ? `Make its control group ${share(kept)} instead of ${share(control)} (control: ${kept}).`
              : `Give "${variant}" to everybody (weight: 1, the others 0) and keep a control group of ${share(kept)}.`,
        call: { method: 'PUT', path: `/v1/experiences/${experience.key}` },
      },
    },
  ]
}

/** Share of the people of the experience who get the variant, or any, as seen. */
function shareOf({ goal }: Watched, variant: string | undefined): number {
  const { control, variants } = goal!.report
  const all = variants.reduce((sum, { people }) => sum + people, control?.people ?? 0)
  const own = variants.filter(one => variant === undefined || one.variant === variant)
  return all > 0 ? own.reduce((sum, { people }) => sum + people, 0) / all : 0
}

/** For whom it works, but who does not come into it. */
const SMALL_SHARE = 0.5
/** Fewer a month are not worth the change. */
const FEWEST_MORE = 100

/** It works, and few of the people who come to its touchpoints get into it. */
export function widen(watched: Watched): Suggestion[] {
  const winner = winnerOf(watched)
  if (winner === undefined) return []
  const { experience, goal, people, peopleComing, peopleDays, rolledOut } = watched
  const { audience, layer, policy } = experience.body
  const narrow =
    rolledOut !== undefined && rolledOut < 1 ? 'rollout' : layer ? 'layer' : audience ? 'audience' : undefined
  const reach = narrow === 'rollout' ? rolledOut! : peopleComing > 0 ? people / peopleComing : 1
  if (narrow === undefined || reach >= SMALL_SHARE || reach <= 0 || peopleDays <= 0) return []
  const rest = ((narrow === 'rollout' ? people : peopleComing) * (1 - reach) * MONTH_DAYS) / peopleDays
  if (rest < FEWEST_MORE) return []
  const { variant, report } = winner
  const { verdict } = report
  const expected = expectation(watched, goal!, promised(report), { people: rest, variant, isNew: true })
  const worth = expected?.monthly == null ? '' : `; if they respond alike, that is ${monthlyText(expected.monthly)}`
  const limits = { rollout: 'its rollout', layer: 'its place in a layer', audience: 'its audience' }[narrow]
  return [
    {
      kind: 'widen',
      about: { experience: experience.key, metric: goal!.key, ...(variant !== undefined && { variant }) },
      reason: `"${nameOf(experience)}" works (${goal!.metric.name ?? goal!.key} ${liftText(promised(report))}), and ${limits} lets ${share(reach)} of the people at its touchpoints into it. Another ${whole(rest)} a month come${worth}.`,
      evidence: { lift: verdict.lift, reach, people: report.people, more: rest, days: watched.days },
      expected,
      action: {
        say: {
          rollout: `Let "${policy?.kind === 'rollout' ? policy.variant : ''}" go on to everybody.`,
          layer: 'Give it a larger part of its layer; its control group tells whether the others respond alike.',
          audience: 'Widen its audience, with a control group among the new ones: they may respond otherwise.',
        }[narrow],
        call: { method: 'PUT', path: `/v1/experiences/${experience.key}` },
      },
    },
  ]
}
