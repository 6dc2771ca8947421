import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ArmStatistics } from './arm.ts'
import { impact } from './impact.ts'

const FILE = new URL('../../../../../shared/data/experiments/hillstrom.csv.gz', import.meta.url)

/** A real e-mail experiment with three arms of a third each. */
function statistics(column: 'visit' | 'conversion' | 'spend'): ArmStatistics[] {
  const [header, ...rows] = gunzipSync(readFileSync(FILE)).toString().trim().split(/\r?\n/)
  const columns = header!.split(',')
  const arms = new Map<string, ArmStatistics>()
  for (const row of rows) {
    // One column before those we need may hold a quoted comma, `"$750 - $1,000"`.
    const fields = row.replace(/"[^"]*"/, 'quoted').split(',')
    const segment = fields[columns.indexOf('segment')]!
    const value = Number(fields[columns.indexOf(column)])
    const arm = arms.get(segment)
    arms.set(segment, {
      variant: segment === 'No E-Mail' ? '' : segment,
      control: segment === 'No E-Mail',
      people: (arm?.people ?? 0) + 1,
      exposures: (arm?.exposures ?? 0) + 1,
      conversions: (arm?.conversions ?? 0) + (value > 0 ? 1 : 0),
      sum: (arm?.sum ?? 0) + value,
      sumSquares: (arm?.sumSquares ?? 0) + value ** 2,
      expected: 1 / 3,
    })
  }
  return [...arms.values()]
}

describe.skipIf(!existsSync(FILE))('Hillstrom (skipped where ../shared/data is absent)', () => {
  it.each([
    ['visit', 'conversion', { 'Mens E-Mail': 0.18276, 'Womens E-Mail': 0.1514 }, 0.10617, 5],
    ['conversion', 'conversion', { 'Mens E-Mail': 0.01253, 'Womens E-Mail': 0.00884 }, 0.00573, 5],
    ['spend', 'sum', { 'Mens E-Mail': 1.4226, 'Womens E-Mail': 1.0772 }, 0.6528, 4],
  ] as const)('%s by arm is as published, and so is its lift', (column, type, means, controlMean, digits) => {
    const report = impact(statistics(column), { metric: { type, event: column } })
    expect(report.control?.people).toBe(21_306)
    expect(report.control?.mean).toBeCloseTo(controlMean, digits)
    for (const { variant, mean, people, lift } of report.variants) {
      expect(people).toBe(variant === 'Mens E-Mail' ? 21_307 : 21_387)
      expect(mean).toBeCloseTo(means[variant as keyof typeof means], digits)
      expect(lift.value).toBeCloseTo(mean! / report.control!.mean! - 1, 12)
      expect(lift.interval![0]).toBeGreaterThan(0)
    }
    expect(report.sampleRatio.verdict).toBe('ok')
  })
})
