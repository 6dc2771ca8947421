import type { RecentEvent } from '../profile/profile.ts'
import { MAX_RECENT } from './directives.ts'

/** What people mean by recently viewed. */
export const VIEWED: readonly string[] = ['Product Viewed']

/**
 * The items of recent events of these names up to `now`: newest first, each once, at most `most`. What is left out of a list goes by
 * all that the history keeps, which has bounds of its own (R11).
 */
export function recentItems(
  recent: readonly RecentEvent[],
  events: readonly string[],
  now: number,
  most = MAX_RECENT,
): string[] {
  const found = new Set<string>()
  for (let i = recent.length - 1; i >= 0; i--) {
    const { at, name, items = [] } = recent[i]!
    if (at > now || !events.includes(name)) continue
    for (const item of items) {
      if (found.size === most) return [...found]
      found.add(item)
    }
  }
  return [...found]
}
