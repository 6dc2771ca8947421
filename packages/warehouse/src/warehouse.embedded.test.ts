import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { warehouseContract } from './contract/index.ts'
import { openWarehouse } from './open.ts'

const folder = await mkdtemp(join(tmpdir(), 'warehouse-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

warehouseContract('the embedded warehouse', () => openWarehouse({ embedded: { path: join(folder, 'data') } }))
