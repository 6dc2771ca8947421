/**
 * An un-merge told a source apart from another: their people are not united again by what events say, but only by `rejoin`. Both
 * people keep it, each with its own source first, and it goes where that source goes.
 */
export interface Split {
  readonly own: string
  readonly other: string
  /** When, epoch milliseconds. */
  readonly at: number
}

/** True when something keeps these two apart. */
export function areSplit(
  a: { readonly splits?: readonly Split[] },
  b: { readonly sources: readonly string[] },
): boolean {
  return a.splits?.some(({ other }) => b.sources.includes(other)) ?? false
}

/**
 * The splits of the smaller side against the larger side's first source: enough to keep the two apart as long as that source stays
 * there, and never more than the smaller side has sources.
 */
export function splitsBetween(a: readonly string[], b: readonly string[], at: number): { a: Split[]; b: Split[] } {
  if (a.length > b.length) {
    const { a: ofB, b: ofA } = splitsBetween(b, a, at)
    return { a: ofA, b: ofB }
  }
  const [other] = b
  if (other === undefined) throw new Error('a split from nobody')
  return {
    a: a.map(own => ({ own, other, at })),
    b: a.map(source => ({ own: other, other: source, at })),
  }
}

/** Those that still tell a person apart from somebody else: splits within one person are over. */
export function splitsOf(splits: readonly Split[], sources: readonly string[]): readonly Split[] {
  return splits.filter(({ own, other }) => sources.includes(own) && !sources.includes(other))
}
