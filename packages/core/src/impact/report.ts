import type { Channel, Experience, Stage, Tactic, Touchpoint } from '../definition/index.ts'
import { DEFAULT_CONFIDENCE } from '../experiment/index.ts'
import { many } from '../words.ts'
import { type Cell, type Pair, pairsOf } from './cell.ts'
import { canCompare, missingOf } from './compare.ts'
import { type Effect, type EffectOptions, effectOf, type Kpi } from './effect.ts'
import { type Growth, growthOf } from './growth.ts'
import { type HoldoutRatio, type HoldoutSums, holdoutRatio } from './holdout.ts'
import { isShort, notYet } from './month.ts'
import { type Periods, periodDays } from './period.ts'
import { type Customers, type Spend, type SpendReport, spendReport } from './spend.ts'
import { addSums, canPrice, type ValueSums } from './sums.ts'
import { type Choosing, type Targeting, targetingOf } from './targeting.ts'
import { type Timed, type Timing, timingAt } from './timing.ts'
import { formatMoney, formatTotal, holdoutMismatch, REASONS } from './words.ts'

/** Everything that a report is made of, from the warehouse and the definitions. */
export interface ProgrammeFacts {
  readonly cells: readonly Cell[]
  /** The same people with what they did in one week or month each: money adds up to the whole, and a conversion counts in each it was done in. */
  readonly periods: readonly { readonly period: string; readonly cells: readonly Cell[] }[]
  /** The people who were in a segment at their first exposure. */
  readonly segments: readonly { readonly segment: string; readonly cells: readonly Cell[] }[]
  /** People by whether they were held out of the whole programme, of a quarter each. */
  readonly holdout: readonly HoldoutSums[]
  readonly spend: readonly Spend[]
  readonly customers: Customers
}

export interface ProgrammeOptions {
  readonly confidence?: number
  /** Length of the time, in days. */
  readonly days: number
  readonly currency: string
  readonly kpi: Kpi
  readonly hasMargin: boolean
  readonly experiences: ReadonlyMap<string, Pick<Experience, 'name' | 'tactic' | 'policy' | 'seed'> & Timed>
  /** From when on the time is, epoch milliseconds, and since when experiences run as they are: for what timing brought. */
  readonly from?: number | null
  readonly steady?: ReadonlyMap<string, number>
  /** Shares of people that were to be held out: before the first change within `holdout`, and after each. The log alone tells unless given. */
  readonly holdoutShares?: readonly number[]
  /** How long its weeks or months are; each is as long as the whole unless given. */
  readonly periods?: Pick<Periods, 'by' | 'zone'>
  readonly touchpoints: ReadonlyMap<string, Pick<Touchpoint, 'name' | 'channel' | 'stage'>>
}

export interface Row extends Effect {
  readonly key: string
  readonly name?: string
}

export interface ExperienceRow extends Row {
  readonly tactic: Tactic | null
  readonly targeting: Targeting
}

export interface TouchpointRow extends Row {
  readonly channel: Channel | null
  readonly stage: Stage | null
  /** Of each experience seen there first. */
  readonly targeting: readonly (Targeting & { readonly experience: string })[]
  readonly timing: Timing
}

/** What the whole programme brings. Plain JSON, no NaN, no Infinity. */
export interface Programme {
  readonly kpi: Kpi
  readonly currency: string
  readonly confidence: number
  readonly days: number
  readonly experiences: readonly ExperienceRow[]
  readonly touchpoints: readonly TouchpointRow[]
  readonly tactics: readonly Row[]
  readonly channels: readonly Row[]
  readonly stages: readonly Row[]
  readonly segments: readonly Row[]
  readonly periods: readonly Row[]
  /** All experiences, and what the holdout says of them. */
  readonly growth: { readonly kpi: Growth; readonly revenue: Growth; readonly net: Growth | null }
  readonly holdout: Effect & { readonly share: number | null; readonly sampleRatio: HoldoutRatio }
  readonly spend: SpendReport
  readonly notes: readonly string[]
  readonly sentence: string
}

const DAY_MS = 86_400_000

/**
 * A touchpoint's part of an experience is of the people who first saw the experience there: nobody is in two parts, and where somebody
 * saw it first is not yet its effect.
 */
export function programmeImpact(facts: ProgrammeFacts, options: ProgrammeOptions): Programme {
  const { confidence = DEFAULT_CONFIDENCE, days, currency, kpi, hasMargin, experiences, touchpoints } = options
  const spendOf = (experience: string) =>
    facts.spend.reduce((sum, one) => sum + (one.experience === experience ? one.amount : 0), 0)
  const from = options.from ?? null
  const base: EffectOptions = { confidence, days, from, currency, kpi, hasMargin }
  const drawOf = sharedDraws(facts.cells, experiences)
  const pairsByExperience = (cells: readonly Cell[]) =>
    [...groupBy(cells, ({ experience }) => experience)].flatMap(([experience, own]) => {
      const draw = drawOf(experience)
      return draw === undefined ? pairsOf(own) : pairsOf(own).map(pair => ({ ...pair, draw }))
    })
  const effect = (cells: readonly Cell[], spend = 0) => effectOf(pairsByExperience(cells), { ...base, spend })
  // What a week brought is of that week, and so is what a month of it would be.
  const effectIn = (period: string, cells: readonly Cell[]) => {
    const { periods } = options
    if (periods === undefined || from === null) return effect(cells)
    const inTime = { ...periods, from, to: from + days * DAY_MS }
    return effectOf(pairsByExperience(cells), { ...base, days: periodDays(period, inTime), from: null })
  }
  const named = (key: string, one: { name?: string } | undefined) =>
    one?.name === undefined ? { key } : { key, name: one.name }
  const choosingOf = (experience: string) => howChosen(experiences.get(experience)?.policy)
  const targeting = (experience: string, cells: readonly Cell[]) =>
    targetingOf(cells, choosingOf(experience), confidence, kpi.direction)

  const timingOptions = {
    confidence,
    days,
    from,
    experiences,
    steady: options.steady ?? new Map<string, number>(),
    show: (value: number) => formatTotal(value, kpi, currency),
  }

  const byExperience = groupBy(facts.cells, ({ experience }) => experience)
  // Spend is of a whole experience: it is told where all of the experience is.
  const spendIn = (cells: readonly Cell[]) =>
    [...groupBy(cells, ({ experience }) => experience)]
      .filter(([experience, own]) => own.length === byExperience.get(experience)?.length)
      .reduce((sum, [experience]) => sum + spendOf(experience), 0)
  const grouped = (keyOf: (cell: Cell) => string | undefined): Row[] =>
    [...groupBy(facts.cells, keyOf)].map(([key, cells]) => ({ key, ...effect(cells, spendIn(cells)) }))
  const allPairs = pairsByExperience(facts.cells)
  const holdoutPairs = quartersOf(facts.holdout)
  const sampleRatio = holdoutRatio(facts.holdout, options.holdoutShares ?? [])
  const onExperiences = facts.spend.reduce((sum, { experience, amount }) => sum + (experience === '' ? 0 : amount), 0)
  const grow = (measure: 'kpi' | 'revenue' | 'net', show: (value: number) => string) =>
    growthOf(allPairs, holdoutPairs, {
      measure,
      confidence,
      days,
      from,
      show,
      isSound: sampleRatio.verdict !== 'mismatch',
      ...(measure === 'net' && { spend: onExperiences }),
    })
  const show = (value: number) => formatMoney(value, currency)
  const everybody = addSums([...allPairs, ...holdoutPairs].flatMap(pair => [pair.personalized, pair.control]))
  const isPriced = hasMargin && canPrice(everybody)
  const growth = {
    kpi: grow('kpi', value => formatTotal(value, kpi, currency)),
    revenue: grow('revenue', show),
    net: isPriced ? grow('net', show) : null,
  }
  const [held, free] = [true, false].map(heldOut =>
    facts.holdout.reduce((sum, one) => sum + (one.heldOut === heldOut ? one.sums.people : 0), 0),
  ) as [number, number]
  return {
    kpi,
    currency,
    confidence,
    days,
    experiences: [...byExperience].map(([key, cells]) => ({
      ...named(key, experiences.get(key)),
      tactic: experiences.get(key)?.tactic ?? null,
      ...effect(cells, spendOf(key)),
      targeting: targeting(key, cells),
    })),
    touchpoints: [...groupBy(facts.cells, ({ touchpoint }) => touchpoint)].map(([key, cells]) => ({
      ...named(key, touchpoints.get(key)),
      channel: touchpoints.get(key)?.channel ?? null,
      stage: touchpoints.get(key)?.stage ?? null,
      ...effect(cells, spendIn(cells)),
      targeting: [...groupBy(cells, ({ experience }) => experience)].map(([experience, own]) => ({
        experience,
        ...targeting(experience, own),
      })),
      timing: timingAt(cells, timingOptions),
    })),
    tactics: grouped(({ experience }) => experiences.get(experience)?.tactic),
    channels: grouped(({ touchpoint }) => touchpoints.get(touchpoint)?.channel),
    stages: grouped(({ touchpoint }) => touchpoints.get(touchpoint)?.stage),
    segments: facts.segments.map(({ segment, cells }) => ({ key: segment, ...effect(cells) })),
    periods: facts.periods.map(({ period, cells }) => ({ key: period, ...effectIn(period, cells) })),
    growth,
    holdout: {
      ...effectOf(holdoutPairs, { ...base, spend: onExperiences }),
      share: held + free > 0 ? held / (held + free) : null,
      sampleRatio,
    },
    spend: spendReport(facts.spend, facts.customers, { hasMargin, confidence }),
    notes: notesOf({ hasMargin, isPriced, everybody, byExperience, holdoutPairs, sampleRatio, days, from }),
    sentence: (growth.net ?? growth.revenue).sentence,
  }
}

function groupBy(cells: readonly Cell[], keyOf: (cell: Cell) => string | undefined): Map<string, Cell[]> {
  const groups = new Map<string, Cell[]>()
  for (const cell of cells) {
    const key = keyOf(cell)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [cell])
    else group.push(cell)
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** By what an experience draws who is left out, where another one in the report draws by the same. */
function sharedDraws(
  cells: readonly Cell[],
  experiences: ProgrammeOptions['experiences'],
): (experience: string) => Pair['draw'] {
  const keys = [...new Set(cells.map(({ experience }) => experience))]
  const seedOf = (experience: string) => experiences.get(experience)?.seed ?? experience
  return experience => {
    const seed = seedOf(experience)
    const isShared = keys.some(other => other !== experience && seedOf(other) === seed)
    return isShared ? { seed, experience } : undefined
  }
}

/** Not held out against held out, a quarter each. */
function quartersOf(holdout: ProgrammeFacts['holdout']): Pair[] {
  const sums = (quarter: string, heldOut: boolean) =>
    addSums(holdout.filter(one => one.quarter === quarter && one.heldOut === heldOut).map(one => one.sums))
  return [...new Set(holdout.map(({ quarter }) => quarter))].map(quarter => ({
    personalized: sums(quarter, false),
    control: sums(quarter, true),
  }))
}

/** Rules and contextual bandits look at the person; a split, a rollout and a plain bandit do not. */
function howChosen(policy: Experience['policy']): Choosing {
  return policy?.kind === 'rules' || policy?.kind === 'contextual' ? 'person' : 'chance'
}

/** What a reader must know before believing the numbers. */
function notesOf(of: {
  hasMargin: boolean
  isPriced: boolean
  everybody: ValueSums
  byExperience: ReadonlyMap<string, readonly Cell[]>
  holdoutPairs: readonly Pair[]
  sampleRatio: HoldoutRatio
  days: number
  from: number | null
}): string[] {
  const notes: string[] = []
  if (!of.hasMargin) {
    notes.push('No margin is set, so revenue is shown and not what remains of it: name impact.margin in the settings.')
  } else if (!of.isPriced) {
    notes.push(
      'Of too many orders the margin is not known, so what remains of the revenue is not shown: send it with the order, or set impact.margin.rate.',
    )
  } else if (of.everybody.unpriced > 0) {
    notes.push('Of a few orders the margin is not known; they count as without any.')
  }
  for (const [experience, cells] of of.byExperience) {
    const pairs = pairsOf(cells)
    const alone = pairs.reduce((sum, pair) => sum + (canCompare(pair) ? 0 : pair.personalized.people), 0)
    if (!pairs.some(canCompare)) notes.push(`"${experience}" is not in the sum: ${REASONS[missingOf(pairs)]}.`)
    else if (alone > 0) {
      const people = `${many(alone, 'person', 'people')} saw "${experience}"`
      notes.push(`${people} in a version without a control group: what it brought of them is not in the sum.`)
    }
  }
  if (of.sampleRatio.verdict === 'mismatch') notes.push(holdoutMismatch(of.sampleRatio))
  if (of.holdoutPairs.length > 1 && of.holdoutPairs.some(pair => !canCompare(pair))) {
    notes.push('In some of the time nobody was held out; it is taken to be like the rest.')
  }
  if (isShort(of.days)) notes.push(`${notYet(of.from)}.`)
  return notes
}
