import { Courier, crowd, PLANTED, type Shopped, shop } from '@espalier/simulator'
import { count, ProgressLine } from '../output/progressLine.ts'
import type { Demo } from './run.ts'

/** Shoppers in the shop at once. */
const WIDTH = 24

/** Lets shoppers come, one visit each: they ask what they get, react to it, and report what they have seen. */
export async function serveShoppers({ shell, client, world, scale, heading }: Demo): Promise<Shopped[]> {
  heading(`Live: ${count(scale.shoppers)} shoppers come, ${count(world.people)} of them known from the history`)
  const progress = new ProgressLine(shell)
  const courier = new Courier(items => client.batch(items))
  const shopped: Shopped[] = []
  const began = performance.now()
  await crowd(scale.shoppers, WIDTH, async index => {
    const options = { world, client, send: courier.send.bind(courier), effects: PLANTED, now: Date.now, run: 'demo' }
    shopped.push(await shop(world.person(index), options))
    progress.update('Shoppers', shopped.length / scale.shoppers, () => count(shopped.length))
  })
  await courier.flush()
  progress.clear()

  const seconds = (performance.now() - began) / 1000
  const total = (of: (one: Shopped) => number) => count(shopped.reduce((sum, one) => sum + of(one), 0))
  const twice = shopped.filter(one => one.consistent !== undefined)
  shell.out(
    `${seconds.toFixed(1)} s: ${total(one => one.decisions)} decisions, ${total(one => one.exposures)} of them seen, ${total(one => Number(one.held))} people in the holdout.
${count(twice.length)} came on two devices, and ${count(twice.filter(one => one.consistent).length)} of them saw the same on both.
Shoppers live fast: a visit of minutes takes them as long as the engine's answers do. All decisions and events are of now.
`,
  )
  return shopped
}
