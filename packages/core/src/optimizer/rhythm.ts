/** A count that fell out of its weekly rhythm. */
export interface Drop {
  /** In the last 24 hours. */
  readonly count: number
  /** What is usual for that day of the week. */
  readonly usual: number
}

/** Fewer a day come and go by chance. */
const FEWEST = 20
/** So many of the same day of earlier weeks, or failing that of the last days, are compared with. */
const WEEKS = 4
const FEWEST_DAYS = 7
/** Not less than half of the usual: traffic falls that much for reasons of its own. */
const SHARPLY = 0.5
/** Standard deviations below the usual, of how this count varies about its own rhythm and of chance. */
const DEVIATIONS = 5

/**
 * Whether the last of these counts, a period of 24 hours each, is sharply below what its day of the week had: less than half, and
 * further away than its own ups and downs and chance explain. Undefined where it is not, or where too little is known. `expect` scales
 * what is usual, such as when fewer people came for a reason that is known.
 */
export function dropOf(counts: readonly number[], expect = 1): Drop | undefined {
  const last = counts.length - 1
  if (last < FEWEST_DAYS) return undefined
  // Gone for a week is gone on purpose, or was said before.
  if (counts.slice(-FEWEST_DAYS).every(n => n === 0)) return undefined
  const count = counts[last]!
  const usualAt = (at: number) => {
    const same = Array.from({ length: WEEKS }, (_, week) => counts[at - 7 * (week + 1)]).filter(n => n !== undefined)
    return same.length >= 2 ? median(same) : median(counts.slice(Math.max(0, at - FEWEST_DAYS), at))
  }
  const usual = usualAt(last) * expect
  if (usual < FEWEST || count >= SHARPLY * usual) return undefined
  const ratios = counts.slice(FEWEST_DAYS, last).flatMap((n, i) => {
    const there = usualAt(i + FEWEST_DAYS)
    return there > 0 ? [n / there - 1] : []
  })
  // By the middle of their distances, which one odd day does not move; 1.4826 makes it a standard deviation.
  const spread = ratios.length < FEWEST_DAYS ? UNKNOWN_SPREAD : 1.4826 * median(ratios.map(Math.abs))
  const deviation = Math.sqrt(usual + (spread * usual) ** 2)
  // To nothing at all is more than any spread explains that leaves something on most days.
  const isNone = count === 0 && counts.slice(0, last).every(n => n > 0)
  return isNone || usual - count > DEVIATIONS * deviation ? { count, usual } : undefined
}

/** Of a count whose ups and downs are not known yet: only a fall to less than a quarter of something large is told then, or to nothing. */
const UNKNOWN_SPREAD = 0.15

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return 0
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
