import { type CompiledCondition, together, verdict } from '../node.ts'
import type { Subject, Truth } from '../subject.ts'

/** Holds when at least one part holds. */
export function any(parts: readonly CompiledCondition[]): CompiledCondition {
  const test = (subject: Subject): boolean => {
    for (const part of parts) if (part.test(subject)) return true
    return false
  }
  const truth = (subject: Subject): Truth => {
    let holds = Number.NEGATIVE_INFINITY
    let fails = Number.POSITIVE_INFINITY
    for (const part of parts) {
      const { value, until } = part.truth(subject)
      if (value) holds = Math.max(holds, until)
      else fails = Math.min(fails, until)
    }
    // One holding part is enough, so the one that holds longest counts.
    return holds === Number.NEGATIVE_INFINITY ? { value: false, until: fails } : { value: true, until: holds }
  }
  return {
    test,
    truth,
    explain: subject => ({
      condition: 'any',
      ...verdict(truth(subject)),
      parts: parts.map(part => part.explain(subject)),
    }),
    ...together(parts),
  }
}
