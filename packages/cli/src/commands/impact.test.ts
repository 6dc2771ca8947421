import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { built, type RunningServer, startedServer } from '../testing/server.ts'
import { espalier, temporaryFolder } from '../testing/shell.ts'

const DEFINITIONS = `
kind: settings
key: workspace
holdout: 0
currency: EUR
impact: { margin: { rate: 0.5 } }
---
kind: touchpoint
key: hero
channel: web
---
kind: experience
key: hello
tactic: content
touchpoints: [hero]
control: 0.5
variants:
  - key: a
    content: { hero: A }
`

describe.skipIf(!built)('espalier impact and espalier spend', () => {
  let server: RunningServer
  let folder: string
  const cli = (...args: string[]) => espalier(args, { url: server.url, secretKey: server.secretKey })
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  beforeAll(async () => {
    server = await startedServer()
    folder = temporaryFolder()
    file('all.yaml', DEFINITIONS)
    expect((await cli('push', folder)).code).toBe(0)
  })
  afterAll(() => server?.stop())

  it('an empty log has nothing to tell, and says so', async () => {
    const { code, output } = await cli('impact')
    expect(code).toBe(0)
    expect(output).toContain('not known')
  })

  it('shows lift and money by experience, touchpoint and so on, and prints the rows as CSV', async () => {
    const decision = (row: number, variant: string) => ({
      row,
      type: 'decision',
      userId: `u${row}`,
      timestamp: '2026-03-01T00:00:00Z',
      touchpoint: 'hero',
      experience: 'hello',
      variant,
      propensity: 0.5,
    })
    const order = (row: number, who: number) => ({
      row,
      type: 'track',
      userId: `u${who}`,
      event: 'Order Completed',
      timestamp: '2026-03-02T00:00:00Z',
      properties: { total: 40 },
    })
    const people = Array.from({ length: 60 }, (_, i) => decision(i, i % 2 === 0 ? 'a' : ''))
    const orders = people.flatMap(({ row }) => (row % 4 === 0 || row % 6 === 1 ? [order(100 + row, row)] : []))
    const answer = await fetch(`${server.url}/v1/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ file: 'a'.repeat(64), items: [...people, ...orders] }),
    })
    expect(answer.status).toBe(200)
    const spent = await cli(
      'spend',
      file('spend.csv', 'day;channel;amount;experience\n2026-03-01;ads;12.50;\n2026-03-02;ads;1;hello\n'),
    )
    expect(spent).toMatchObject({ code: 0, output: '2 amounts are stored.\n' })
    const { output } = await cli('impact', '--to', '2026-04-01')
    for (const heading of ['experience', 'touchpoint', 'tactic', 'channel']) {
      expect(output).toMatch(new RegExp(`^${heading} .*Revenue.*net a month`, 'm'))
    }
    expect(output).toMatch(/^hello +30 +30 +\d+\.\d\d EUR/m)
    expect(output).toContain('Spend 13.50 EUR')
    const csv = (await cli('impact', '--to', '2026-04-01', '--csv')).output
    expect(csv.split('\r\n')[1]).toMatch(/^experience,hello,,30,30,/)
    const json = JSON.parse((await cli('impact', '--to', '2026-04-01', '--by', 'week', '--json')).output)
    expect(json.periods.map(({ key }: { key: string }) => key)).toEqual(['2026-03-02'])
  })

  it('names the row of a file that cannot be meant', async () => {
    expect((await cli('spend', file('bad.csv', 'day,channel\n2026-03-01,ads\n'))).errors).toContain('no column amount')
    const amount = await cli('spend', file('amount.csv', 'day,channel,amount\n2026-03-01,ads,€ 5\n'))
    expect(amount.errors).toContain('row 1: "€ 5" is no amount')
    const day = await cli('spend', file('day.csv', 'day,channel,amount\n2026-02-30,ads,5\n'))
    expect(day.errors).toContain('day.csv, row 1: day "2026-02-30" is no day. Write it as 2026-11-30. 0 rows before it')
    const rows = 'day,channel,amount,currency,experience\n2026-03-01,ads,5,EUR,\n'
    const currency = await cli('spend', file('currency.csv', `${rows}2026-03-02,ads,5,euro,\n`))
    expect(currency.errors).toMatch(/currency\.csv, row 2: currency .*three capital letters, such as EUR/)
    const experience = await cli('spend', file('experience.csv', `${rows}2026-03-02,ads,5,EUR,none\n`))
    expect(experience.errors).toMatch(/row 2: experience There is no experience "none"\. Publish it first/)
  })

  it('two rows of the same are refused: the later would replace the earlier', async () => {
    const rows = '2026-03-01,ads,shoes,5\n2026-03-02,ads,shoes,6\n2026-03-01,ads,shoes,7\n'
    const { code, errors } = await cli('spend', file('twice.csv', `day,channel,campaign,amount\n${rows}`))
    expect(code).toBe(1)
    expect(errors).toContain('row 3: it is of the same day, channel, campaign, experience, currency as row 1')
    const answer = await fetch(`${server.url}/v1/spend`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ spend: [1, 2].map(amount => ({ day: '2026-03-05', channel: 'ads', amount })) }),
    })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      error: { path: 'spend[1]', message: expect.stringContaining('spend[0]') },
    })
  })
})
