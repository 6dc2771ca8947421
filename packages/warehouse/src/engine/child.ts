import { giveWay } from './giveWay.ts'
import type { ToChild, ToParent } from './protocol.ts'
import { Lane } from './session.ts'

/**
 * The process that hosts chDB, so that the engine's death is not the product's. It runs what its parent sends and ends with
 * it: everything it has acknowledged is on the disk, so it may be killed at any moment.
 */

// From the beginning; what the engine makes of it for its threads is put right as soon as they are there, which is once it has tables.
giveWay()
let looksLeft = 50

let lanes: { read: Lane; write: Lane } | undefined

// The parent decides when to stop, also when a terminal or a service manager signals the whole group.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
// The parent is gone. Not `exit`: its hooks would wait for the query that is under way.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

process.on('message', (message: ToChild) => {
  if (message.do === 'open') void open(message)
  else if (message.do === 'run') void run(message)
  else void stop()
})

async function open({ path, database, config }: ToChild & { do: 'open' }): Promise<void> {
  try {
    const connectionArgs = [`--config-file=${config}`]
    const read = await Lane.open(path, database, connectionArgs)
    lanes = { read, write: await Lane.open(path, database, connectionArgs) }
    const version = await read.run({ lane: 'read', sql: 'SELECT version() FORMAT TSV', settings: {} })
    send({ is: 'open', version: Buffer.from(version.bytes).toString().trim() })
  } catch (error) {
    send({ is: 'refused', message: messageOf(error) })
  }
}

async function run({ id, ...statement }: ToChild & { do: 'run' }): Promise<void> {
  try {
    if (lanes === undefined) throw new Error('The engine is not open.')
    const result = await lanes[statement.lane].run(statement)
    if (looksLeft > 0) looksLeft = giveWay() ? 0 : looksLeft - 1
    send({ is: 'done', id, ...result })
  } catch (error) {
    send({ is: 'failed', id, message: messageOf(error) })
  }
}

async function stop(): Promise<void> {
  await lanes?.read.close()
  await lanes?.write.close()
  process.exit(0)
}

function send(message: ToParent): void {
  // The parent may be gone; `disconnect` then ends this process.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
