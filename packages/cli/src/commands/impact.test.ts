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
    expect(day.errors).toContain('"2026-02-30" is no day')
  })
})
