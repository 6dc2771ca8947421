import { StoreError } from '@espalier/store'
import { WarehouseError } from '@espalier/warehouse'
import { describe, expect, it } from 'vitest'
import { Problem } from '../problem.ts'
import { toProblem } from './failure.ts'

const AGAIN = { first: 2, later: 5 }

describe('what was thrown, as an error of the catalogue', () => {
  it.each([
    ['timeout', 'report_timeout', 504, undefined],
    ['memory', 'report_too_large', 422, undefined],
    ['unsupported', 'unsupported', 501, undefined],
    ['busy', 'too_busy', 429, AGAIN.first],
    ['unavailable', 'warehouse_unavailable', 503, AGAIN.later],
    ['full', 'warehouse_unavailable', 503, AGAIN.later],
    ['denied', 'warehouse_unavailable', 503, AGAIN.later],
    ['newer-version', 'warehouse_unavailable', 503, AGAIN.later],
    ['in-use', 'warehouse_unavailable', 503, AGAIN.later],
    ['foreign', 'warehouse_unavailable', 503, AGAIN.later],
  ] as const)('of the warehouse: %s is %s', (code, expected, status, retryAfter) => {
    const cause = new WarehouseError(code, 'What the engine says.')
    expect(toProblem(cause)).toMatchObject({ code: expected, status, message: 'What the engine says.', cause })
    expect(toProblem(cause).details.retryAfter).toBe(retryAfter)
  })

  it.each(['invalid', 'failed'] as const)('of the warehouse: %s is our mistake, and quotes no query', code => {
    const problem = toProblem(new WarehouseError(code, 'Syntax error near SELECT'))
    expect(problem).toMatchObject({ code: 'internal', status: 500 })
    expect(JSON.stringify(problem.body())).not.toContain('SELECT')
  })

  it.each([
    ['full', 'full', 429, AGAIN.later],
    ['conflict', 'conflict', 409, undefined],
    ['unsupported', 'unsupported', 501, undefined],
    ['unavailable', 'unavailable', 503, AGAIN.first],
    ['in-use', 'unavailable', 503, AGAIN.first],
    ['newer-version', 'unavailable', 503, AGAIN.first],
    ['corrupt', 'unavailable', 503, AGAIN.first],
  ] as const)('of the store: %s is %s', (code, expected, status, retryAfter) => {
    const problem = toProblem(new StoreError(code, 'What the store says.'))
    expect(problem).toMatchObject({ code: expected, status, message: 'What the store says.' })
    expect(problem.details.retryAfter).toBe(retryAfter)
  })

  it('of the catalogue already, it stays as it is; anything else is our mistake and says nothing of itself', () => {
    const problem = new Problem('not_found', 'Nothing there.')
    expect(toProblem(problem)).toBe(problem)
    expect(toProblem(new TypeError('x is secret')).body()).toMatchObject({ error: { code: 'internal' } })
    expect(JSON.stringify(toProblem(new TypeError('x is secret')).body())).not.toContain('secret')
  })
})
