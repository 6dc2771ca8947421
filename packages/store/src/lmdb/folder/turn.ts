import { stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { StoreError } from '../../errors.ts'

const PAUSE_MS = 20
/** Longer than it takes to see whether a lock of another machine is kept fresh. */
const PATIENCE_MS = 30_000

/**
 * Does `work` while no other process of this machine does the same for this folder. Files alone cannot do that: between looking at
 * a lock and taking it away somebody else may have taken it. A socket's name in Linux's abstract namespace has one owner, and
 * is free when its process ends, however it ends. On other systems, and between containers, nobody waits.
 */
export async function inTurn<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const { dev, ino } = await stat(folder)
  const turn = process.platform === 'linux' ? await turnAt(`\0espalier-${dev}-${ino}`, folder) : undefined
  try {
    return await work()
  } finally {
    turn?.close()
  }
}

async function turnAt(name: string, folder: string): Promise<Server | undefined> {
  for (let waited = 0; ; waited += PAUSE_MS) {
    try {
      return await listening(name)
    } catch (error) {
      // Where no such socket is to be had it goes without.
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return undefined
    }
    if (waited >= PATIENCE_MS) {
      throw new StoreError('in-use', `Another process is just about to take the data folder ${folder}: try again.`)
    }
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
  }
}

function listening(name: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(socket => socket.destroy())
    server.once('error', reject)
    server.listen(name, () => resolve(server))
  })
}
