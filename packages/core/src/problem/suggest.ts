/** How many known names a mend lists before it says how many more there are. */
const LISTED = 12

/** The mend for an unknown name: the nearest known one, or all of them. `plural` says what they are. */
export function nearest(name: string, known: Iterable<string>, plural: string): string {
  const names = [...known]
  const near = nearestOf(name, names)
  if (near !== undefined) return `did you mean "${near}"?`
  if (names.length === 0) return `there are no ${plural} yet`
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : ''
  return `known ${plural}: ${names.slice(0, LISTED).join(', ')}${more}`
}

/** The name that a slip of the hand could have meant: a third of its letters may differ, but no more than three. */
function nearestOf(name: string, known: readonly string[]): string | undefined {
  const slack = Math.min(3, Math.ceil(name.length / 3))
  let best: string | undefined
  let least = slack + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), least)
    if (distance < least) {
      best = candidate
      least = distance
    }
  }
  return best
}

/** The name that was meant where nothing but a slip can be: a letter more, less or other, two that changed places, in long names two such. */
export function slipOf(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase()
  return known.find(candidate => {
    const other = candidate.toLowerCase()
    const distance = editDistance(lower, other, 3)
    return distance <= (candidate.length > LONG ? 2 : 1) || (distance === 2 && sorted(lower) === sorted(other))
  })
}

const LONG = 6

function sorted(name: string): string {
  return [...name].sort().join('')
}

/** Levenshtein distance; `limit` where it is at least that. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(swap, previous[j]! + 1, row[j - 1]! + 1))
    }
    previous = row
  }
  return Math.min(limit, previous[b.length]!)
}
