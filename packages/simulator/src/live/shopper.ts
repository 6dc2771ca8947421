import type { Item } from '../item.ts'
import type { Person } from '../people/person.ts'
import { type Effects, type Shown, type Stage, TOUCHPOINT_OF } from '../plan/effects.ts'
import type { Viewer } from '../plan/truth.ts'
import { visit } from '../visit/visit.ts'
import type { World } from '../world.ts'
import type { ShopClient } from './client.ts'
import { Stay } from './stay.ts'

/** What the engine showed to one shopper, and what is true of them. */
export interface Shopped {
  readonly person: Person
  readonly decisions: number
  readonly exposures: number
  /** In the holdout of the whole programme. */
  readonly held: boolean
  /** As which kind of viewer they count, for each experience they came into (controls too, the holdout not). */
  readonly viewers: ReadonlyMap<string, Viewer>
  /** Looked in on their other device first: did they get the same there? Absent for people with one. */
  readonly consistent?: boolean
}

export interface ShopperOptions {
  readonly world: World
  readonly client: Pick<ShopClient, 'decide'>
  /** Takes events that nobody waits for. */
  readonly send: (items: readonly Item[]) => Promise<void>
  readonly effects: Effects
  readonly now: () => number
  /** Another run of the same people. */
  readonly run: string
}

const STAGES = Object.keys(TOUCHPOINT_OF) as Stage[]

/**
 * One person comes to the shop, now: what a visit takes minutes for happens as fast as the engine answers, so all times are
 * the real ones. They react to what they are shown with the planted effects, and what they see is reported as seen. People
 * with two devices look in on the other one first, and go on here.
 */
export async function shop(person: Person, options: ShopperOptions): Promise<Shopped> {
  const { world, client, now, run, effects, send } = options
  const rng = world.rng.fork(`live ${run} ${person.index}`)
  const plan = { person, catalog: world.catalog, effects, start: 0, logsIn: true }
  const device = person.devices.at(-1)!
  const stays: Stay[] = []
  if (person.devices.length > 1) {
    const other = person.devices[0]!
    const glimpse = new Stay(person, other, { client, now, rng: rng.fork('glimpse') })
    await send(await glimpse.drive(visit({ ...plan, device: other, rng: rng.fork('there') }), true))
    stays.push(glimpse)
  }
  const stay = new Stay(person, device, { client, now, rng: rng.fork('exposures') }, stays[0]?.last)
  await send(await stay.drive(visit({ ...plan, device, rng })))
  stays.push(stay)

  const there = stays.length > 1 ? stays[0]!.answers.get('home.hero') : undefined
  const here = stay.answers.get('home.hero')
  return {
    person,
    decisions: stays.reduce((sum, { answers }) => sum + answers.size, 0),
    exposures: stays.reduce((sum, { seen }) => sum + seen.length, 0),
    held: here?.holdout === true,
    viewers: viewersOf(person, stay),
    ...(there === undefined
      ? {}
      : { consistent: here?.experience === there.experience && here?.variant === there.variant }),
  }
}

/** For the truth: what they were when they first saw each experience, or its default content in the control group. */
function viewersOf(person: Person, stay: Stay): Map<string, Viewer> {
  const viewers = new Map<string, Viewer>()
  const shown: Partial<Record<Stage, Shown>> = {}
  for (const stage of STAGES) {
    const touchpoint = TOUCHPOINT_OF[stage]
    const { experience, variant } = stay.answers.get(touchpoint) ?? {}
    if (stay.seen.includes(touchpoint) && experience !== undefined && variant !== undefined) {
      shown[stage] = { experience, variant }
    }
  }
  const { view, add } = shown
  const atHome = { ...(view && { view }), ...(add && { add }) }
  for (const touchpoint of stay.seen) {
    const answer = stay.answers.get(touchpoint)
    if (answer?.experience === undefined || answer.holdout || viewers.has(answer.experience)) continue
    const from = touchpoint.startsWith('cart.') ? 'cart' : 'home'
    viewers.set(answer.experience, {
      segment: person.segment,
      account: person.account !== undefined,
      from,
      shown: from === 'home' ? atHome : {},
    })
  }
  return viewers
}
