import { addSums, sumsAsPersonalized, type ValueSums, type WeightedValueSums } from './sums.ts'

/**
 * The people of one arm of an experience whose first exposure to it was at one touchpoint and under one version. A person is in
 * one cell of an experience, and may be in cells of several experiences.
 */
export interface Cell {
  readonly experience: string
  readonly touchpoint: string
  readonly version: number
  readonly control: boolean
  /** '' in the control group. */
  readonly variant: string
  /**
   * Mean chance of this arm at the first exposure, as logged. Where the control group of a version has several chances, its cells hold
   * people of one chance each (within a hundredth).
   */
  readonly propensity: number
  readonly sums: ValueSums
  /** Of those who are not in the control group, for judging variants by the chance they were shown with. */
  readonly weighted?: WeightedSums
}

/** Sums with w = 1 / (the person's chance of the variant, as logged). */
export interface WeightedSums {
  /** Of w, and w². */
  readonly weight: number
  readonly weightSquares: number
  /** Of w x kpi, w x kpi², w² x kpi and w² x kpi². */
  readonly kpi: number
  readonly kpiSquares: number
  readonly squaredKpi: number
  readonly squaredKpiSquares: number
}

/**
 * Two groups whose difference is what was brought: the same chances of being left out for all people of both, or a control group that counts by
 * them.
 */
export interface Pair {
  readonly personalized: ValueSums
  readonly control: ValueSums | WeightedValueSums
  /** Of what experience it is, where others have the same seed: these leave out the same people. */
  readonly draw?: { readonly seed: string; readonly experience: string }
}

/** Shares that differ by less are one share. */
const SAME_SHARE = 1e-6

/** A control group that ought to have had fewer people than this may have had none by chance. */
const MAY_BE_NOBODY = 10

/**
 * The groups to compare, from the cells of **one** experience. Versions with another share of people in the control group are
 * compared each for itself: later people may be other people. So are people of a version that left nobody out: they have nobody to be compared
 * with. A version so small that its control group may be missing by chance goes with the largest. Versions that left out some of their people
 * with another chance than others (imported decisions, a sticky split whose control group was changed) are one pair, in which the control group
 * counts by its chances: of those who seldom were left out few are in it, and they may be other people.
 */
export function pairsOf(cells: readonly Cell[]): Pair[] {
  const uneven = unevenVersions(cells)
  const byChance = cells.filter(({ version }) => uneven.has(version))
  const pairs = pairsByShare(cells.filter(({ version }) => !uneven.has(version)))
  if (byChance.length === 0) return pairs
  const { personalized } = pairIn(byChance)
  return [...pairs, { personalized, control: sumsAsPersonalized(byChance.filter(({ control }) => control)) }]
}

/** The version of decisions made elsewhere. */
const ELSEWHERE = 0

/**
 * Versions of which the control group has several chances. Of decisions made elsewhere a chance of 1 says that nobody wrote it down: then
 * people cannot count by them.
 */
function unevenVersions(cells: readonly Cell[]): ReadonlySet<number> {
  const known = new Map<number, number>()
  const uneven = new Set<number>()
  const unstated = new Set<number>()
  for (const { version, control, propensity } of cells) {
    if (!control) continue
    if (version === ELSEWHERE && propensity > 1 - SAME_SHARE) unstated.add(version)
    const other = known.get(version)
    if (other === undefined) known.set(version, propensity)
    else if (Math.abs(other - propensity) >= SAME_SHARE) uneven.add(version)
  }
  return new Set([...uneven].filter(version => !unstated.has(version)))
}

/** Of each version the chance of being left out, on average over those who were. */
function sharesOf(cells: readonly Cell[]): ReadonlyMap<number, number> {
  const shares = new Map<number, { people: number; share: number }>()
  for (const { version, control, propensity, sums } of cells) {
    if (!control) continue
    const { people, share } = shares.get(version) ?? { people: 0, share: propensity }
    const all = people + sums.people
    shares.set(version, { people: all, share: all > 0 ? share + ((propensity - share) * sums.people) / all : share })
  }
  return new Map([...shares].map(([version, { share }]) => [version, share]))
}

function pairsByShare(cells: readonly Cell[]): Pair[] {
  const strata: { share: number; cells: Cell[] }[] = []
  const shares = sharesOf(cells)
  for (const cell of cells.filter(({ control }) => control)) {
    const own = shares.get(cell.version)!
    const known = strata.find(({ share }) => Math.abs(share - own) < SAME_SHARE)
    if (known === undefined) strata.push({ share: own, cells: [cell] })
    else known.cells.push(cell)
  }
  strata.sort((a, b) => peopleOf(b.cells) - peopleOf(a.cells))
  const stratumOf = new Map(strata.flatMap(stratum => stratum.cells.map(({ version }) => [version, stratum])))
  const alone = new Map<number, Cell[]>()
  for (const cell of cells.filter(({ control }) => !control)) {
    const stratum = stratumOf.get(cell.version)
    if (stratum === undefined) alone.set(cell.version, [...(alone.get(cell.version) ?? []), cell])
    else stratum.cells.push(cell)
  }
  const [largest] = strata
  const leftOut = largest === undefined ? Number.POSITIVE_INFINITY : shareLeftOut(largest.cells)
  const rest: Cell[] = []
  for (const own of alone.values()) {
    const isSmall = largest !== undefined && peopleOf(own) * leftOut < MAY_BE_NOBODY
    ;(isSmall ? largest.cells : rest).push(...own)
  }
  const pairs = strata.map(stratum => pairIn(stratum.cells))
  return rest.length === 0 ? pairs : [...pairs, pairIn(rest)]
}

const peopleOf = (cells: readonly Cell[]) => cells.reduce((sum, { sums }) => sum + sums.people, 0)

/** People of the control group to each of the others. */
function shareLeftOut(cells: readonly Cell[]): number {
  const control = peopleOf(cells.filter(cell => cell.control))
  return control / (peopleOf(cells) - control)
}

function pairIn(cells: readonly Cell[]): Pair {
  const sumsOf = (control: boolean) => addSums(cells.filter(cell => cell.control === control).map(({ sums }) => sums))
  return { personalized: sumsOf(false), control: sumsOf(true) }
}
