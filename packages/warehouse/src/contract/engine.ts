import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { Database } from '../client/database.ts'
import { Gate } from '../client/gate.ts'
import { readSettings } from '../client/settings.ts'
import { Engine, EngineConnection, type EngineOptions } from '../engine/index.ts'

export interface TestEngine {
  readonly engine: Engine
  readonly database: Database
  readonly path: string
  /** Stops the engine and removes its folder. */
  close(): Promise<void>
}

/** An engine with nothing in it, for tests that go below the warehouse's own methods. */
export async function startEngine(
  options: Partial<EngineOptions> & { queryTimeout?: number; queryMemory?: number; threads?: number } = {},
): Promise<TestEngine> {
  const path = options.path ?? (await mkdtemp(join(tmpdir(), 'engine-')))
  const engine = new Engine({ database: 'espalier', memory: 1_000_000_000, patience: 60_000, ...options, path })
  await engine.start()
  const limits = {
    threads: options.threads ?? 1,
    queryMemory: options.queryMemory ?? 600_000_000,
    queryTimeout: options.queryTimeout ?? 30,
  }
  const database = new Database({
    client: createClient({ connection: new EngineConnection(engine) }),
    settings: readSettings(limits),
    reads: new Gate('queries', { running: 1, waiting: 10 }),
    writes: new Gate('inserts', { running: 1, waiting: 10 }),
  })
  return {
    engine,
    database,
    path,
    close: async () => {
      await engine.stop()
      await rm(path, { recursive: true, force: true })
    },
  }
}
