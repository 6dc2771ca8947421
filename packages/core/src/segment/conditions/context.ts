import { compileComparison } from '../../filter/comparison.ts'
import { splitPath, valueAt } from '../../filter/path.ts'
import type { JsonObject } from '../../json.ts'
import type { ContextCondition } from '../condition.ts'
import { compared } from '../leaf.ts'
import { type CompiledCondition, READS_NOTHING } from '../node.ts'

/** Holds when what the caller sent compares as stated. */
export function context(condition: ContextCondition): CompiledCondition {
  const { context: path, ...comparisons } = condition
  const steps = splitPath(path)
  return compared({
    condition: condition as JsonObject,
    read: subject => valueAt(subject.context, steps),
    comparison: compileComparison(comparisons),
    reads: { ...READS_NOTHING, context: [path] },
  })
}
