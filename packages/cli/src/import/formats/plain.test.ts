import { describe, expect, it } from 'vitest'
import { imported, ndjson } from '../../testing/imported.ts'

describe('plain files', () => {
  it('events with the usual column names', async () => {
    const { items } = await imported('user_id,event,timestamp,price\nada,Bought,2024-05-01 10:00:00,9.5\n')
    expect(items).toEqual([
      {
        type: 'track',
        userId: 'ada',
        event: 'Bought',
        properties: { price: 9.5 },
        timestamp: '2024-05-01T10:00:00.000Z',
      },
    ])
  })

  it('events as the API takes them, without a type: what is in their properties and context stays what it is', async () => {
    const body = { event: 'Bought', timestamp: '2024-05-01T10:00:00Z', price: 9.5 }
    const whole = { ...body, userId: 'ada', properties: { total: 5, price: 3 }, context: { page: { path: '/a' } } }
    const told = { type: 'track', userId: 'ada', event: 'Bought', timestamp: '2024-05-01T10:00:00.000Z' }
    const { items, reasons } = await imported(
      ndjson(
        whole,
        whole,
        { ...body, userId: 'ada' },
        { ...whole, properties: null, context: null },
        { ...whole, context: 'x' },
      ),
    )
    expect(items).toEqual([
      { ...told, properties: { price: 3, total: 5 }, context: { page: { path: '/a' } } },
      { ...told, properties: { price: 3, total: 5 }, context: { page: { path: '/a' } } },
      { ...told, properties: { price: 9.5 }, context: {} },
      { ...told, properties: { price: 9.5 }, context: {} },
    ])
    expect(reasons).toEqual(['context is "x", not an object'])
    const table = await imported(
      'user_id,event,timestamp,properties\nada,Bought,2024-05-01 10:00:00,"{""total"": 5}"\nada,Bought,2024-05-01 10:00:00,\n',
    )
    expect(table.items.map(({ properties }) => properties)).toEqual([{ total: 5 }, {}])
    const texts = await imported('user_id,event,timestamp,properties\nada,Bought,2024-05-01 10:00:00,sea view\n')
    expect(texts.items[0]?.properties).toEqual({ properties: 'sea view' })
    const traits = await imported(
      ndjson({ userId: 'ada', timestamp: body.timestamp, traits: { plan: 'pro' } }),
      'traits',
    )
    expect(traits.items).toMatchObject([{ type: 'identify', traits: { plan: 'pro' } }])
  })

  it('traits, at the moment of the import where there is no time', async () => {
    const { items } = await imported('userId,plan,age\nada,pro,36\n', 'traits')
    expect(items).toEqual([
      { type: 'identify', userId: 'ada', traits: { plan: 'pro', age: 36 }, timestamp: '2025-01-01T00:00:00.000Z' },
    ])
  })

  it('decisions', async () => {
    const { items } = await imported(
      'user_id,timestamp,touchpoint,experience,variant,control,propensity,exposed,hour\nada,2024-05-01,home,e1,a,false,0.45,true,9\n',
      'decisions',
    )
    expect(items).toEqual([
      {
        type: 'decision',
        userId: 'ada',
        touchpoint: 'home',
        experience: 'e1',
        variant: 'a',
        control: false,
        propensity: 0.45,
        exposed: true,
        context: { hour: 9 },
        timestamp: '2024-05-01T00:00:00.000Z',
      },
    ])
  })

  it('catalog items, whose title may look like a number', async () => {
    const { importer, items } = await imported(
      'id,title,price,categories,colour\n17,1984,9.5,Books|Novels,red\n',
      'items',
    )
    expect(importer.target).toBe('catalog')
    expect(items).toEqual([{ id: '17', title: '1984', price: 9.5, categories: ['Books', 'Novels'], colour: 'red' }])
  })

  it('exchange rates', async () => {
    const { importer, items } = await imported('day,currency,base,rate\n2024-05-01,USD,EUR,0.93\n', 'rates')
    expect(importer.target).toBe('rates')
    expect(items).toEqual([{ day: '2024-05-01', currency: 'USD', base: 'EUR', rate: 0.93 }])
  })

  it('says what is missing from a file it does not know', async () => {
    await expect(imported('a,b\n1,2\n')).rejects.toThrow(
      /needs the columns event, timestamp, and userId or anonymousId; it has a, b/,
    )
    await expect(imported('a,b\n1,2\n', 'items')).rejects.toThrow(/as plain items it needs the columns id/)
  })
})
