import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { traces } from '@espalier/simulator'

const DAY = 86_400_000

/**
 * Batches of 100 events of realistic sessions of `people` shoppers, made before anything is measured: at least `events`
 * events, a day of the shop for each worker, in order of time.
 */
export async function makeTraces({ people, events, batch = 100 }) {
  const workers = Math.max(1, Math.min(4, availableParallelism()))
  const share = Math.ceil(events / workers)
  const from = Math.floor(Date.now() / DAY) * DAY - (workers + 1) * 4 * DAY
  const parts = await Promise.all(
    Array.from({ length: workers }, (_, i) => inWorker({ people, batch, events: share, from: from + i * 4 * DAY })),
  )
  return parts.flat()
}

function inWorker(options) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: options })
    worker.once('message', buffers => resolve(buffers.map(({ body, events }) => ({ body: Buffer.from(body), events }))))
    worker.once('error', reject)
  })
}

if (!isMainThread && workerData?.people !== undefined) {
  const { people, batch, events, from } = workerData
  const made = []
  let count = 0
  for (const one of traces({ people, seed: 'bench', batch, from, to: from + 4 * DAY })) {
    // A buffer of its own, so that it is handed over and not copied.
    made.push({ body: Uint8Array.from(one.body).buffer, events: one.events })
    count += one.events
    if (count >= events) break
  }
  parentPort.postMessage(
    made,
    made.map(one => one.body),
  )
}
