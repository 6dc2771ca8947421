import type { Event } from '../event/event.ts'

/** A person as the brute-force oracle has them. */
export interface Someone {
  id: string
  userId?: string
  /** The identifier whose hash is the bucket key. */
  first: string
  firstSeen: number
  lastSeen: number
  identifiers: string[]
  sources: string[]
  shared: boolean
}

/**
 * The default rules of identity, told once more for tests: everybody in a list, looked through each time. Users are unique, and a
 * device that a second user appears on is its own from then on.
 */
export class IdentityOracle {
  persons: Someone[] = []
  readonly links = new Map<string, string>()
  /** Of each source: what it came into being with, and its first event. */
  readonly #born = new Map<string, { identifier: string; firstSeen: number }>()
  #split: [string, string][] = []
  #ids = 0

  of(identifier: string | undefined): Someone | undefined {
    const source = identifier === undefined ? undefined : this.links.get(identifier)
    return source === undefined ? undefined : this.withSource(source)
  }

  withSource(source: string): Someone | undefined {
    return this.persons.find(({ sources }) => sources.includes(source))
  }

  /** Takes an event in (no alias) and gives the source it is filed under. */
  take({ userId, anonymousId, timestamp }: Event): string {
    const device = anonymousId && `anonymousId:${anonymousId}`
    const user = userId && `userId:${userId}`
    if (user) this.#known(user, device, timestamp)
    else if (!this.of(device)) this.#person(device!, timestamp)
    if (user && device) this.#together(this.of(user)!, device, timestamp)
    const source = this.links.get(user || device!)!
    const person = this.withSource(source)!
    person.firstSeen = Math.min(person.firstSeen, timestamp)
    person.lastSeen = Math.max(person.lastSeen, timestamp)
    const born = this.#born.get(source)!
    born.firstSeen = Math.min(born.firstSeen, timestamp)
    return source
  }

  /** These sources of one person are another's from now on, and nothing but `rejoin` unites the two. */
  unmerge(split: readonly string[]): void {
    const person = this.withSource(split[0]!)!
    const parts = [person.sources.filter(source => !split.includes(source)), [...split]].map(sources =>
      this.#part(person, sources),
    ) as [Someone, Someone]
    this.persons = [...this.persons.filter(other => other !== person), ...parts]
    const [few, many] = parts[0].sources.length > parts[1].sources.length ? [parts[1], parts[0]] : parts
    for (const source of few.sources) this.#split.push([source, many.id])
  }

  rejoin(a: Someone, b: Someone): void {
    this.#split = this.#split.filter(
      ([one, other]) =>
        !(
          (a.sources.includes(one) && b.sources.includes(other)) ||
          (b.sources.includes(one) && a.sources.includes(other))
        ),
    )
    const survives = (one: Someone, other: Someone) =>
      Number(one.userId !== undefined) - Number(other.userId !== undefined) ||
      one.sources.length - other.sources.length ||
      other.firstSeen - one.firstSeen ||
      (one.id < other.id ? 1 : -1)
    if (survives(a, b) > 0) this.unite(a, b)
    else this.unite(b, a)
  }

  #part(person: Someone, sources: string[]): Someone {
    const born = (source: string) => ({ id: source, ...this.#born.get(source)! })
    const oldest = sources.map(born).sort((a, b) => a.firstSeen - b.firstSeen || (a.id < b.id ? -1 : 1))[0]!
    const user = sources.find(source => born(source).identifier.startsWith('userId:'))
    const identifiers = person.identifiers.filter(identifier => sources.includes(this.links.get(identifier)!))
    const wears = sources.some(source => born(source).identifier === person.first)
    const userId = identifiers.find(identifier => identifier.startsWith('userId:'))?.slice(7)
    return {
      id: sources.includes(person.id) ? person.id : (user ?? oldest.id),
      ...(userId !== undefined && { userId }),
      first: wears ? person.first : oldest.identifier,
      firstSeen: oldest.firstSeen,
      // Of a part without events nothing else is known; the others are told by the log.
      lastSeen: oldest.firstSeen,
      identifiers,
      sources,
      shared: false,
    }
  }

  areApart(a: Someone, b: Someone): boolean {
    return this.#split.some(
      ([one, other]) =>
        (a.sources.includes(one) && b.sources.includes(other)) ||
        (b.sources.includes(one) && a.sources.includes(other)),
    )
  }

  #known(user: string, device: string | undefined, at: number): void {
    if (this.of(user)) return
    const visitor = this.of(device)
    if (visitor && visitor.userId === undefined && !visitor.shared) this.#add(visitor, user, at)
    else this.#person(user, at)
    const person = this.of(user)!
    if (device === undefined || this.of(device)) return
    // Both are new: the visitor's key was there before there was a person.
    this.#add(person, device, at)
    person.first = device
  }

  #together(person: Someone, device: string, at: number): void {
    const visitor = this.of(device)
    if (!visitor) this.#add(person, device, at)
    else if (visitor === person || visitor.shared) return
    else if (visitor.userId !== undefined) {
      visitor.identifiers = visitor.identifiers.filter(identifier => identifier !== device)
      this.#person(device, at).shared = true
    } else if (!this.areApart(person, visitor)) this.unite(person, visitor)
  }

  unite(person: Someone, visitor: Someone): void {
    const age = visitor.firstSeen - person.firstSeen || (visitor.id < person.id ? -1 : 1)
    if (age < 0) person.first = visitor.first
    person.firstSeen = Math.min(person.firstSeen, visitor.firstSeen)
    person.lastSeen = Math.max(person.lastSeen, visitor.lastSeen)
    person.identifiers.push(...visitor.identifiers)
    person.sources.push(...visitor.sources)
    this.persons = this.persons.filter(other => other !== visitor)
  }

  #person(first: string, firstSeen: number): Someone {
    const id = `p${++this.#ids}`
    this.links.set(first, id)
    this.#born.set(id, { identifier: first, firstSeen })
    const userId = first.startsWith('userId:') ? { userId: first.slice(7) } : {}
    const made = {
      id,
      ...userId,
      first,
      firstSeen,
      lastSeen: firstSeen,
      identifiers: [first],
      sources: [id],
      shared: false,
    }
    this.persons.push(made)
    return made
  }

  #add(person: Someone, identifier: string, firstSeen: number): void {
    const source = `p${++this.#ids}`
    this.#born.set(source, { identifier, firstSeen })
    this.links.set(identifier, source)
    person.identifiers.push(identifier)
    person.sources.push(source)
    if (identifier.startsWith('userId:')) person.userId = identifier.slice(7)
  }
}
