import type { JsonObject } from '../json.ts'
import { compileComparisons } from './comparison.ts'
import type { PropertyCondition } from './filter.ts'
import { splitPath, valueAt } from './path.ts'

/** One test for conditions on an event's properties: all must hold; none hold for everything. */
export function compileProperties(conditions: readonly PropertyCondition[]): (properties: JsonObject) => boolean {
  const tests = conditions.map(({ property, ...comparisons }) => {
    const steps = splitPath(property)
    const compare = compileComparisons(comparisons)
    return (properties: JsonObject): boolean => compare(valueAt(properties, steps), 0)
  })
  return properties => tests.every(test => test(properties))
}
