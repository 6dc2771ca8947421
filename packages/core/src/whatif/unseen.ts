import { type Component, PRODUCTS, productAt, type WhatIfSums } from './sums.ts'

/**
 * The sums with one person more than was seen, of as many decisions as people have on average, and with the average prediction. Their
 * weight and the better of the two rewards are those of whoever a unit of weight, or of reward, belongs to on average (Σ w² / Σ w):
 * of equal weights it is theirs, and of conversions it is 1.
 */
export function withUnseen(sums: WhatIfSums, end: 'low' | 'high'): WhatIfSums {
  const { people, sums: totals } = sums
  const product = (a: Component, b: Component) => sums.products[productAt(a, b)]!
  const n = totals.n / people
  const w = totals.w > 0 ? product('w', 'w') / totals.w : 0
  const reward = rewardAt(end, sums, product('r', 'r') / product('r', 'n'))
  const dm = totals.dm / people
  const surprise = w * (reward - dm / n)
  const person: Record<Component, number> = { n, r: n * reward, w, wr: w * reward, dm, dr: surprise, sw: surprise }
  const added = Object.entries(totals).map(([c, total]) => [c, total + person[c as Component]])
  return {
    ...sums,
    people: people + 1,
    sums: Object.fromEntries(added) as WhatIfSums['sums'],
    products: sums.products.map((x, i) => x + person[PRODUCTS[i]![0]] * person[PRODUCTS[i]![1]]),
  }
}

/** `usual`: where a unit of reward lies on average; not a number where there is none. */
function rewardAt(end: 'low' | 'high', { minReward, maxReward }: WhatIfSums, usual: number): number {
  if (end === 'high') return usual > 0 ? Math.min(maxReward, usual) : maxReward
  return usual < 0 ? Math.max(minReward, usual) : minReward
}
