import { all } from './all.ts'
import { any } from './any.ts'
import type { Condition } from './condition.ts'
import { context } from './context.ts'
import { did } from './did.ts'
import type { CompiledCondition } from './node.ts'
import { not } from './not.ts'
import { trait } from './trait.ts'

/** Makes a valid condition ready to be asked. Throws where it is none; `validate` says why in words. */
export function compileCondition(condition: Condition): CompiledCondition {
  if ('all' in condition) return all(condition.all.map(compileCondition))
  if ('any' in condition) return any(condition.any.map(compileCondition))
  if ('not' in condition) return not(compileCondition(condition.not))
  if ('trait' in condition) return trait(condition)
  if ('context' in condition) return context(condition)
  return did(condition)
}
