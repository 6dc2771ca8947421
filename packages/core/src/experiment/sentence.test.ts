import { expect, it } from 'vitest'
import { impact } from './impact.ts'
import { formatKpi } from './sentence.ts'
import { armOfPeople } from './testing.ts'

const metric = { type: 'sum', event: 'Order Completed', property: 'total', currency: 'EUR', name: 'Revenue' } as const

it('a loss that rounds to nothing is nothing', () => {
  expect(formatKpi(-0.001, metric)).toBe('0.00 EUR')
  expect(formatKpi(-0.006, metric)).toBe('-0.01 EUR')
  expect(formatKpi(-1234.567, { type: 'sum' })).toBe('-1234.57')
  const arms = [armOfPeople('', [{ value: -0.001 }, { value: 0 }]), armOfPeople('a', [{ value: -0.004 }, { value: 0 }])]
  expect(impact(arms, { metric }).sentence).toContain('Revenue is 0.00 EUR against 0.00 EUR')
})

it('one person is no people', () => {
  const [one, two] = [armOfPeople('', [{ value: 1 }]), armOfPeople('a', [{ value: 2 }])]
  const report = impact([one, two], { metric, contaminated: 1 })
  expect(report.sentence).toMatch(/^1 person saw this experience and 1 person was left out to compare with/)
  expect(report.warnings.find(({ code }) => code === 'contaminated')?.message).toMatch(/^1 of 2 people was seen in two/)
  const alone = impact([one], { metric, contaminated: 1, redrawn: true })
  expect(alone.warnings.find(({ code }) => code === 'redrawn')?.message).toMatch(/^1 of 1 person was drawn anew/)
})

it('an interval of almost certain confidence is not called certain', () => {
  const people = (value: number) => Array.from({ length: 2000 }, (_, i) => ({ value: i % 2 === 0 ? value : 0 }))
  const arms = [armOfPeople('', people(1)), armOfPeople('a', people(1.01))]
  expect(impact(arms, { metric, confidence: 0.999999 }).sentence).toContain('(99.9999 % interval')
})
