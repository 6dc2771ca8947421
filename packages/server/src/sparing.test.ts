import { expect, it } from 'vitest'
import { Sparing } from './sparing.ts'

it('the same is said once, then once a minute with how often it was', () => {
  let now = Date.UTC(2026, 10, 24)
  const sparing = new Sparing(() => now)
  expect(sparing.says('no connection')).toEqual({})
  for (let i = 0; i < 500; i++) expect(sparing.says('no connection')).toBeUndefined()
  expect([sparing.says('time is over'), sparing.says('time is over')]).toEqual([{}, undefined])
  now += 60_000
  expect([sparing.says('no connection'), sparing.says('no connection')]).toEqual([{ more: 500 }, undefined])
  now -= 30_000
  expect(sparing.says('no connection')).toEqual({ more: 1 })
})

it('R11 forgets what it said where there is too much of it', () => {
  const sparing = new Sparing(() => 0)
  for (let i = 0; i < 100; i++) expect(sparing.says(`reason ${i}`)).toEqual({})
  expect(sparing.says('reason 99')).toBeUndefined()
  expect(sparing.says('one more')).toEqual({})
  expect(sparing.says('reason 99')).toEqual({})
})
