import { describe, expect, it } from 'vitest'
import { explain, UsageError } from '../../errors.ts'
import { imported, ndjson } from '../../testing/imported.ts'

describe('what cannot be imported says why', () => {
  it.each([
    ['an empty file', '', 'is empty'],
    ['a file of blank lines', '\n \n', 'is empty'],
    [
      'a JSON object over several lines',
      '{\n  "results": []\n}',
      'holds no JSON object that stands on a line of its own',
    ],
    ['a report under comments', '# ----\n# Free form 1\n\nEvent name,Event count\na,1\n', 'begins with a comment'],
    ['a feed in XML', '<?xml version="1.0"?><rss></rss>', 'is XML or HTML'],
    ['a page that asks to sign in', '\n<!DOCTYPE html><html></html>', 'is XML or HTML'],
    ['UTF-16 that does not say so', Buffer.from('a,b\n1,2\n', 'utf16le').toString('latin1'), '--encoding utf-16le'],
    ['a name without end', `a,${'x'.repeat(5000)}\n1,2\n`, /it has a, x{60}…\. Describe/],
  ])('%s', async (_, text, message) => {
    const error = await imported(text).catch((error: UsageError) => error)
    expect(error).toBeInstanceOf(UsageError)
    expect(explain(error)).toMatch(message)
  })
})

describe('one broken row among the first', () => {
  it('does not make another format of the file', async () => {
    const event = { type: 'track', event: 'E', userId: 'u', timestamp: '2024-05-01T10:00:00Z', properties: { n: 1 } }
    const segment = await imported(ndjson({ ...event, type: 'delete' }, event, event))
    expect([segment.importer.name, segment.items.length, segment.reasons]).toEqual([
      'segment',
      2,
      ['its type is "delete", not one of track, identify, page, screen, group, alias'],
    ])
    const sent = { metric_name: 'Placed Order', datetime: '2024-05-01T10:00:00Z', event_properties: {} }
    const klaviyo = await imported(ndjson(sent, { ...sent, email: 'a@x.com' }, { ...sent, profile_id: '01H' }))
    expect([klaviyo.importer.name, klaviyo.items.length, klaviyo.reasons]).toEqual([
      'klaviyo-events',
      2,
      ['it has neither an e-mail nor a profile id'],
    ])
  })
})
