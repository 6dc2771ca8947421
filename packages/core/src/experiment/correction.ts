/**
 * p-values adjusted for being several, in the order given: compare them with 1 - confidence as one would a single one. A null
 * is a comparison that could not be made: it stays null and is not counted.
 */
export type Correction = (pValues: readonly (number | null)[]) => (number | null)[]

export const corrections = { holm, 'benjamini-hochberg': benjaminiHochberg } satisfies Record<string, Correction>

/** Holm 1979: the chance of even one false discovery stays below 1 - confidence, whatever the dependence. */
export function holm(pValues: readonly (number | null)[]): (number | null)[] {
  const order = ascending(pValues)
  const adjusted = [...pValues]
  let highest = 0
  order.forEach(({ p, index }, rank) => {
    highest = Math.max(highest, Math.min(1, (order.length - rank) * p))
    adjusted[index] = highest
  })
  return adjusted
}

/** Benjamini and Hochberg 1995: of the discoveries, on average at most 1 - confidence are false (independent or positively dependent). */
export function benjaminiHochberg(pValues: readonly (number | null)[]): (number | null)[] {
  const order = ascending(pValues)
  const adjusted = [...pValues]
  let lowest = 1
  for (let rank = order.length; rank > 0; rank--) {
    const { p, index } = order[rank - 1]!
    lowest = Math.min(lowest, (order.length / rank) * p)
    adjusted[index] = lowest
  }
  return adjusted
}

function ascending(pValues: readonly (number | null)[]): { p: number; index: number }[] {
  return pValues
    .flatMap((p, index) => {
      if (p !== null && !(p >= 0 && p <= 1)) throw new RangeError(`a p-value is between 0 and 1, got ${p}`)
      return p === null ? [] : [{ p, index }]
    })
    .sort((a, b) => a.p - b.p)
}
