import { compileCondition } from './compile.ts'
import type { Condition } from './condition.ts'
import type { Explanation } from './node.ts'
import type { Subject, Truth } from './subject.ts'

/** Whether a condition holds. Asked often, compile it once instead. */
export function evaluate(condition: Condition, subject: Subject): boolean {
  return compileCondition(condition).test(subject)
}

/** Truth with expiry (R5). */
export function truth(condition: Condition, subject: Subject): Truth {
  return compileCondition(condition).truth(subject)
}

/** Why, condition by condition, with the actual values. */
export function explain(condition: Condition, subject: Subject): Explanation {
  return compileCondition(condition).explain(subject)
}
