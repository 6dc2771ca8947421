import { describe, expect, it } from 'vitest'
import { imported, ndjson } from '../../testing/imported.ts'

describe('R3 two exports that overlap', () => {
  const people = { distinct_id: 'ada', user_pseudo_id: '1.2', anonymousId: 'a', anonymous_id: 'a' }
  const shopify = 'Name,Email,Financial Status,Total,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price'
  const time = '2024-05-01T10:00:00.000Z'
  /** By format: a file of the rows from `n` on. All but their ids is the same, so that nothing else tells them apart. */
  const exports: Record<string, (ids: readonly number[]) => string> = {
    segment: ids =>
      ndjson(...ids.map(n => ({ ...people, type: 'track', event: 'E', messageId: `m${n}`, timestamp: time }))),
    'segment-warehouse': ids =>
      `id,received_at,original_timestamp,anonymous_id,event\n${ids.map(n => `m${n},${time},${time},a,e`).join('\n')}`,
    posthog: ids =>
      ndjson(
        ...ids.flatMap(n =>
          ['E', '$pageview', '$screen', '$identify', '$groupidentify', '$create_alias'].map((event, i) => ({
            ...people,
            uuid: `u${n}-${i}`,
            event,
            properties: { $group_key: 'acme', alias: 'old', $device_id: 'd' },
            timestamp: time,
          })),
        ),
      ),
    'klaviyo-events': ids =>
      ndjson(
        ...ids.map(n => ({
          type: 'event',
          id: `e${n}`,
          attributes: { metric_name: 'Placed Order', datetime: time, event_properties: { a: 1 } },
          relationships: { profile: { data: { type: 'profile', id: '01H' } } },
        })),
      ),
    ga4: ids =>
      ndjson(
        ...ids.flatMap(n =>
          ['page_view', 'purchase'].map((event_name, i) => ({
            ...people,
            event_name,
            event_timestamp: '1714557600000000',
            event_params: [],
            batch_page_id: '7',
            batch_ordering_id: String(n),
            batch_event_index: i,
          })),
        ),
      ),
    'shopify-orders': ids =>
      `${shopify},Id,Cancelled at,Refunded Amount\n${ids.map(n => `#${n},a@x.com,paid,5,USD,${time},1,Mug,5,74${n},${time},${n % 10}`).join('\n')}`,
  }

  it.each(
    Object.entries(exports),
  )('of %s name the rows they share alike, and no two others', async (name, exported) => {
    const files = await Promise.all([exported([11, 12, 13]), exported([12, 13, 14])].map(text => imported(text)))
    expect(files.map(({ importer }) => importer.name)).toEqual([name, name])
    // What a person is stated to be is the same when it is stated again.
    const counted = files.map(({ items }) =>
      items.filter(({ type }) => name !== 'shopify-orders' || type !== 'identify'),
    )
    const [first, second] = counted.map(items => items.map(({ messageId }) => messageId as string))
    expect(new Set(first).size).toBe(counted[0]!.length)
    const each = first!.length / 3
    expect(first!.filter(id => second!.includes(id))).toHaveLength(2 * each)
    expect(first!.every(id => typeof id === 'string' && id.length < 100)).toBe(true)
  })

  it('of what has no ids are known by file and row: GA4 before its batches, orders without Id, plain rows', async () => {
    const rows = {
      ...people,
      event_name: 'purchase',
      event_timestamp: '1714557600000000',
      event_bundle_sequence_id: '5',
    }
    const files = [
      ndjson(rows),
      `${shopify}\n#1,a@x.com,paid,5,USD,${time},1,Mug,5`,
      `user_id,event,timestamp\nada,E,${time}`,
    ]
    for (const text of files) {
      const { items } = await imported(text)
      for (const item of items) expect(item).not.toHaveProperty('messageId')
    }
  })

  it('of an app, which has no pages, are told apart by the bundle they were sent in', async () => {
    const row = { ...people, event_name: 'purchase', event_timestamp: '1714557600000000', batch_event_index: '0' }
    const { items } = await imported(ndjson(...['5', '6', '5'].map(id => ({ ...row, event_bundle_sequence_id: id }))))
    const [a, b, again] = items.map(({ messageId }) => messageId)
    expect([a === b, a === again]).toEqual([false, true])
  })
})
