import type { Entry } from '@espalier/core/stream'

/**
 * In which of several lanes, committed side by side, each entry of a request goes. Entries that share a user or a device go
 * together, so that one person's stay in order; and lanes rarely have to do with the same person, for whom one of them would wait
 * at the person's lock. Lanes are for speed only: any division gives the same people.
 */
export function lanesOf(entries: readonly Entry[], lanes: number): readonly number[] {
  const names: string[] = []
  // Names that came together lead to one: from user to device, which a visit has before and after it says who it is.
  const leads = new Map<string, string>()
  for (const entry of entries) {
    const named = namesOf(entry)
    // Who this is about shows only when it is applied: it all stays together.
    if (named === undefined) return entries.map(() => 0)
    const [first, ...others] = named
    names.push(first)
    for (const other of others) join(leads, endOf(leads, first), endOf(leads, other))
  }
  return names.map(name => hash(endOf(leads, name)) % lanes)
}

function namesOf(entry: Entry): [string, ...string[]] | undefined {
  const told =
    entry.kind === 'event'
      ? entry.event
      : entry.kind === 'decision'
        ? entry.decision
        : entry.kind === 'appearance'
          ? entry
          : undefined
  const user = told?.userId === undefined ? [] : [`userId:${told.userId}`]
  const device = told?.anonymousId === undefined ? [] : [`anonymousId:${told.anonymousId}`]
  const previous =
    entry.kind !== 'event' || entry.event.previousId === undefined
      ? []
      : [`anonymousId:${entry.event.previousId}`, `userId:${entry.event.previousId}`]
  const [first, ...others] = [...device, ...user, ...previous]
  return first === undefined ? undefined : [first, ...others]
}

function endOf(leads: ReadonlyMap<string, string>, name: string): string {
  let end = name
  for (let next = leads.get(end); next !== undefined; next = leads.get(end)) end = next
  return end
}

/** `anonymousId:` comes before `userId:`, and the first name decides. */
function join(leads: Map<string, string>, a: string, b: string): void {
  if (a < b) leads.set(b, a)
  else if (b < a) leads.set(a, b)
}

/** FNV-1a over UTF-16 units, its high bits brought down. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return (h ^ (h >>> 15)) >>> 0
}
