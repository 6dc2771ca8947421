import { describe, expect, it } from 'vitest'
import { EVENT_LIMITS } from './limits.ts'
import { readBatch } from './readBatch.ts'

const items = [{ type: 'track' }]

describe('readBatch', () => {
  it('gives the items with what they share', () => {
    const body = {
      writeKey: 'k',
      batch: items,
      context: { locale: 'de' },
      sentAt: '2026-11-01T09:00:00Z',
      integrations: {},
    }
    expect(readBatch(body)).toEqual({ batch: { items, context: { locale: 'de' }, sentAt: '2026-11-01T09:00:00Z' } })
    expect(readBatch({ batch: items, context: null }).batch).toEqual({ items, sentAt: undefined })
    expect(readBatch({ batch: items, context: [] }).batch).toEqual({ items, sentAt: undefined })
  })

  it('R11 takes 2,500 items and refuses one more', () => {
    expect(readBatch({ batch: Array(EVENT_LIMITS.items).fill({}) }).error).toBeUndefined()
    expect(readBatch({ batch: Array(EVENT_LIMITS.items + 1).fill({}) }).error?.code).toBe('batch_too_long')
  })

  it('takes a batch of nothing for what it is', () => {
    expect(readBatch({ batch: [] })).toEqual({ batch: { items: [] } })
  })

  it('repairs half an emoji in the context', () => {
    expect(readBatch({ batch: items, context: { title: '\ud83d' } }).batch?.context).toEqual({ title: '\ufffd' })
  })

  const REFUSED: [code: string, body: unknown][] = [
    ['body_invalid', null],
    ['body_invalid', [items]],
    ['batch_missing', {}],
    ['batch_missing', { batch: 'x' }],
    ['context_invalid', { batch: items, context: 'x' }],
    ['context_invalid', { batch: items, context: [1] }],
    ['context_invalid', JSON.parse('{"batch":[{}],"context":{"page":{"__proto__":1}}}')],
    ['context_too_large', { batch: items, context: { text: 'x'.repeat(EVENT_LIMITS.batchContextBytes) } }],
  ]
  for (const [code, body] of REFUSED) {
    it(`${code}: ${JSON.stringify(body)?.slice(0, 60)}`, () => expect(readBatch(body).error?.code).toBe(code))
  }
})
