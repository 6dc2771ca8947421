import { expect, it } from 'vitest'
import { compilePredict } from './predict.ts'
import { betaModel, gaussianModel, linearModel } from './testing.ts'

interface Subject {
  readonly age?: number
}
const reads = { age: (subject: Subject) => subject.age }
const encoding = { inputs: [{ key: 'age', kind: 'numeric', mean: 40, sd: 10 }] } as const
const contextual = linearModel(1, encoding, { a: { mean: [0.2, 0.1], sd: 1 }, b: { mean: [-0.4, 0], sd: 1 } })

function predicted(model: Parameters<typeof compilePredict>[0], subject: Subject, variants = ['b', 'a']): number[] {
  const into = new Float64Array(variants.length)
  compilePredict<Subject>(model, variants, reads)(subject, into)
  return Array.from(into, x => Number(x.toFixed(6)))
}

it('a model predicts the reward of each variant, by the person where it looks at the person', () => {
  expect(predicted(betaModel(1, { a: [8, 90], b: [48, 50] }), {})).toEqual([0.49, 0.09])
  expect(predicted(gaussianModel(1, { a: [3, 1], b: [5, 1] }), {})).toEqual([5, 3])
  expect(predicted(contextual, { age: 50 })).toEqual([-0.4, 0.3])
  expect(predicted(contextual, {})).toEqual([-0.4, 0.2])
  const share = (score: number) => Number((1 / (1 + Math.exp(-score))).toFixed(6))
  const logistic = { ...contextual, kind: 'logistic' as const, base: 0, closed: [] }
  expect(predicted(logistic, { age: 60 })).toEqual([share(-0.4), share(0.4)])
})

it('a variant it does not know is as good as the average of those it knows', () => {
  expect(predicted(contextual, {}, ['a', 'new', 'b'])).toEqual([0.2, -0.1, -0.4])
  expect(predicted(betaModel(1, {}), {}, ['new'])).toEqual([0])
})
