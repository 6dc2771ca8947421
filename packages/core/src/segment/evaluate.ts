import { compileCondition } from './compile.ts'
import type { Condition } from './condition.ts'
import type { Language } from './language.ts'
import type { Explanation } from './node.ts'
import type { Subject, Truth } from './subject.ts'

/** Whether a condition holds. Asked often, compile it once instead. */
export function evaluate(condition: Condition, subject: Subject, language?: Language): boolean {
  return compileCondition(condition, language).test(subject)
}

/** Truth with expiry (R5). */
export function truth(condition: Condition, subject: Subject, language?: Language): Truth {
  return compileCondition(condition, language).truth(subject)
}

/** Why, condition by condition, with the actual values. */
export function explain(condition: Condition, subject: Subject, language?: Language): Explanation {
  return compileCondition(condition, language).explain(subject)
}
