import { type Path, type Problem, problem } from '../problem/problem.ts'
import { durationMs } from '../time/duration.ts'
import { KEPT_TABLES } from './retention.ts'
import { ANALYTICS, PERSONALIZATION } from './rules.ts'
import type { ConsentSettings, RetentionSettings } from './settings.ts'

const DAY = 86_400_000

/** What the schema of the consent settings cannot say. */
export function consentProblems({ purposes = [] }: ConsentSettings, path: Path): Problem[] {
  const found: Problem[] = []
  const owner = new Map<string, string>()
  for (const [i, { key }] of purposes.entries()) {
    const before = owner.get(key)
    if (before !== undefined)
      found.push(problem([...path, 'purposes', i], `purpose "${key}" is here twice`, 'leave one out'))
    owner.set(key, key)
  }
  for (const [i, { key, categories = [] }] of purposes.entries()) {
    for (const [j, category] of categories.entries()) {
      const other = owner.get(category)
      const own = category === ANALYTICS || category === PERSONALIZATION ? category : other
      if (own !== undefined && own !== key) {
        const message = `"${category}" stands for purpose "${own}" already`
        found.push(problem([...path, 'purposes', i, 'categories', j], message, 'a preference counts for one purpose'))
      }
      owner.set(category, key)
    }
  }
  return found
}

/** Rows of the warehouse go by days. */
export function retentionProblems(retention: RetentionSettings, path: Path): Problem[] {
  return KEPT_TABLES.flatMap(table => {
    const keep = retention[table]
    if (keep === undefined || durationMs(keep) >= DAY) return []
    return [problem([...path, table], `${keep} is shorter than a day`, 'write at least 1d')]
  })
}
