import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { estimateOf, FUNCTIONALS } from './estimators.ts'
import { type FoldOptions, startWhatIf } from './fold.ts'
import { armMeans } from './predict.ts'
import type { WhatIfSums } from './sums.ts'
import { whatIf } from './whatIf.ts'

const folder = new URL('../../../../../shared/data/bandit/', import.meta.url)
const ITEMS = 34

interface Row {
  readonly item: number
  readonly click: number
  readonly propensity: number
}

function read(file: string): Row[] {
  const [header, ...lines] = gunzipSync(readFileSync(new URL(file, folder)))
    .toString()
    .trim()
    .split(/\r?\n/)
  const columns = header!.split(',')
  const [item, click, propensity] = ['item_id', 'click', 'propensity_score'].map(name => columns.indexOf(name))
  return lines.map(line => {
    const fields = line.split(',')
    return { item: Number(fields[item!]), click: Number(fields[click!]), propensity: Number(fields[propensity!]) }
  })
}

/** Every row stands for a person of its own, as in the reference. */
function fold(rows: readonly Row[], predicted?: readonly number[], options: Partial<FoldOptions> = {}): WhatIfSums {
  const target = new Array<number>(ITEMS).fill(1 / ITEMS)
  const log = startWhatIf({ variants: target.map((_, i) => String(i)), ...options })
  for (const [i, { item, click, propensity }] of rows.entries()) {
    log.add({ person: String(i), arm: item, propensity, reward: click, target, ...(predicted && { predicted }) })
  }
  return log.sums()
}

describe.skipIf(!existsSync(folder))('a real log of Thompson sampling (skipped where ../shared/data is absent)', () => {
  // What is skipped is collected all the same.
  const [rows, random] = existsSync(folder) ? [read('bts_men.csv.gz'), read('random_men.csv.gz')] : [[], []]
  const plain = fold(rows)
  const value = (sums: WhatIfSums, by: keyof typeof FUNCTIONALS) => FUNCTIONALS[by](sums.sums).value
  const RATE = 0.0069

  it('brings what it brought', () => {
    expect(plain.sums.r / plain.sums.n).toBeCloseTo(RATE, 12)
    expect(random.reduce((sum, { click }) => sum + click, 0) / random.length).toBeCloseTo(0.0046, 12)
  })

  it('IPS, SNIPS, mean and largest weight and effective size of the uniform policy are the reference’s', () => {
    expect(value(plain, 'ips')).toBeCloseTo(0.0030086263272564827, 15)
    expect(value(plain, 'snips')).toBeCloseTo(0.0031894231622774096, 15)
    const { meanWeight, maxWeight, effectiveDecisions, effectivePeople } = whatIf(plain).overlap
    expect(meanWeight).toBeCloseTo(0.9433136257, 10)
    expect(maxWeight).toBeCloseTo(178.2531, 4)
    expect(effectiveDecisions).toBeCloseTo(655.7098, 4)
    expect(effectivePeople).toBeCloseTo(655.7098, 4)
  })

  const predicted = armMeans(plain.arms, RATE)

  it('DR and its error are the reference’s, cut off at 10 too', () => {
    const modelled = fold(rows, predicted)
    const dr = estimateOf(modelled, FUNCTIONALS.dr, 0.95)
    expect(dr.value).toBeCloseTo(0.003249, 6)
    expect(dr.standardError).toBeCloseTo(0.0008, 6)
    const capped = fold(rows, predicted, { cap: 10 })
    expect(value(capped, 'snips')).toBeCloseTo(0.003831, 6)
    expect(value(capped, 'dr')).toBeCloseTo(0.004126, 6)
  })

  it('the random log’s truth lies inside the intervals, and the thin overlap is told', () => {
    const truth = 0.0046
    const found = whatIf(fold(rows, predicted), { bounds: { minReward: 0, maxReward: 1 } })
    expect(found.verdict).toBe('careful')
    expect(found.doubts.map(doubt => doubt.code)).toEqual(['little-overlap'])
    expect(found.sentence).toMatch(/656 of 10000 people speak of this policy/)
    const { snips, dr, sndr, switch: switched, ips } = found.estimators!
    const intervals = [ips, snips, dr, sndr, switched].map(({ interval }) => interval!)
    for (const [low, high] of [...intervals, found.honest!.likelihood.interval]) {
      expect(low).toBeLessThan(truth)
      expect(high).toBeGreaterThan(truth)
    }
    for (const [, high] of intervals) expect(high).toBeLessThan(2.5 * truth)
  })

  it('the other way about, the random log finds what Thompson sampling brings of what it shows', () => {
    // The target: each item as often as Thompson sampling showed it.
    const target = plain.arms.map(arm => arm.shown / plain.sums.n)
    const log = startWhatIf({ variants: plain.arms.map(arm => arm.variant) })
    for (const [i, { item, click, propensity }] of random.entries()) {
      log.add({ person: String(i), arm: item, propensity, reward: click, target })
    }
    const { verdict, answer } = whatIf(log.sums())
    expect(verdict).toBe('answered')
    expect(answer!.interval![0]).toBeLessThan(RATE)
    expect(answer!.interval![1]).toBeGreaterThan(RATE)
  })
})
