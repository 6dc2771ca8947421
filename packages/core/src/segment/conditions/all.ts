import { type CompiledCondition, together, verdict } from '../node.ts'
import type { Subject, Truth } from '../subject.ts'

/** Holds when every part holds. */
export function all(parts: readonly CompiledCondition[]): CompiledCondition {
  const test = (subject: Subject): boolean => {
    for (const part of parts) if (!part.test(subject)) return false
    return true
  }
  const truth = (subject: Subject): Truth => {
    let holds = Number.POSITIVE_INFINITY
    let fails = Number.NEGATIVE_INFINITY
    for (const part of parts) {
      const { value, until } = part.truth(subject)
      if (value) holds = Math.min(holds, until)
      else fails = Math.max(fails, until)
    }
    // Every part must go on holding; but one failing part is enough, so the one that fails longest counts.
    return fails === Number.NEGATIVE_INFINITY ? { value: true, until: holds } : { value: false, until: fails }
  }
  return {
    test,
    truth,
    explain: subject => ({
      condition: 'all',
      ...verdict(truth(subject)),
      parts: parts.map(part => part.explain(subject)),
    }),
    ...together(parts),
  }
}
