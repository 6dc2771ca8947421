import { complete } from '../definition/index.ts'
import { many, whole } from '../words.ts'
import { dropOf } from './rhythm.ts'
import type { Suggestion } from './suggestion.ts'
import type { Judged, Watch, Watched } from './watched.ts'
import { nameOf, share } from './words.ts'

/** So many people ought to have been in the control group before its absence says something. */
const EXPECTED_IN_CONTROL = 20

/** Something that broke, and what must not be read because of it. */
export interface Alarm {
  readonly suggestion: Suggestion
  /** Whether nothing else may be said of this experience. */
  spoils(watched: Watched): boolean
}

/** Where numbers stopped coming, or cannot be trusted. */
export function trackingBroke(watch: Watch): Alarm[] {
  return [
    ...watch.touchpoints.flatMap(askedNoMore),
    ...watch.events.flatMap(eventGone),
    ...watch.experiences.flatMap(ofExperience),
  ]
}

function askedNoMore({ key, asked }: Watch['touchpoints'][number]): Alarm[] {
  const drop = dropOf(asked)
  if (drop === undefined) return []
  const suggestion: Suggestion = {
    kind: 'tracking-broke',
    about: { touchpoint: key },
    reason: `"${key}" was asked for ${many(drop.count, 'time')} in the last 24 hours; on such a day it is usually ${whole(drop.usual)}.`,
    evidence: { asked: drop.count, usual: drop.usual },
    expected: null,
    action: {
      say: `See whether the page or app still asks for "${key}", and what changed there in the last two days.`,
    },
  }
  // What was seen before is as true as it was.
  return [{ suggestion, spoils: () => false }]
}

function eventGone({ name, metrics, counts: periods }: Watch['events'][number]): Alarm[] {
  const drop = dropOf(periods)
  if (drop === undefined) return []
  const suggestion: Suggestion = {
    kind: 'tracking-broke',
    about: { metric: metrics[0]! },
    reason: `"${name}" came in ${many(drop.count, 'time')} in the last 24 hours; on such a day it is usually ${whole(drop.usual)}. ${metrics.join(', ')} ${metrics.length === 1 ? 'counts' : 'count'} it.`,
    evidence: { events: drop.count, usual: drop.usual, event: name },
    expected: null,
    action: {
      say: `See whether "${name}" is still sent, by its old name; until then what any experience changes in it cannot be read.`,
      call: { method: 'GET', path: '/v1/summary' },
    },
  }
  const counts = ({ key }: Judged) => metrics.includes(key)
  return [
    { suggestion, spoils: ({ goal, guardrails }) => [goal, ...guardrails].some(one => one !== null && counts(one)) },
  ]
}

function ofExperience(watched: Watched): Alarm[] {
  const itself = ({ experience }: Watched) => experience.key === watched.experience.key
  const exposures = exposuresGone(watched)
  const all = [watched.goal, ...watched.guardrails, watched.money].filter((one): one is Judged => one !== null)
  const rates = all.find(({ missingRates }) => missingRates.length > 0)
  const groups = watched.goal === null ? undefined : unequal(watched, watched.goal)
  const crossed = watched.goal === null ? undefined : inTwoArms(watched, watched.goal)
  return [
    ...(exposures ? [{ suggestion: exposures, spoils: itself }] : []),
    // A report that lacks rates is passed over by whoever reads it.
    ...(rates ? [{ suggestion: noRates(watched, rates), spoils: () => false }] : []),
    ...(groups ? [{ suggestion: groups, spoils: itself }] : []),
    // A lift that is drawn towards 0 is at least as large as measured; one that differs by group may be anything.
    ...(crossed
      ? [
          {
            suggestion: crossed,
            spoils: (one: Watched) => itself(one) && one.goal?.report.crossover?.verdict === 'uneven',
          },
        ]
      : []),
  ]
}

/** Decided for as before, and not reported as seen: fewer decisions account for fewer exposures. */
function exposuresGone(watched: Watched): Suggestion | undefined {
  const { experience, decided, exposed } = watched
  const lastDecided = decided.at(-1) ?? 0
  const seven = decided.slice(-8, -1)
  const usualDecided = seven.reduce((sum, n) => sum + n, 0) / Math.max(1, seven.length)
  const drop = dropOf(exposed, usualDecided > 0 ? Math.min(1, lastDecided / usualDecided) : 1)
  if (drop === undefined) return undefined
  return {
    kind: 'tracking-broke',
    about: { experience: experience.key },
    reason: `"${nameOf(experience)}" was decided ${many(lastDecided, 'time')} in the last 24 hours and seen ${many(drop.count, 'time')}; so many decisions usually mean ${whole(drop.usual)}.`,
    evidence: { decisions: lastDecided, exposures: drop.count, usual: drop.usual },
    expected: null,
    action: {
      say: 'See whether the page or app still reports exposures (a track "Exposure" with the decisionId, under the userId or anonymousId it was asked for): nobody else counts.',
    },
  }
}

function noRates({ experience }: Watched, { key, metric, missingRates }: Judged): Suggestion {
  const named = missingRates.map(({ currency, days }) => `${currency} on ${many(days, 'day')}`).join(', ')
  return {
    kind: 'tracking-broke',
    about: { experience: experience.key, metric: key },
    reason: `${key} cannot be added up in ${metric.currency}: there is no rate for ${named}.`,
    evidence: Object.fromEntries(missingRates.map(({ currency, days }) => [currency, days])),
    expected: null,
    action: {
      say: `Import daily rates to ${metric.currency}, for ${missingRates[0]!.currency} from ${missingRates[0]!.firstDay} on.`,
      call: { method: 'POST', path: '/v1/rates' },
    },
  }
}

const reportOf = (experience: string) => ({ method: 'GET', path: `/v1/experiences/${experience}/impact` }) as const

/** The arms' sizes do not fit the design, or nobody of the control group was ever seen. */
function unequal({ experience }: Watched, { report, key }: Judged): Suggestion | undefined {
  const { sampleRatio, control, variants } = report
  const name = `"${nameOf(experience)}"`
  const seen = variants.reduce((sum, { people }) => sum + people, 0)
  const designed = complete('experience', experience.body).control
  const due = (seen * designed) / (1 - designed)
  const common = { kind: 'tracking-broke', about: { experience: experience.key, metric: key }, expected: null } as const
  if (designed > 0 && designed < 1 && due >= EXPECTED_IN_CONTROL && (control?.people ?? 0) === 0) {
    return {
      ...common,
      reason: `${whole(seen)} people saw ${name} and nobody of its control group was seen, though ${share(designed)} of the people are in it.`,
      evidence: { people: seen, control: 0, expected: due },
      action: {
        say: 'Report the exposure of the default content as well, with its decisionId: without it there is nothing to compare with.',
        call: reportOf(experience.key),
      },
    }
  }
  if (sampleRatio.verdict !== 'mismatch') return undefined
  const arms = [...(control ? [control] : []), ...variants]
  const sizes = arms.map(arm => `${arm.variant || 'control'} ${whole(arm.people)}`).join(', ')
  return {
    ...common,
    reason: `The groups of ${name} have sizes that its design does not give (${sizes}): people are lost or kept unequally, so no number of it can be trusted.`,
    evidence: { p: sampleRatio.p, chiSquare: sampleRatio.chiSquare },
    action: {
      say: 'Find what loses people: exposures reported for one group only, a slower page, a redirect, a bot. Then begin anew with another seed.',
      call: reportOf(experience.key),
    },
  }
}

function inTwoArms({ experience }: Watched, { report: { crossover } }: Judged): Suggestion | undefined {
  if (crossover === undefined || crossover.verdict === 'few') return undefined
  const name = `"${nameOf(experience)}"`
  const some = many(crossover.crossed, 'person', 'people')
  return {
    kind: 'tracking-broke',
    about: { experience: experience.key },
    reason:
      crossover.verdict === 'uneven'
        ? `Groups of ${name} lose people to other groups at different rates: ${some} were seen in two.`
        : `${some} of ${name} (${share(crossover.share ?? 0)}) were seen in two groups: its lift looks smaller than it is.`,
    evidence: { people: crossover.crossed, share: crossover.share, p: crossover.p },
    expected: null,
    action: {
      say: 'See whether people are recognised on all their devices and after they log in (identify), and whether the seed was changed.',
      call: reportOf(experience.key),
    },
  }
}
