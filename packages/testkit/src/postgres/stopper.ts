import { startPostgres } from './index.ts'

// A process that has nothing to do but stop what it started: for the test that it waits for that.
const postgres = await startPostgres()
process.send?.(await postgres.database())
await postgres.stop()
