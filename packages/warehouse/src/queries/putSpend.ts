import type { Database } from '../client/database.ts'

export interface SpendRow {
  /** Day in the workspace's zone, `2026-11-22`. */
  readonly day: string
  readonly channel: string
  readonly campaign: string
  /** The experience it was spent on; '' for none. */
  readonly experience: string
  readonly currency: string
  readonly amount: number
}

/** The same day, channel, campaign, experience and currency again replaces what was there; of two in one call the last holds. */
export async function putSpend(database: Database, workspace: string, rows: readonly SpendRow[]): Promise<void> {
  if (rows.length === 0) return
  const keyOf = ({ day, channel, campaign, experience, currency }: SpendRow) =>
    JSON.stringify([day, channel, campaign, experience, currency])
  const latest = new Map(rows.map(row => [keyOf(row), row]))
  const lines = [...latest.values()].map(({ day, channel, campaign, experience, currency, amount }) =>
    JSON.stringify({ workspace, day, channel, campaign, experience, currency, amount }),
  )
  await database.insert('spend', Buffer.from(`${lines.join('\n')}\n`))
}
