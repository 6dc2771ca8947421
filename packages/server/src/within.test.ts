import { expect, it } from 'vitest'
import { within } from './within.ts'

const never = new Promise(() => undefined)

it('tells whether work came to its end in time', async () => {
  expect(await within(60_000, Promise.resolve(7))).toBe(true)
  expect(await within(1, never)).toBe(false)
})

it('throws what the work throws, and nothing of what is thrown later', async () => {
  await expect(within(60_000, Promise.reject(new Error('gone')))).rejects.toThrow('gone')
  let fail: (error: Error) => void = () => undefined
  const slow = new Promise((_, reject) => {
    fail = reject
  })
  expect(await within(1, slow)).toBe(false)
  fail(new Error('too late to matter'))
  await expect(slow).rejects.toThrow()
})
