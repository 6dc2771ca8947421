import { expect, it } from 'vitest'
import { fakeApi } from '../testing/fakeApi.ts'
import { Api } from './api.ts'

const BUSY = { status: 429, headers: { 'retry-after': '30' }, body: { error: { code: 'too_busy', message: 'Busy' } } }

it('aborted, nothing is tried again: neither while a request is under way nor while it waits', async () => {
  const stop = new AbortController()
  const { url, requests } = await fakeApi(() => {
    stop.abort()
    return BUSY
  })
  const post = () => new Api({ url, key: 'secret' }).post('/v1/import', {}, { retries: 40, signal: stop.signal })
  await expect(post()).rejects.toThrow('Busy')
  expect(requests).toHaveLength(1)

  const waiting = new AbortController()
  const busy = await fakeApi(() => {
    setTimeout(() => waiting.abort(), 50)
    return BUSY
  })
  const other = new Api({ url: busy.url, key: 'secret' })
  await expect(other.post('/v1/import', {}, { retries: 40, signal: waiting.signal })).rejects.toThrow('Interrupted')
  expect(busy.requests).toHaveLength(1)
}, 10_000)
