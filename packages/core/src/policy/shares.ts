import { getBucketRanges, POINTS, shareOf } from '../bucket/bucket.ts'
import { MAX_MASKS } from './limits.ts'
import { entryAt } from './points.ts'

/**
 * Stated shares of the variants, for everybody and for ever: a person's point decides. Where a variant may not be shown, only
 * those who would get it move: its points are divided among the others by their shares. All else stay where they are.
 */
export interface Shares {
  /** The chances of the eligible ones, in points. */
  points(eligible?: readonly boolean[]): Int32Array
  /** Index of the variant at point `k`; -1 where none is eligible. */
  at(k: number, eligible?: readonly boolean[]): number
}

interface Table {
  readonly points: Int32Array
  /** Points side by side, and whose each is. */
  readonly lengths: Int32Array
  readonly owners: Int32Array
}

/** Weights of which not all are 0. With all variants eligible the points are those of `getBucketRanges`. */
export function compileShares(weights: readonly number[]): Shares {
  const lengths = Int32Array.from(getBucketRanges(weights.length, 1, weights), range =>
    Math.round(shareOf(range) * POINTS),
  )
  // Weights may fall short of 1 by rounding: the last point is the last variant's.
  lengths[lengths.length - 1]! += POINTS - lengths.reduce((sum, n) => sum + n, 0)
  const whole: Table = { points: lengths, lengths, owners: lengths.map((_, i) => i) }
  const masked = new Map<string, Table>()
  const tableOf = (eligible: readonly boolean[] | undefined): Table => {
    if (eligible === undefined || !eligible.includes(false)) return whole
    const key = maskKey(eligible)
    const known = masked.get(key)
    if (known !== undefined) return known
    const table = restrict(lengths, eligible)
    if (masked.size < MAX_MASKS) masked.set(key, table)
    return table
  }
  return {
    points: eligible => tableOf(eligible).points,
    at(k, eligible) {
      const table = tableOf(eligible)
      const place = entryAt(table.lengths, k)
      return place === -1 ? -1 : table.owners[place]!
    },
  }
}

/** A set of eligible variants as a key. */
export function maskKey(eligible: readonly boolean[]): string {
  let key = ''
  for (const yes of eligible) key += yes ? '1' : '0'
  return key
}

function restrict(lengths: Int32Array, eligible: readonly boolean[]): Table {
  const points = new Int32Array(lengths.length)
  const total = lengths.reduce((sum, n, i) => sum + (eligible[i] ? n : 0), 0)
  const heirs = [...lengths.keys()].filter(i => eligible[i])
  if (heirs.length === 0) return { points, lengths: points, owners: points }
  // Eligible variants of no share at all inherit equally, rather than leave the person with nothing.
  const shares = heirs.map(i => (total > 0 ? lengths[i]! / total : 1 / heirs.length))
  const places: number[] = []
  const owners: number[] = []
  const give = (owner: number, length: number) => {
    places.push(length)
    owners.push(owner)
    points[owner]! += length
  }
  for (const [i, length] of lengths.entries()) {
    if (eligible[i]) give(i, length)
    else for (const [n, part] of divide(length, shares).entries()) give(heirs[n]!, part)
  }
  return { points, lengths: Int32Array.from(places), owners: Int32Array.from(owners) }
}

/** Whole parts of a length, nearly by share. */
function divide(length: number, shares: readonly number[]): number[] {
  let done = 0
  let reached = 0
  return shares.map((share, i) => {
    reached += share
    const end = i === shares.length - 1 ? length : Math.round(reached * length)
    const part = end - done
    done = end
    return part
  })
}
