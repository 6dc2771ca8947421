/**
 * What decisions have bound a business to, for one person: how often something was shown, what was offered, which price was
 * quoted. It is no function of the person's events (R10) but of what was answered, in the order of commits.
 */
export interface Bound {
  /** Grows with each commit that binds: a decision that was made on an older one is made again (R1). */
  readonly version: number
  /** The last times something was served or seen, ascending, by a cap's key. */
  readonly shows: Readonly<Record<string, readonly number[]>>
  /** By experience. */
  readonly grants: Readonly<Record<string, Grant>>
  /** By catalog item. */
  readonly quotes: Readonly<Record<string, Quote>>
  /** First exposures to experiences that others depend on, by experience. */
  readonly seen: Readonly<Record<string, Seen>>
  /** What sticky splits gave, by `assignedKey`. Absent: nothing. */
  readonly assigned?: Readonly<Record<string, Assigned>>
}

/** An offer that a person was given. Those left out have one too, so that it is over for them when it is for the others. */
export interface Given {
  readonly at: number
  /** '' for those left out, and for those whose content could not be made: they were given nothing. */
  readonly variant: string
  /**
   * When their turn began, where what they were to be shown could not be made then: they have their place as those left out do,
   * and what they are given later ends with it. Absent: at `at`, or they were left out.
   */
  readonly turn?: number
  /** Under which it is reserved. */
  readonly key: string
  readonly code?: string
  /** Epoch milliseconds; absent: it does not expire. */
  readonly expires?: number
  readonly redeemed?: number
  /** What was reserved for it was given back, since the person used another of `others`. */
  readonly freed?: true
}

/** What a person has of an offer. */
export interface Grant extends Given {
  /** What else of it they were given before two people turned out to be one: they may use any of them, as often as one. */
  readonly others?: readonly Given[]
}

/** A price that a person was told. */
export interface Quote {
  readonly at: number
  /** The person keeps it until then. */
  readonly until: number
  readonly price: number
  /** The catalog's price when it was made. */
  readonly list: number
  readonly currency?: string
  readonly experience: string
  readonly version: number
  readonly variant: string
  /** The guardrail that held the price the variant asks for. */
  readonly limited?: 'floor' | 'ceiling'
}

export interface Seen {
  readonly at: number
  /** '' where the default content of the control group or the holdout was seen. */
  readonly variant: string
}

/** What a sticky split gave a person. Those left out have one too, so that they keep their place beside the others. */
export interface Assigned {
  readonly at: number
  /** `holdout`: only the place is kept; when they are in the holdout no more they are drawn for. */
  readonly arm: 'variant' | 'control' | 'holdout'
  /** '' for those left out. */
  readonly variant: string
  /** Of the draw it came from, as it was logged then. In (0, 1]. */
  readonly propensity: number
}

/** An experience that is drawn by another seed has begun anew: what it gave before is not found any more. */
export function assignedKey(experience: string, seed: string): string {
  return `${experience}:${seed}`
}

/** What one decision binds. */
export interface Binding {
  /** Cap keys that are shown now, and how many times of each matter. */
  readonly shows: readonly { readonly key: string; readonly keep: number }[]
  readonly grants: Readonly<Record<string, Grant>>
  readonly quotes: Readonly<Record<string, Quote>>
  /** Absent: nothing. */
  readonly assigned?: Readonly<Record<string, Assigned>>
}

/**
 * Bounds (R11), and what goes first at each: of shows the key shown longest ago; of grants those over longest, then the oldest; of
 * quotes those over longest; of seen experiences those seen longest ago; of what was assigned what was so longest ago; of other
 * grants of one offer those over longest.
 */
export const BOUND_LIMITS = {
  shows: 100,
  times: 100,
  grants: 100,
  quotes: 100,
  seen: 100,
  assigned: 100,
  others: 10,
} as const

export const UNBOUND: Bound = { version: 0, shows: {}, grants: {}, quotes: {}, seen: {} }

/** After a decision at `at`. */
export function withBinding(bound: Bound, binding: Binding, at: number): Bound {
  const shows: Record<string, readonly number[]> = { ...bound.shows }
  for (const { key, keep } of binding.shows) shows[key] = withTime(own(shows, key) ?? [], at, keep)
  const assigned = binding.assigned === undefined ? bound.assigned : { ...bound.assigned, ...binding.assigned }
  return {
    version: bound.version + 1,
    shows: newestShows(shows),
    grants: newest({ ...bound.grants, ...binding.grants }, BOUND_LIMITS.grants, overAt),
    quotes: newest({ ...bound.quotes, ...binding.quotes }, BOUND_LIMITS.quotes, quote => quote.until),
    seen: bound.seen,
    ...(assigned && { assigned: newest(assigned, BOUND_LIMITS.assigned, ({ at }) => at) }),
  }
}

/** After an exposure to an answer: it counts for its experience and its touchpoint, and of the experience the first is kept. */
export function withExposure(
  bound: Bound,
  {
    experience,
    touchpoint,
    variant,
  }: { readonly experience: string; readonly touchpoint: string; readonly variant: string },
  at: number,
): Bound {
  const keys = [...(experience === '' ? [] : [`seen:experience:${experience}`]), `seen:touchpoint:${touchpoint}`]
  const shows: Record<string, readonly number[]> = { ...bound.shows }
  for (const key of keys) shows[key] = withTime(own(shows, key) ?? [], at, BOUND_LIMITS.times)
  const before = own(bound.seen, experience)
  const first = experience !== '' && (before === undefined || at < before.at)
  return {
    ...bound,
    shows: newestShows(shows),
    seen: first
      ? newest({ ...bound.seen, [experience]: { at, variant } }, BOUND_LIMITS.seen, one => one.at)
      : bound.seen,
  }
}

/**
 * Two persons as one: both were shown what each was; of two variants or prices for the same the earlier holds, of prices among those that
 * are not over at `now`. Of two grants of one offer too, but the other is kept beside it: its code was told.
 */
export function mergedBound(
  a: Bound | undefined,
  b: Bound | undefined,
  now = Number.NEGATIVE_INFINITY,
): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const shows: Record<string, readonly number[]> = { ...a.shows }
  for (const [key, times] of Object.entries(b.shows)) {
    const both = [...(own(shows, key) ?? []), ...times]
    shows[key] = both.sort((x, y) => x - y).slice(-BOUND_LIMITS.times)
  }
  const assigned = a.assigned && b.assigned ? firstAssigned(a.assigned, b.assigned) : (a.assigned ?? b.assigned)
  return {
    version: Math.max(a.version, b.version) + 1,
    shows: newestShows(shows),
    grants: newest(bothGrants(a.grants, b.grants), BOUND_LIMITS.grants, overAt),
    quotes: newest(standingQuotes(a.quotes, b.quotes, now), BOUND_LIMITS.quotes, quote => quote.until),
    seen: newest(earlier(a.seen, b.seen), BOUND_LIMITS.seen, ({ at }) => at),
    ...(assigned && { assigned: newest(assigned, BOUND_LIMITS.assigned, ({ at }) => at) }),
  }
}

function withTime(times: readonly number[], at: number, keep: number): readonly number[] {
  const most = Math.min(Math.max(keep, 1), BOUND_LIMITS.times)
  const last = times.at(-1)
  const all = last === undefined || last <= at ? [...times, at] : [...times, at].sort((a, b) => a - b)
  return all.slice(-most)
}

function newestShows(shows: Readonly<Record<string, readonly number[]>>): Readonly<Record<string, readonly number[]>> {
  return newest(shows, BOUND_LIMITS.shows, times => times.at(-1) ?? 0)
}

/**
 * What is kept of it towards a part of the person, when they turn out to be two. Where each was given an offer before they were
 * united each has their own again; for the rest what was promised cannot be told apart, and is kept towards both.
 */
export function boundOfPart(bound: Bound, sources: readonly string[]): Bound {
  const grants = Object.entries(bound.grants).map(([experience, grant]): [string, Grant] => {
    if (grant.others === undefined) return [experience, grant]
    const { others, ...held } = grant
    const own = allGiven(grant).filter(({ key }) => sources.some(source => key.startsWith(`${source}:`)))
    return [experience, own.length === 0 ? held : asGrant(own)]
  })
  return { ...bound, grants: Object.fromEntries(grants) }
}

/** What a person was given of an offer, whatever became of it. */
export function allGiven({ others = [], ...held }: Grant): readonly Given[] {
  return [held, ...others]
}

function bothGrants(a: Bound['grants'], b: Bound['grants']): Bound['grants'] {
  const both: Record<string, Grant> = { ...a }
  for (const [experience, grant] of Object.entries(b)) {
    const other = own(a, experience)
    both[experience] = other === undefined ? grant : asGrant([...allGiven(other), ...allGiven(grant)])
  }
  return both
}

/** What was used goes first, then what came first. Places of those left out yield to what was given. */
function asGrant(all: readonly Given[]): Grant {
  const byKey = new Map<string, Given>()
  const isGiven = all.some(({ variant }) => variant !== '')
  for (const one of [...all].sort(inOrder)) {
    if (isGiven && one.variant === '') continue
    const same = byKey.get(one.key)
    if (same === undefined) byKey.set(one.key, one)
    else if (one.freed && same.redeemed === undefined) byKey.set(one.key, { ...same, freed: true })
  }
  const [held, ...rest] = [...byKey.values()] as [Given, ...Given[]]
  // Of people who were left out nothing but the place is kept, the earlier.
  if (rest.length === 0 || !isGiven) return held
  const kept = [...rest].sort((x, y) => overAt(y) - overAt(x) || inOrder(x, y)).slice(0, BOUND_LIMITS.others)
  return { ...held, others: kept.sort(inOrder) }
}

function inOrder(a: Given, b: Given): number {
  const [usedA, usedB] = [a.redeemed ?? Number.MAX_VALUE, b.redeemed ?? Number.MAX_VALUE]
  return usedA - usedB || a.at - b.at || (a.key === b.key ? 0 : a.key < b.key ? -1 : 1)
}

/** When a grant is over; one that does not expire and was not used is over last. */
function overAt({ at, expires, redeemed }: Given): number {
  // Behind all that have an end, but the oldest of them first.
  return redeemed ?? expires ?? 1e15 + at
}

/** The `limit` for which `age` is greatest; of equals those whose key is smaller. */
function newest<T>(
  record: Readonly<Record<string, T>>,
  limit: number,
  age: (one: T) => number,
): Readonly<Record<string, T>> {
  const keys = Object.keys(record)
  if (keys.length <= limit) return record
  keys.sort((a, b) => age(record[b]!) - age(record[a]!) || (a < b ? -1 : 1))
  return Object.fromEntries(keys.slice(0, limit).map(key => [key, record[key]!]))
}

function earlier<T extends { readonly at: number }>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>) {
  const both: Record<string, T> = { ...a }
  for (const [key, one] of Object.entries(b)) {
    const other = own(a, key)
    if (other === undefined || one.at < other.at) both[key] = one
  }
  return both
}

/** Of two prices the earlier; but one that is over at `now` is a promise no more, and yields to one that is not. */
function standingQuotes(a: Bound['quotes'], b: Bound['quotes'], now: number): Bound['quotes'] {
  const both: Record<string, Quote> = { ...earlier(a, b) }
  for (const [item, quote] of Object.entries(both)) {
    const other = [own(a, item), own(b, item)].find(one => one !== undefined && one.until > now)
    if (quote.until <= now && other !== undefined) both[item] = other
  }
  return both
}

/** Of two the earlier, whichever comes first; but a mere place yields to what was drawn. */
function firstAssigned(a: Readonly<Record<string, Assigned>>, b: Readonly<Record<string, Assigned>>) {
  const both: Record<string, Assigned> = { ...a }
  for (const [key, one] of Object.entries(b)) {
    const other = own(a, key)
    if (other === undefined || goesFirst(one, other)) both[key] = one
  }
  return both
}

function goesFirst(one: Assigned, other: Assigned): boolean {
  const [place, otherPlace] = [one.arm === 'holdout', other.arm === 'holdout']
  if (place !== otherPlace) return otherPlace
  if (one.at !== other.at) return one.at < other.at
  // The same instant: a variant has been promised, the control group has not.
  return one.arm === other.arm ? one.variant < other.variant : one.arm === 'variant'
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
