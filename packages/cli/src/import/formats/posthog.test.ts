import type { JsonObject } from '@espalier/core'
import { describe, expect, it } from 'vitest'
import { imported, ndjson } from '../../testing/imported.ts'

describe('PostHog', () => {
  const event = (name: string, distinct_id: string, properties: JsonObject, second: number) => ({
    uuid: `0190a-${second}`,
    event: name,
    distinct_id,
    properties,
    timestamp: `2024-05-01T10:00:0${second}.000Z`,
    created_at: '2024-05-01T11:00:00Z',
    team_id: 1,
  })
  const records = [
    event(
      '$pageview',
      'dev1',
      {
        $device_id: 'dev1',
        $is_identified: false,
        $current_url: 'https://x/a',
        $pathname: '/a',
        utm_source: 'news',
        $device_type: 'Mobile',
      },
      1,
    ),
    event(
      '$identify',
      'ada',
      { $anon_distinct_id: 'dev1', $device_id: 'dev1', $set: { plan: 'pro' }, $set_once: { plan: 'free', first: 1 } },
      2,
    ),
    event(
      'Order Completed',
      'ada',
      { $device_id: 'dev1', $lib: 'web', total: 5, currency: 'EUR', $set: { tier: 'gold', $browser: 'Firefox' } },
      3,
    ),
    event('$groupidentify', 'ada', { $group_type: 'company', $group_key: 'acme', $group_set: { employees: 7 } }, 4),
    event('$create_alias', 'ada', { alias: 'old-ada' }, 5),
  ]
  const expected = [
    {
      type: 'page',
      anonymousId: 'dev1',
      messageId: '0190a-1',
      properties: { path: '/a' },
      context: { campaign: { source: 'news' }, device: { type: 'mobile' } },
    },
    {
      type: 'identify',
      userId: 'ada',
      anonymousId: 'dev1',
      traits: { plan: 'pro', $set_once: { plan: 'free', first: 1 } },
    },
    {
      type: 'track',
      event: 'Order Completed',
      userId: 'ada',
      anonymousId: 'dev1',
      properties: { total: 5, currency: 'EUR' },
      context: { traits: { tier: 'gold' } },
    },
    { type: 'group', groupId: 'acme', traits: { employees: 7 } },
    { type: 'alias', userId: 'ada', previousId: 'old-ada' },
  ]

  it('reads its events as NDJSON', async () => {
    const { importer, items } = await imported(ndjson(...records))
    expect(importer.name).toBe('posthog')
    expect(items).toMatchObject(expected)
    expect(items[0]).not.toHaveProperty('userId')
    expect(items[2]?.properties).toEqual({ total: 5, currency: 'EUR' })
    expect(items[2]?.context).toEqual({ traits: { tier: 'gold' } })
  })

  it('reads the same as CSV, with the properties as JSON', async () => {
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
    const lines = records.map(record =>
      [
        record.uuid,
        quoted(record.event),
        record.distinct_id,
        quoted(JSON.stringify(record.properties)),
        record.timestamp,
      ].join(','),
    )
    const { importer, items } = await imported(['uuid,event,distinct_id,properties,timestamp', ...lines].join('\n'))
    expect(importer.name).toBe('posthog')
    expect(items).toMatchObject(expected)
  })

  it('reads the same from the CSV of its interface, with a column a property', async () => {
    const bought = event('Order Completed', 'ada', { products: [{ sku: 'M' }, { sku: 'P' }] }, 6)
    const flat = [...records, bought].map(({ uuid, event, distinct_id, timestamp, properties }) => ({
      id: uuid,
      distinct_id,
      event,
      timestamp,
      person: '',
      elements_chain: '',
      ...flattened(properties, 'properties'),
    }))
    const columns = [...new Set(flat.flatMap(row => Object.keys(row)))]
    const lines = flat.map(row => columns.map(name => (row as Record<string, string>)[name] ?? '').join(','))
    const { importer, items, reasons } = await imported([columns.join(','), ...lines].join('\r\n'))
    expect(importer.name).toBe('posthog-table')
    expect(reasons).toEqual([])
    expect(items).toMatchObject([
      ...expected,
      { userId: 'ada', properties: { products: [{ sku: 'M' }, { sku: 'P' }] } },
    ])
    expect(items[0]).not.toHaveProperty('userId')
    expect(items[2]?.properties).toEqual({ total: 5, currency: 'EUR' })
  })

  /** As PostHog writes it: each value under the path to it, yes and no as Python does. */
  function flattened(value: unknown, path: string): Record<string, string> {
    if (typeof value !== 'object' || value === null) {
      return { [path]: typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value) }
    }
    return Object.assign({}, ...Object.entries(value).map(([name, inner]) => flattened(inner, `${path}.${name}`)))
  }
})
