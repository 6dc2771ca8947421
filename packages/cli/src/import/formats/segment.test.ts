import { describe, expect, it } from 'vitest'
import { imported, ndjson } from '../../testing/imported.ts'

describe('Segment', () => {
  it('reads raw events, without what was only transport', async () => {
    const { importer, items } = await imported(
      ndjson(
        {
          type: 'identify',
          messageId: 'm2',
          userId: 'ada',
          anonymousId: 'a1',
          traits: { plan: 'pro' },
          timestamp: '2024-05-01T10:00:01.000Z',
          receivedAt: '2024-05-01T10:00:09.000Z',
          sentAt: '2024-05-01T10:00:08.000Z',
          integrations: {},
          version: 2,
        },
        {
          type: 'track',
          messageId: 'm1',
          anonymousId: 'a1',
          event: 'Product Viewed',
          properties: { sku: 'M' },
          context: { locale: 'de' },
          timestamp: '2024-05-01T10:00:00.000Z',
          userId: null,
        },
      ),
    )
    expect(importer.name).toBe('segment')
    expect(items).toEqual([
      {
        type: 'track',
        messageId: 'm1',
        anonymousId: 'a1',
        event: 'Product Viewed',
        properties: { sku: 'M' },
        context: { locale: 'de' },
        timestamp: '2024-05-01T10:00:00.000Z',
      },
      {
        type: 'identify',
        messageId: 'm2',
        userId: 'ada',
        anonymousId: 'a1',
        traits: { plan: 'pro' },
        timestamp: '2024-05-01T10:00:01.000Z',
      },
    ])
  })

  it('reads warehouse tables', async () => {
    const tracks = await imported(
      'id,received_at,original_timestamp,timestamp,anonymous_id,user_id,event,event_text,context_page_url,context_ip,sku,price\nm1,2024-05-01 10:00:05,2024-05-01 10:00:00,2024-05-01 10:00:01.5,a1,,product_viewed,Product Viewed,https://x/a,1.2.3.4,M,9.5\n',
    )
    expect(tracks.importer.name).toBe('segment-warehouse')
    expect(tracks.items).toEqual([
      {
        type: 'track',
        messageId: 'm1',
        anonymousId: 'a1',
        event: 'Product Viewed',
        properties: { sku: 'M', price: 9.5 },
        context: { page: { url: 'https://x/a' }, ip: '1.2.3.4' },
        timestamp: '2024-05-01T10:00:01.500Z',
      },
    ])
    const identifies = await imported(
      'id,received_at,original_timestamp,user_id,plan\nm1,2024-05-01 10:00:05,2024-05-01 10:00:00,ada,pro\n',
    )
    expect(identifies.items).toMatchObject([{ type: 'identify', userId: 'ada', traits: { plan: 'pro' } }])
    const groups = await imported(
      'id,received_at,original_timestamp,anonymous_id,user_id,group_id,name,employees\nm1,2024-05-01 10:00:05,2024-05-01 10:00:00,,ada,acme,Acme,12\n',
    )
    expect(groups.items).toMatchObject([{ type: 'group', userId: 'ada', groupId: 'acme' }])
    expect(groups.items[0]?.traits).toEqual({ name: 'Acme', employees: 12 })
    const aliases = await imported(
      'id,received_at,original_timestamp,user_id,previous_id\nm1,2024-05-01 10:00:05,2024-05-01 10:00:00,ada,a1\n',
    )
    expect(aliases.items).toMatchObject([{ type: 'alias', userId: 'ada', previousId: 'a1' }])
  })
})
