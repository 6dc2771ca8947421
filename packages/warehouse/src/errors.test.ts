import { describe, expect, it } from 'vitest'
import { toWarehouseError, WarehouseError } from './errors.ts'

const engineError = (code: string, message: string) => Object.assign(new Error(message), { code })

describe('errors', () => {
  it.each([
    ['159', 'Timeout exceeded: elapsed 1002 ms', 'timeout'],
    ['241', 'Query memory limit exceeded', 'memory'],
    ['117', 'Unknown field found while parsing JSONEachRow format', 'invalid'],
    ['252', 'Too many partitions for single INSERT block', 'invalid'],
    ['243', 'Cannot reserve 1.00 MiB, not enough space', 'full'],
    ['75', 'Cannot write to file, errno: 28, strerror: No space left on device', 'full'],
    ['516', 'Authentication failed', 'denied'],
    ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:8123', 'unavailable'],
    ['ECONNRESET', 'socket hang up', 'unavailable'],
    ['62', 'Syntax error', 'failed'],
  ])('%s %s: %s', (code, message, expected) => {
    const error = toWarehouseError(engineError(code, message))
    expect(error).toMatchObject({ name: 'WarehouseError', code: expected, message })
    expect(error.cause).toBeInstanceOf(Error)
  })

  it.each(['167', '168', '306'])('R11 %s: a question that is too large is told as that, in plain words', code => {
    expect(toWarehouseError(engineError(code, 'AST is too big. Maximum: 50000.'))).toMatchObject({
      code: 'unsupported',
      message: 'This asks for more than fits one query: ask for fewer conditions at once, in several segments.',
    })
  })

  it('keep what they are when they are ours already', () => {
    const error = new WarehouseError('busy', 'later')
    expect(toWarehouseError(error)).toBe(error)
    expect(toWarehouseError('a word')).toMatchObject({ code: 'failed', message: 'a word' })
  })
})
