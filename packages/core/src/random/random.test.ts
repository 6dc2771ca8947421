import { describe, expect, it } from 'vitest'
import { random } from './random.ts'

const draws = (n: number, draw: () => number) => Array.from({ length: n }, draw)
const mean = (xs: number[]) => xs.reduce((t, x) => t + x, 0) / xs.length
const variance = (xs: number[]) => {
  const centre = mean(xs)
  return mean(xs.map(x => (x - centre) ** 2))
}
const N = 100_000

describe('R6 seeded random numbers', () => {
  it('are the same for the same seed, here and on any machine', () => {
    expect(draws(3, random('espalier').uniform)).toEqual(draws(3, random('espalier').uniform))
    expect(draws(3, random('espalier').uniform)).toMatchInlineSnapshot(`
      [
        0.7400808375061273,
        0.683260648042208,
        0.876036843953026,
      ]
    `)
    expect(random(7).uniform()).toBe(random('7').uniform())
    expect(random('a').uniform()).not.toBe(random('b').uniform())
  })

  it('fork depends on seed and label alone', () => {
    const parent = random('s')
    const before = parent.fork('x').uniform()
    parent.uniform()
    expect(parent.fork('x').uniform()).toBe(before)
    expect(parent.fork('y').uniform()).not.toBe(before)
  })

  it('forks of neighbouring labels are not correlated', () => {
    const parent = random('s')
    const firsts = Array.from({ length: N }, (_, i) => parent.fork(`person ${i}`).uniform())
    const products = firsts.slice(1).map((x, i) => (x - 0.5) * (firsts[i]! - 0.5) * 12)
    expect(mean(firsts)).toBeCloseTo(0.5, 2)
    expect(variance(firsts)).toBeCloseTo(1 / 12, 2)
    expect(Math.abs(mean(products))).toBeLessThan(0.015)
  })

  it.each([
    ['uniform', (r: ReturnType<typeof random>) => r.uniform(), 0.5, 1 / 12],
    ['normal', (r: ReturnType<typeof random>) => r.normal(), 0, 1],
    ['exponential', (r: ReturnType<typeof random>) => r.exponential(), 1, 1],
    ['poisson, small', (r: ReturnType<typeof random>) => r.poisson(2.5), 2.5, 2.5],
    ['poisson, large', (r: ReturnType<typeof random>) => r.poisson(80) / 80, 1, 1 / 80],
    ['chance', (r: ReturnType<typeof random>) => Number(r.chance(0.3)), 0.3, 0.21],
    ['integer', (r: ReturnType<typeof random>) => r.integer(6), 2.5, 35 / 12],
    ['weighted', (r: ReturnType<typeof random>) => r.weighted([1, 0, 3]), 1.5, 0.75],
  ] as const)('%s has its mean and variance', (name, draw, expectedMean, expectedVariance) => {
    const rng = random(name)
    const xs = draws(N, () => draw(rng))
    expect(Math.abs(mean(xs) - expectedMean)).toBeLessThan(4 * Math.sqrt(expectedVariance / N))
    expect(variance(xs) / expectedVariance).toBeCloseTo(1, 1)
  })

  it('stays within its range', () => {
    const rng = random('range')
    expect(draws(N, rng.uniform).every(u => u >= 0 && u < 1)).toBe(true)
    expect(draws(N, () => rng.integer(7)).every(i => i >= 0 && i < 7)).toBe(true)
  })
})
