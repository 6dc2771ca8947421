import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../json.ts'
import { originOf } from './origin.ts'
import { readItem } from './readItem.ts'

function origin(context: JsonObject, more: object = {}) {
  const item = { type: 'page', anonymousId: 'a', context, ...more }
  return originOf(readItem(item, { received: 1e12, index: 0, newMessageId: () => 'm' }).event!)
}

const url = 'https://www.shop.example/sale'

describe('originOf', () => {
  const CASES: [name: string, context: JsonObject, expected: object | undefined][] = [
    ['nothing said', {}, undefined],
    [
      'context.campaign names the campaign',
      { campaign: { name: 'spring', source: 'news', medium: 'email', term: 't', content: 'c' } },
      { campaign: 'spring', source: 'news', medium: 'email', term: 't', content: 'c' },
    ],
    [
      'context.campaign wins over the query',
      { campaign: { source: 'news' }, page: { search: '?utm_source=other' } },
      { source: 'news' },
    ],
    [
      'an empty campaign leaves it to the query',
      { campaign: {}, page: { search: '?a=1&utm_source=ads&utm_campaign=Spring+Sale%21&utm_medium=' } },
      { source: 'ads', campaign: 'Spring Sale!' },
    ],
    ['the query of the address', { page: { url: `${url}?utm_source=x#utm_medium=y` } }, { source: 'x' }],
    ['a stray per cent sign is kept', { page: { search: '?utm_source=50%off' } }, { source: '50%off' }],
    [
      'another site refers',
      { page: { url, referrer: 'https://google.com/search?q=secret' } },
      { referrer: 'https://google.com/search' },
    ],
    ['the own site does not refer', { page: { url, referrer: 'https://shop.example/' } }, undefined],
    ['context.referrer refers too', { referrer: { url: 'https://t.co/x' } }, { referrer: 'https://t.co/x' }],
    ['what is no address does not refer', { page: { referrer: '$direct' } }, undefined],
    ['long text is cut', { campaign: { source: 's'.repeat(300) } }, { source: 's'.repeat(200) }],
    ['wrong types are ignored', { campaign: [1], page: { search: 5, url: {}, referrer: null } }, undefined],
  ]
  it('a page call without context.page has the page in its properties; a track has not', () => {
    const properties = { url: `${url}?utm_source=ads`, referrer: 'https://google.com/search?q=a', path: '/sale' }
    expect(origin({}, { properties })).toEqual({ source: 'ads', referrer: 'https://google.com/search' })
    expect(origin({}, { properties: { search: '?utm_campaign=spring' } })).toEqual({ campaign: 'spring' })
    expect(origin({ page: { url } }, { properties })).toBeUndefined()
    expect(origin({}, { type: 'track', event: 'Read', properties })).toBeUndefined()
  })
  for (const [name, context, expected] of CASES) it(name, () => expect(origin(context)).toEqual(expected))
})
