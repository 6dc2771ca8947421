import { startPostgres } from './index.ts'

// A process that holds a server until it is killed: for the test of what is left behind then.
process.on('disconnect', () => process.exit())
const postgres = await startPostgres()
process.send?.(await postgres.database())
