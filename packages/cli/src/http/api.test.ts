import { expect, it } from 'vitest'
import { fakeApi } from '../testing/fakeApi.ts'
import { Api, pause } from './api.ts'

const BUSY = { status: 429, headers: { 'retry-after': '30' }, body: { error: { code: 'too_busy', message: 'Busy' } } }

it('aborted, nothing is tried again: neither while a request is under way nor while it waits', async () => {
  const stop = new AbortController()
  const { url, requests } = await fakeApi(() => {
    stop.abort()
    return BUSY
  })
  const post = () =>
    new Api({ url, key: 'secret' }).request('POST', '/v1/import', { body: {}, retries: 40, signal: stop.signal })
  await expect(post()).rejects.toThrow('Busy')
  expect(requests).toHaveLength(1)

  const waiting = new AbortController()
  const busy = await fakeApi(() => BUSY)
  const wait = (ms: number, signal?: AbortSignal) => {
    const over = pause(ms, signal)
    waiting.abort()
    return over
  }
  const other = new Api({ url: busy.url, key: 'secret', wait })
  await expect(other.request('POST', '/v1/import', { body: {}, retries: 40, signal: waiting.signal })).rejects.toThrow(
    'Interrupted',
  )
  expect(busy.requests).toHaveLength(1)
  // Aborted before it waits, it does not wait.
  await pause(30_000, waiting.signal)
}, 10_000)

it('what breaks off within its answer, and what a proxy has no server for, is asked for again', async () => {
  let asked = 0
  const { url } = await fakeApi(() => {
    asked++
    if (asked === 1) return { status: 502, body: '<html>' }
    // Less than it says comes: the connection ends before.
    if (asked === 2) return { headers: { 'content-length': '1000' }, body: '{"stored": ' }
    return { body: { stored: 1 } }
  })
  const heard: string[] = []
  const api = new Api({ url, key: 'secret', wait: async () => undefined })
  expect(
    await api.request('POST', '/v1/import', { body: {}, retries: 4, waiting: reason => heard.push(reason) }),
  ).toEqual({ stored: 1 })
  expect(heard).toEqual([expect.stringContaining('502'), expect.stringContaining('No Espalier answers')])
})
