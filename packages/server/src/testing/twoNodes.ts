import { startClickHouse } from '@espalier/testkit/clickhouse'
import { startPostgres } from '@espalier/testkit/postgres'
import type { Parts } from '../index.ts'
import { type TestServer, testServer } from './server.ts'

/** How to wait for what one node hears of the other: longer than anything takes on a machine that is short of cores. */
export const WAIT = { interval: 20, timeout: 60_000 }

export interface TwoNodes {
  readonly nodes: readonly [TestServer, TestServer]
  /** Closes both, and the engines they share. */
  stop(): Promise<void>
}

/** Two nodes on one PostgreSQL and one ClickHouse, all started here. */
export async function twoNodes(parts: Parts = {}): Promise<TwoNodes> {
  const [postgres, clickHouse] = await Promise.all([startPostgres(), startClickHouse()])
  const stopEngines = async () => {
    await clickHouse.close()
    await postgres.stop()
  }
  try {
    const store = await postgres.database()
    const { username, password, database } = clickHouse
    const warehouse = `http://${username}:${password}@${new URL(clickHouse.url).host}/${database}`
    // Both at once: only one may make the first workspace.
    const nodes = await Promise.all([testServer({ store, warehouse }, parts), testServer({ store, warehouse }, parts)])
    return {
      nodes,
      async stop() {
        for (const node of nodes) await node.stop()
        await stopEngines()
      },
    }
  } catch (error) {
    await stopEngines()
    throw error
  }
}
