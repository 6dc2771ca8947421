import type { JsonObject } from '../json.ts'
import { compileComparisons } from './comparison.ts'
import type { ContextCondition } from './condition.ts'
import { type CompiledCondition, READS_NOTHING } from './node.ts'
import { splitPath, valueAt } from './path.ts'

/** Holds when what the caller sent compares as stated. */
export function context(condition: ContextCondition): CompiledCondition {
  const { context: path, ...comparisons } = condition
  const steps = splitPath(path)
  const compare = compileComparisons(comparisons)
  return {
    test: subject => compare(valueAt(subject.context, steps)),
    truth: subject => ({ value: compare(valueAt(subject.context, steps)), until: Number.POSITIVE_INFINITY }),
    explain: subject => {
      const actual = valueAt(subject.context, steps)
      return { condition: condition as JsonObject, value: compare(actual), until: null, actual: actual ?? null }
    },
    reads: { ...READS_NOTHING, context: [path] },
  }
}
