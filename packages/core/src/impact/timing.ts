import { DEFAULT_CONTROL, type Definition, type Experience } from '../definition/index.ts'
import { type Estimate, estimateOf } from '../experiment/index.ts'
import { type Cell, pairsOf } from './cell.ts'
import { canCompare, comparePairs, minus, scaled } from './compare.ts'
import { aMonth, isShort, type MonthEstimate, notYet } from './month.ts'
import type { Measure } from './sums.ts'

/** What an experience that waits for its moment brought at a touchpoint, over one that shows the same at once. */
export interface TimingOf {
  readonly experience: string
  readonly atOnce: string
  readonly known: boolean
  /** What those for whom it waits brought more than they would have, shown at once; in the time and a month. Null where it is not known. */
  readonly total: { readonly kpi: Estimate; readonly revenue: Estimate } | null
  readonly month: { readonly kpi: MonthEstimate; readonly revenue: MonthEstimate } | null
  readonly sentence: string
}

export interface Timing {
  readonly known: boolean
  readonly sentence: string
  /** Of each experience at the touchpoint that names another in `plan.atOnce`. */
  readonly experiences: readonly TimingOf[]
}

export type Timed = Pick<Experience, 'layer' | 'control' | 'plan'>

export interface TimingOptions {
  readonly confidence: number
  /** Length of the time, in days; and from when on it is, epoch milliseconds. */
  readonly days: number
  readonly from: number | null
  readonly experiences: ReadonlyMap<string, Timed>
  /** Since when each runs as it is (`steadySince`), as far as it is known. */
  readonly steady: ReadonlyMap<string, number>
  readonly show: (kpi: number) => string
}

const NOBODY_AT_ONCE =
  'Whether the right moment brought more than at once cannot be told: nobody was given the same at once by chance to compare with. Give a part of its layer to an experience that shows the same at once, and name it in plan.atOnce.'

/** Both must have run as long as each other, so far apart at most. */
const TOGETHER_MS = 3_600_000

/**
 * The layer draws who is waited for and who is shown it at once, so both are people of the same kind, but not all of them come: who is
 * waited for may be gone at the moment. So what is compared is not the people who saw it but what each part of the layer brought as a
 * whole, against its own control group, per share of everybody that it had. `cells`: of one touchpoint.
 */
export function timingAt(cells: readonly Cell[], options: TimingOptions): Timing {
  const keys = [...new Set(cells.map(({ experience }) => experience))].sort()
  const found = keys.flatMap(key => {
    const atOnce = options.experiences.get(key)?.plan?.atOnce
    return atOnce === undefined ? [] : timingOf(key, atOnce, cells, options)
  })
  const known = found.filter(one => one.known)
  return {
    known: known.length > 0,
    sentence: found.length === 0 ? NOBODY_AT_ONCE : found.map(({ sentence }) => sentence).join(' '),
    experiences: found,
  }
}

function timingOf(key: string, atOnce: string, cells: readonly Cell[], options: TimingOptions): TimingOf {
  const { confidence, days, from, experiences, steady, show } = options
  const [timed, other] = [experiences.get(key)!, experiences.get(atOnce)]
  const cannot = (why: string): TimingOf => {
    const sentence = `What the moment of "${key}" brought over at once cannot be told: ${why}.`
    return { experience: key, atOnce, known: false, total: null, month: null, sentence }
  }
  if (timed.layer === undefined || other?.layer === undefined || other.layer.key !== timed.layer.key) {
    return cannot(`"${atOnce}" is not of its layer`)
  }
  const [since, otherSince] = [steady.get(key), steady.get(atOnce)]
  if (since === undefined || otherSince === undefined || from === null) return cannot('both must be running')
  const starts = [since, otherSince].map(at => Math.max(at, from)) as [number, number]
  if (Math.abs(starts[0] - starts[1]) > TOGETHER_MS) {
    return cannot(
      `both must have run alike in all the time: ask from ${new Date(Math.max(...starts)).toISOString()} on`,
    )
  }
  const [ownShare, otherShare] = [sharePersonalized(timed), sharePersonalized(other)]
  const pairsFor = (experience: string) => pairsOf(cells.filter(cell => cell.experience === experience))
  const [own, others] = [pairsFor(key), pairsFor(atOnce)]
  if (![own, others].every(pairs => pairs.some(canCompare)) || !(ownShare > 0 && otherShare > 0)) {
    return cannot('both need a control group, and people who have been seen')
  }
  const more = (measure: Measure) => {
    const [waited, once] = [own, others].map(pairs => {
      const people = pairs.filter(canCompare).reduce((sum, { personalized }) => sum + personalized.people, 0)
      return comingByChance(comparePairs(pairs, measure, confidence).total, people, confidence)
    }) as [Estimate, Estimate]
    return minus(waited, scaled(once, ownShare / otherShare), confidence)
  }
  const total = { kpi: more('kpi'), revenue: more('revenue') }
  const month = { kpi: aMonth(total.kpi, days), revenue: aMonth(total.revenue, days) }
  const sentence = isShort(days)
    ? `${sentenceOf(key, total.kpi, 'so far', show)} ${notYet(from)}.`
    : sentenceOf(key, month.kpi, 'a month', show)
  return { experience: key, atOnce, known: true, total, month, sentence }
}

/** Of everybody, by the draws of the layer and of the control group. */
function sharePersonalized({ layer, control }: Timed): number {
  return ((layer?.to ?? 1) - (layer?.from ?? 0)) * (1 - (control ?? DEFAULT_CONTROL))
}

/** A total whose people came by chance: how many they were is a part of its error too, as of a Poisson number. */
function comingByChance(total: Estimate, people: number, confidence: number): Estimate {
  const { value, standardError, dof } = total
  if (value === null || standardError === null) return total
  return estimateOf(value, standardError ** 2 + value ** 2 / people, { confidence, ...(dof !== null && { dof }) })
}

function sentenceOf(
  key: string,
  { value, interval }: MonthEstimate,
  per: string,
  show: (kpi: number) => string,
): string {
  if (value === null) return `What the moment of "${key}" brought over at once cannot be calculated.`
  const range = interval === null ? '' : ` (${show(interval[0])} to ${show(interval[1])})`
  const doubt = interval === null || (interval[0] <= 0 && interval[1] >= 0) ? ', not told apart from chance' : ''
  return `The moment of "${key}" brought ${show(value)} ${per}${range} over the same at once${doubt}.`
}

/**
 * Since when an experience runs with the layer and control group it has: the report is of one share of everybody. Undefined where it does
 * not run. `history`: its versions in any order.
 */
export function steadySince(history: readonly Definition<'experience'>[]): number | undefined {
  const versions = [...history].sort((a, b) => b.version - a.version)
  const [now] = versions
  const asNow = ({ archived, body }: Definition<'experience'>) =>
    JSON.stringify([archived, body.status ?? 'running', body.layer, body.control, body.seed])
  if (now === undefined || now.archived || (now.body.status ?? 'running') !== 'running') return undefined
  const changed = versions.findIndex(version => asNow(version) !== asNow(now))
  return versions[changed === -1 ? versions.length - 1 : changed - 1]!.published
}
