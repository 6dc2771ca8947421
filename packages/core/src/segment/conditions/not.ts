import { type CompiledCondition, verdict } from '../node.ts'
import type { Subject, Truth } from '../subject.ts'

/** Holds when its part does not. */
export function not(part: CompiledCondition): CompiledCondition {
  const truth = (subject: Subject): Truth => {
    const { value, until } = part.truth(subject)
    return { value: !value, until }
  }
  return {
    test: subject => !part.test(subject),
    truth,
    explain: subject => ({ condition: 'not', ...verdict(truth(subject)), parts: [part.explain(subject)] }),
    reads: part.reads,
    needs: part.needs,
    touched: part.touched,
    anyone: part.anyone,
  }
}
