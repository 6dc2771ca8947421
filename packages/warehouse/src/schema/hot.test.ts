import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEngine, type TestEngine } from '../contract/engine.ts'
import { batchesOf, event } from '../contract/index.ts'
import { numberAt } from '../sql/json.ts'
import { hotAmounts, profileHash } from './hot.ts'
import { migrate, migrations } from './migrate.ts'

let opened: TestEngine
beforeAll(async () => {
  opened = await startEngine()
  await migrate(opened.database)
})
afterAll(() => opened?.close())

const insert = async (properties: string) => {
  const [batch] = batchesOf('events', [event({ workspace: 'hot', profile: properties })])
  const body = Buffer.from(Buffer.from(batch!.body).toString().replace('"properties":{}', `"properties":${properties}`))
  await opened.database.insert('events', body, batch!.token)
}
const { amount, isText } = hotAmounts.get('total')!
const kept = amount.name
const rows = () =>
  opened.database.rows<{
    kept: number | null
    read: number | null
    text: boolean
    isText: boolean
    hash: string
    own: string
    properties: string
  }>(
    `SELECT ${kept} AS kept, ${numberAt('properties', 'total', { bind: () => "'total'" })} AS read,
      ${isText.name} AS text, isNotNull(read) AND JSONType(properties, 'total') = 'String' AS isText, toString(${profileHash.name}) AS hash,
      toString(cityHash64(profile)) AS own, properties FROM events ORDER BY profile`,
  )

describe('what is kept beside a row', () => {
  it('is what reading the row gives, however its properties are written', async () => {
    const written = [
      '{"total":12.5}',
      '{"total":"19.99"}',
      '{"total":"19,99"}',
      '{"total":32889.90283928801}',
      '{"t\\u006ftal":7}',
      '{"a":"\\"total\\"","cart":{"total":3}}',
      '{"cart":{"total":3},"total":-0.1}',
      '{"total":true}',
      '{"total":2e12}',
      '{}',
    ]
    for (const properties of written) await insert(properties)
    const found = await rows()
    expect(found).toHaveLength(written.length)
    for (const { kept, read, text, isText, hash, own, properties } of found) {
      expect(kept, properties).toBe(read)
      expect(text, properties).toBe(Boolean(isText))
      expect(hash).toBe(own)
    }
    expect(found.filter(({ kept }) => kept !== null)).toHaveLength(5)
  })

  it('is there for rows from before it was kept', async () => {
    const before = await rows()
    await opened.database.command(
      `ALTER TABLE events DROP COLUMN ${isText.name}, DROP COLUMN ${kept}, DROP COLUMN ${profileHash.name}`,
    )
    for (const { statements } of migrations.slice(4, 6)) {
      for (const statement of statements) await opened.database.command(statement)
    }
    expect(await rows()).toEqual(before)
  })

  it('is never part of the row itself', async () => {
    const [row] = await opened.database.rows<object>('SELECT * FROM events LIMIT 1')
    expect(Object.keys(row!)).not.toContain(kept)
    expect(Object.keys(row!)).not.toContain(profileHash.name)
  })
})
