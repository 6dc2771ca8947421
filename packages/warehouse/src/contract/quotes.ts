import type { DecisionRow } from '@espalier/core/stream'
import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { fresh, NOON, SECOND, ship } from './harness.ts'

const quote = (price: number, experience = 'sale') => ({ price, list: 20, until: NOON, experience, variant: 'less' })

const decision = (workspace: string, seconds: number, inputs: object, experience = 'sale'): DecisionRow => ({
  workspace,
  profile: 'ada',
  timestamp: NOON + seconds * SECOND,
  request_id: `request-${seconds}`,
  bucket_key: '00',
  definitions: 1,
  context: {},
  inputs: inputs as DecisionRow['inputs'],
  'answers.touchpoint': ['tag'],
  'answers.experience': [experience],
  'answers.version': [1],
  'answers.variant': ['less'],
  'answers.reason': ['assigned'],
  'answers.propensity': [1],
  'answers.control': [false],
  'answers.holdout': [false],
  'answers.model': [''],
})

export function quotesContract(warehouse: () => Warehouse): void {
  it('gives the prices that were told, newest first, and whoever else said something is left out', async () => {
    const workspace = fresh('quotes')
    await ship(warehouse(), 'decisions', [
      decision(workspace, 1, { traits: {}, quotes: { hat: quote(18), 'odd "item"': quote(9) } }),
      decision(workspace, 2, { traits: { note: '"quotes":' } }),
      decision(workspace, 3, { quotes: { hat: quote(17, 'other') } }, 'other'),
      decision(workspace, 4, { quotes: { hat: quote(16) } }),
      decision(fresh('theirs'), 5, { quotes: { hat: quote(15) } }),
    ])
    const ask = async (more: { before?: number; limit: number }) =>
      (await warehouse().quotes({ workspace, experience: 'sale', ...more })).map(({ item, quote }) => [
        item,
        quote.price,
      ])
    expect(await ask({ limit: 10 })).toEqual([
      ['hat', 16],
      ['hat', 18],
      ['odd "item"', 9],
    ])
    expect(await ask({ limit: 1 })).toEqual([['hat', 16]])
    // What was told at once is on one page, so that the next one begins before it.
    expect(await ask({ limit: 2 })).toHaveLength(3)
    expect(await ask({ limit: 1, before: NOON + 4 * SECOND })).toEqual([
      ['hat', 18],
      ['odd "item"', 9],
    ])
    expect(await ask({ limit: 10, before: NOON + 4 * SECOND })).toHaveLength(2)
    const [first] = await warehouse().quotes({ workspace, experience: 'sale', limit: 1 })
    expect(first).toEqual({
      timestamp: NOON + 4 * SECOND,
      requestId: 'request-4',
      source: 'ada',
      item: 'hat',
      quote: quote(16),
    })
  })
}
