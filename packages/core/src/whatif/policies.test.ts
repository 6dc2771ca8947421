import { describe, expect, it } from 'vitest'
import { compilePredict } from '../policy/predict.ts'
import { DAY, linearModel, policyOf } from '../policy/testing.ts'
import { random } from '../random/random.ts'
import { startWhatIf } from './fold.ts'
import { targetOf } from './target.ts'
import { whatIf } from './whatIf.ts'

/** A log written by a real policy, judged by others, beside what those bring when they really run. */
describe('R7 the log of one policy tells what another would have brought', () => {
  interface Person {
    readonly age: number
  }
  const encoding = { inputs: [{ key: 'age', kind: 'numeric', mean: 40, sd: 10 }] } as const
  const model = linearModel(1, encoding, { a: { mean: [0.3, 0.1], sd: 0.05 }, b: { mean: [0.3, -0.05], sd: 0.05 } })
  const reads = { age: (person: Person) => person.age }
  const keys = ['a', 'b']
  const inputs = [{ key: 'age', kind: 'numeric' as const, from: { context: 'age' } }]
  const wrote = policyOf<Person>({ kind: 'contextual', inputs, floor: 0.1 }, keys, [model], { reads })
  const rules = [{ when: { context: 'age', gt: 40 }, variant: 'b' }]
  const targets = {
    split: policyOf<Person>({ kind: 'split' }, keys),
    rules: policyOf<Person>({ kind: 'rules', rules }, keys, [], { tests: [({ age }) => age > 40] }),
  }
  const worth = (arm: number, { age }: Person) =>
    arm === -1 ? 0.1 : 0.3 + ((age - 40) / 10) * (arm === 0 ? 0.1 : -0.05)
  const rng = random('log')
  const people = Array.from({ length: 8000 }, (_, i) => ({
    bucketKey: `p${i}`,
    now: DAY,
    subject: { age: 40 + 10 * rng.normal() },
  }))
  const predict = compilePredict<Person>(model, keys, reads)

  it.each(['split', 'rules'] as const)('%s', name => {
    const target = targets[name]
    const log = startWhatIf({ variants: [...keys, 'none'] })
    let truth = 0
    for (const ask of people) {
      const { arm, propensity } = wrote.choose(ask)
      const wanted = new Float64Array(3)
      targetOf(target.chances(ask), wanted)
      const predicted = new Float64Array(3)
      predict(ask.subject, predicted)
      predicted[2] = 0.1
      const reward = worth(arm, ask.subject) + rng.normal()
      log.add({ person: ask.bucketKey, arm, propensity, reward, target: wanted, predicted })
      truth += wanted.reduce((sum, chance, i) => sum + chance * worth(i === 2 ? -1 : i, ask.subject), 0) / people.length
    }
    const found = whatIf(log.sums())
    if (name === 'rules') {
      // Whom no rule holds for gets nothing, which this log never shows.
      expect(found.verdict).toBe('refused')
      expect(found.doubts[0]).toMatchObject({ code: 'never-shown' })
      expect(found.doubts[0]!.message).toMatch(/would show none in 5[01] %/)
    } else {
      expect(found.verdict).toBe('answered')
      expect(found.answer!.by).toBe('sndr')
      expect(found.answer!.interval![0]).toBeLessThan(truth)
      expect(found.answer!.interval![1]).toBeGreaterThan(truth)
      expect(found.answer!.standardError).toBeLessThan(0.03)
    }
  })
})
