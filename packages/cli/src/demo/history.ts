import { deliveries, type Item } from '@espalier/simulator'
import { CliError } from '../errors.ts'
import { count, ProgressLine } from '../output/progressLine.ts'
import type { Demo } from './run.ts'

const DAY = 86_400_000
const BATCH = 400
/** Batches under way at once. */
const WIDTH = 4

/** Sends the shop's past by POST /v1/batch as its pages would have, in the order in which it arrived. */
export async function loadHistory({ shell, api, client, world, scale, heading }: Demo): Promise<void> {
  heading(`History: ${scale.days} days of ${count(scale.people)} shoppers`)
  const to = Date.now()
  const from = to - scale.days * DAY
  const progress = new ProgressLine(shell)
  const began = performance.now()
  const under = new Set<Promise<void>>()
  let [sent, repeated, crawled, refused] = [0, 0, 0, 0]
  let failure: unknown

  const send = (items: Item[]) => {
    const work: Promise<void> = client
      .batch(items)
      .then(
        received => {
          refused += received.bots
        },
        error => {
          failure ??= error
        },
      )
      .finally(() => under.delete(work))
    under.add(work)
  }

  let batch: Item[] = []
  for (const delivery of deliveries(world, { from, to })) {
    if (failure !== undefined) break
    sent++
    if (delivery.crawler) crawled++
    else if (delivery.repeated) repeated++
    batch.push(delivery.item)
    if (batch.length < BATCH) continue
    send(batch)
    batch = []
    if (under.size >= WIDTH) await Promise.race(under)
    progress.update('History', (delivery.at - from) / (to - from), () => `${count(sent)} events`)
  }
  send(batch)
  await Promise.all(under)
  progress.clear()
  if (failure !== undefined) throw failure
  const seconds = (performance.now() - began) / 1000
  shell.out(
    `${count(sent)} events sent in ${seconds.toFixed(1)} s (${count(sent / seconds)}/s): ${count(repeated)} of them repeats, ${count(refused)} refused because crawlers sent them.\n`,
  )
  if (refused !== crawled)
    throw new CliError(`The server refused ${refused} events of crawlers, and ${crawled} were sent`)
  await check(api, sent - repeated - crawled, shell)
}

/** How often to ask a warehouse that is behind; each time the server itself waits up to 5 s for it. */
const PATIENCE = 12

/** What the warehouse counts must be what was sent, less repeats and crawlers. */
async function check(api: Demo['api'], expected: number, shell: Demo['shell']): Promise<void> {
  for (let asked = 0; asked < PATIENCE; asked++) {
    const { complete, totals } = await api.get<Totals>('/v1/summary', 'totals')
    if (!complete) continue
    if (totals.events !== expected) {
      throw new CliError(`The warehouse holds ${totals.events} events, but it should be ${expected}`)
    }
    shell.out(
      `The warehouse holds exactly the rest: ${count(totals.events)} events of ${count(totals.people)} people.\n`,
    )
    return
  }
  throw new CliError('The warehouse has not caught up within a minute', { mend: 'Try --scale small on this machine' })
}

interface Totals {
  readonly complete: boolean
  readonly totals: { readonly events: number; readonly people: number }
}
