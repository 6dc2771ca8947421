import { isMerged, type Profile } from '@espalier/core/profile'
import type { Apply, People } from '@espalier/core/stream'

/** For tests: an event's property `due` is the timer of its person from then on; null: they have none. */
export function withTimers(apply: Apply): Apply {
  return (people, entries, context) => {
    const result = apply(people, entries, context)
    for (const [i, { outcome, profile }] of result.applied.entries()) {
      const entry = entries[i]
      if (outcome !== 'stored' || profile === undefined || entry?.kind !== 'event') continue
      const { due } = entry.event.properties
      if (due === undefined) continue
      const { due: _, ...person } = personOf(people, profile)
      people.put(typeof due === 'number' ? { ...person, due } : person)
    }
    return result
  }
}

function personOf(people: People, id: string): Profile {
  const found = people.profile(id)
  if (found === undefined) throw new Error(`${id} is nobody`)
  return isMerged(found) ? personOf(people, found.mergedInto) : found
}
