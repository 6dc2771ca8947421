import { statisticOf } from '../definition/index.ts'
import { drilldown, pairOf, type SegmentStatistics, verdictOf } from '../experiment/index.ts'
import { isSound, winnerOf } from './candidates.ts'
import { expectation, peopleAMonth } from './gain.ts'
import type { Suggestion } from './suggestion.ts'
import type { Watched } from './watched.ts'
import { liftText, monthlyText, nameOf, share } from './words.ts'

/**
 * Works for some people only. Two things must hold, each corrected for having looked at many segments: they respond better than the
 * rest of the people, and their own lift is good by the interval that may be looked at daily.
 */
export function trySegment(watched: Watched): Suggestion[] {
  const { experience, goal, segments } = watched
  if (goal === null || segments.length === 0 || !isSound(goal) || winnerOf(watched) !== undefined) return []
  const type = statisticOf(goal.metric)
  if (type === 'quantile') return []
  const { direction = 'up' } = goal.metric
  const worthwhile = goal.report.verdict?.worthwhile
  const { best, comparisons } = drilldown(segments, { type, direction })
  const found = best.flatMap(({ dimension, value, shrunken }) => {
    const arms = segments.find(one => one.dimension === dimension && one.value === value)?.arms ?? []
    const [a, b] = pairOf(arms, { type })
    const verdict = verdictOf(
      {
        control: a,
        treatment: b,
        sampleRatio: goal.report.sampleRatio,
        ...(type === 'conversion' && { ceiling: 1 }),
      },
      { direction, comparisons: Math.max(1, comparisons), ...(worthwhile !== undefined && { worthwhile }) },
    )
    if (verdict.verdict !== 'works' || verdict.interval === null) return []
    // The best of many looks better than it is: the promise is the difference drawn towards that of the others.
    const drawn = shrunken === null || a.mean === 0 ? verdict.lift! : shrunken / Math.abs(a.mean)
    const lift = Math.min(Math.max(drawn, verdict.interval[0]), verdict.interval[1])
    return [{ dimension, value, verdict, lift, level: a.mean, people: arms.reduce((sum, arm) => sum + arm.people, 0) }]
  })
  const [top] = found
  if (top === undefined) return []
  const all = peopleOf(segments.filter(({ dimension }) => dimension === top.dimension))
  const month = peopleAMonth(watched)
  const part = all > 0 ? top.people / all : 0
  const expected = expectation(
    { money: null, net: null, peopleDays: watched.peopleDays },
    goal,
    { lift: top.lift, interval: top.verdict.interval },
    {
      people: month === null ? null : month * part,
      isNew: false,
      level: top.level,
    },
  )
  const who =
    top.value === 'in'
      ? `people in "${top.dimension}"`
      : top.value === 'out'
        ? `people outside "${top.dimension}"`
        : `${top.dimension} ${top.value}`
  const worth = expected?.monthly == null ? '' : ` Among them that is ${monthlyText(expected.monthly)}.`
  return [
    {
      kind: 'try-segment',
      about: { experience: experience.key, metric: goal.key, segment: `${top.dimension}:${top.value}` },
      reason: `"${nameOf(experience)}" works for ${who}, ${share(part)} of its people: ${goal.metric.name ?? goal.key} is ${liftText(top.verdict)} there, and clearly better than among the others.${worth}`,
      evidence: {
        lift: top.verdict.lift,
        p: top.verdict.p,
        people: top.people,
        comparisons,
        share: part,
        days: watched.days,
      },
      expected,
      action: {
        say: `Give it to ${who} only (audience), with a control group.`,
        call: { method: 'PUT', path: `/v1/experiences/${experience.key}` },
      },
    },
  ]
}

function peopleOf(segments: readonly SegmentStatistics[]): number {
  return segments.flatMap(({ arms }) => arms).reduce((sum, { people }) => sum + people, 0)
}
