/** What decides the order in which an item must arrive: the people it names. */
export interface Laned {
  /** Identifiers in it, `userId:…`, `anonymousId:…`. */
  readonly people: readonly string[]
}

/**
 * Divides items into lanes that can be sent at the same time: items that share a person, directly or through others, are in one
 * lane and keep their order. So several requests are in flight, and yet each person's events arrive in theirs.
 */
export function lanes<T extends Laned>(items: readonly T[], count: number): T[][] {
  const parent = new Map<string, string>()
  const root = (person: string): string => {
    let top = person
    for (let up = parent.get(top); up !== undefined && up !== top; up = parent.get(top)) top = up
    for (let at = person; at !== top; ) {
      const up = parent.get(at)!
      parent.set(at, top)
      at = up
    }
    return top
  }
  for (const { people } of items) {
    for (const person of people) if (!parent.has(person)) parent.set(person, person)
    for (let i = 1; i < people.length; i++) parent.set(root(people[i]!), root(people[0]!))
  }
  const result: T[][] = Array.from({ length: count }, () => [])
  const laneOf = new Map<string, T[]>()
  const size = new Map<T[], number>(result.map(lane => [lane, 0]))
  // Sizes of the groups first, so that a large one does not come on top of a full lane.
  const sizes = new Map<string, number>()
  for (const { people } of items) {
    const top = people[0] === undefined ? '' : root(people[0])
    sizes.set(top, (sizes.get(top) ?? 0) + 1)
  }
  for (const [top, members] of sizes) {
    const lane = result.reduce((best, other) => (size.get(other)! < size.get(best)! ? other : best))
    laneOf.set(top, lane)
    size.set(lane, size.get(lane)! + members)
  }
  for (const item of items) laneOf.get(item.people[0] === undefined ? '' : root(item.people[0]))!.push(item)
  return result.filter(lane => lane.length > 0)
}
