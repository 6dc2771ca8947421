import type { Random } from '@espalier/core/random'
import type { Item } from '../item.ts'
import type { Device } from '../people/devices.ts'
import type { Person } from '../people/person.ts'
import { BEHAVIOUR } from '../people/segments.ts'
import { discountOf, type Effects, factorOf, type Shown, type Stage, TOUCHPOINT_OF } from '../plan/effects.ts'
import { type Product, shelfOf } from '../shop/catalog.ts'
import { cartOf, orderOf, productOf, refundOf } from './ecommerce.ts'
import { originOf, RESCUE_ORIGIN } from './origin.ts'
import { Recorder } from './recorder.ts'

/** What a visit does next. Whoever drives it answers `decide` with what is shown there. */
export type Step =
  | { readonly kind: 'event'; readonly item: Item }
  | { readonly kind: 'decide'; readonly touchpoints: readonly string[] }
  /** The person really sees what was decided for this touchpoint. */
  | { readonly kind: 'seen'; readonly touchpoint: string }

export type Answers = ReadonlyMap<string, Shown>

export interface VisitPlan {
  readonly person: Person
  readonly device: Device
  readonly catalog: readonly Product[]
  readonly effects: Effects
  /** Epoch milliseconds. */
  readonly start: number
  readonly rng: Random
  /** Logs in on arrival, where the person has an account. */
  readonly logsIn: boolean
}

/** The share of people who scroll down to the recommendations. */
const SCROLLS = 0.8

/**
 * One visit: arrives, looks around, perhaps puts something into the cart, orders, sends it back; or leaves the cart and
 * comes back from the e-mail about it. Each step has the probability of the person's segment, times the planted factor of
 * what they were shown. The one place that says how shoppers behave: history, live traffic and tests all drive it.
 */
export function* visit(plan: VisitPlan): Generator<Step, void, Answers | undefined> {
  const { person, device, catalog, effects, start, rng } = plan
  const behaviour = BEHAVIOUR[person.segment]
  const shelf = shelfOf(catalog, behaviour.taste)
  const record = new Recorder(device, rng, start, originOf(rng))
  const happens = (item: Item): Step => ({ kind: 'event', item })
  const shown = new Map<string, Shown>()
  const at = (stage: Stage) => shown.get(TOUCHPOINT_OF[stage])
  const goesOn = (probability: number, stage: Stage) =>
    rng.chance(Math.min(1, probability * factorOf(effects, at(stage), stage, person.segment)))

  /** Asks what to show, and keeps what is really seen. */
  function* see(touchpoints: readonly string[], sees: (touchpoint: string) => boolean): ReturnType<typeof visit> {
    const answers = yield { kind: 'decide', touchpoints }
    for (const touchpoint of touchpoints) {
      if (!sees(touchpoint)) continue
      yield { kind: 'seen', touchpoint }
      const answer = answers?.get(touchpoint)
      if (answer !== undefined) shown.set(touchpoint, answer)
    }
  }

  yield happens(record.page('Home', '/', 'Home'))
  if (plan.logsIn && person.account) {
    record.wait(2)
    yield happens(record.identify(person.account.userId, person.account.traits))
  }
  yield* see(['home.hero', 'home.recommendations'], touchpoint => touchpoint === 'home.hero' || rng.chance(SCROLLS))

  if (!goesOn(behaviour.view, 'view')) return
  const product = rng.pick(shelf)
  if (rng.chance(0.3)) {
    record.wait(15)
    yield happens(record.track('Products Searched', { query: product.title.split(' ').at(-2)!.toLowerCase() }))
  } else {
    record.wait(10)
    yield happens(record.page('Category', `/${product.category}`, product.category))
    const products = shelf.filter(other => other.category === product.category).slice(0, 4)
    yield happens(
      record.track('Product List Viewed', {
        list_id: product.category,
        category: product.category,
        products: products.map(productOf),
      }),
    )
  }
  const views = [product, ...Array.from({ length: rng.poisson(behaviour.moreViews) }, () => rng.pick(shelf))]
  for (const viewed of views) {
    record.wait(25)
    yield happens(record.page('Product', `/products/${viewed.id}`, viewed.title))
    yield happens(record.track('Product Viewed', { ...productOf(viewed), currency: 'USD', value: viewed.price }))
  }

  if (!goesOn(behaviour.add, 'add')) return
  const cart = [rng.pick(views), ...Array.from({ length: rng.poisson(behaviour.moreItems) }, () => rng.pick(shelf))]
  const cartId = `cart-${rng.integer(0x1_0000_0000).toString(36)}`
  for (const added of cart) {
    record.wait(20)
    yield happens(record.track('Product Added', { cart_id: cartId, ...productOf(added), quantity: 1 }))
  }
  record.wait(10)
  yield happens(record.page('Cart', '/cart', 'Your cart'))
  yield happens(record.track('Cart Viewed', cartOf(cartId, cart)))
  yield* see(['cart.offer'], () => true)

  let stage: Stage = 'checkout'
  let ordered = false
  if (goesOn(behaviour.checkout, 'checkout')) {
    record.wait(30)
    yield happens(record.track('Checkout Started', orderOf(cartId, cart, discountOf(effects, at(stage), stage))))
    ordered = rng.chance(behaviour.order)
  }
  if (!ordered && person.account && record.userId) {
    record.wait(4 * 3600)
    yield* see(['cart.email'], () => true)
    stage = 'rescue'
    ordered = goesOn(behaviour.rescue, 'rescue')
    if (ordered) {
      record.wait(1800)
      record.arrive(RESCUE_ORIGIN)
      yield happens(record.page('Cart', '/cart', 'Your cart'))
      yield happens(record.track('Checkout Started', orderOf(cartId, cart, discountOf(effects, at(stage), stage))))
    }
  }
  if (!ordered) return
  record.wait(90)
  const order = orderOf(cartId, cart, discountOf(effects, at(stage), stage))
  yield happens(record.track('Order Completed', order))
  if (rng.chance(behaviour.refund)) {
    record.wait(3 * 86_400)
    yield happens(record.track('Order Refunded', refundOf(order)))
  }
}
