import type { Aggregate } from '../segment/aggregate.ts'
import type { Condition } from '../segment/condition.ts'
import type { Home, LibraryEntry } from './entry.ts'

export function segment(
  home: Home,
  key: string,
  name: string,
  description: string,
  condition: Condition,
): LibraryEntry {
  return { kind: 'segment', key, home, body: { name, description, condition } }
}

export function computedTrait(
  home: Home,
  key: string,
  name: string,
  description: string,
  value: Aggregate,
): LibraryEntry {
  return { kind: 'computedTrait', key, home, body: { name, description, value } }
}
