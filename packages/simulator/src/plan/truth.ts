import { BEHAVIOUR, type Segment } from '../people/segments.ts'
import { type Product, shelfOf } from '../shop/catalog.ts'
import { discountOf, type Effects, factorOf, type Shown, type Stage } from './effects.ts'

/** Somebody who saw an experience or its default content: all that their expected KPIs depend on. */
export interface Viewer {
  readonly segment: Segment
  /** Logged in, so that an e-mail can reach them. */
  readonly account: boolean
  /** Where they were when they first saw it. */
  readonly from: 'home' | 'cart'
  /** What else they were shown up to then: it has happened, whatever this experience does. */
  readonly shown: Partial<Readonly<Record<Stage, Shown>>>
}

export type Kpi = 'product-views' | 'adds' | 'orders' | 'revenue'

export interface Shop {
  readonly catalog: readonly Product[]
  readonly effects: Effects
  /** What people can get at the cart, with its probability, for those who have not come there yet. */
  readonly atCart: readonly { readonly probability: number; readonly shown: Shown | undefined }[]
}

/** A variant's share among those who are personalized. */
export interface Arm {
  readonly variant: string
  readonly weight: number
}

export interface PlantedLift {
  /** All variants together, as they are mixed. */
  readonly personalized: number
  readonly variants: Readonly<Record<string, number>>
}

/**
 * The true lift of an experience for the people who saw it: their expected KPI had all of them got it, over their expected
 * KPI had none, minus one. Exact, with the probabilities of `visit`; a measurement estimates it from one half of them each.
 */
export function plantedLift(
  viewers: readonly Viewer[],
  experience: { readonly key: string; readonly arms: readonly Arm[]; readonly kpi: Kpi },
  shop: Shop,
): PlantedLift {
  const stages = stagesOf(shop.effects, experience.key)
  const total = (variant: string | undefined) => {
    let sum = 0
    for (const viewer of viewers) {
      const own = variant === undefined ? undefined : { experience: experience.key, variant }
      const shown = { ...viewer.shown, ...Object.fromEntries(stages.map(stage => [stage, own])) }
      sum += expectedKpi({ ...viewer, shown }, experience.kpi, shop)
    }
    return sum
  }
  const control = total(undefined)
  const variants = experience.arms.map(arm => ({ ...arm, lift: total(arm.variant) / control - 1 }))
  const weights = variants.reduce((sum, { weight }) => sum + weight, 0)
  return {
    personalized: variants.reduce((sum, { weight, lift }) => sum + weight * lift, 0) / weights,
    variants: Object.fromEntries(variants.map(({ variant, lift }) => [variant, lift])),
  }
}

function stagesOf(effects: Effects, experience: string): Stage[] {
  return [...new Set(Object.values(effects[experience] ?? {}).flatMap(all => all.map(effect => effect.stage)))]
}

/** What to expect of somebody in this visit, from where they are on. */
export function expectedKpi(viewer: Viewer, kpi: Kpi, shop: Shop): number {
  const { segment, shown, from } = viewer
  const behaviour = BEHAVIOUR[segment]
  const probability = (base: number, stage: Stage) =>
    Math.min(1, base * factorOf(shop.effects, shown[stage], stage, segment))
  const view = from === 'cart' ? 1 : probability(behaviour.view, 'view')
  if (kpi === 'product-views') return view
  const add = from === 'cart' ? 1 : view * probability(behaviour.add, 'add')
  if (kpi === 'adds') return add
  if (from === 'cart') return fromCart(viewer, shown.checkout, kpi, shop)
  return add * shop.atCart.reduce((sum, draw) => sum + draw.probability * fromCart(viewer, draw.shown, kpi, shop), 0)
}

function fromCart(
  { segment, account }: Viewer,
  shown: Shown | undefined,
  kpi: 'orders' | 'revenue',
  shop: Shop,
): number {
  const { checkout, order, rescue, refund, moreItems, taste } = BEHAVIOUR[segment]
  const { effects, catalog } = shop
  const factor = (stage: Stage) => factorOf(effects, shown, stage, segment)
  const atOnce = Math.min(1, checkout * factor('checkout')) * order
  const later = account ? (1 - atOnce) * Math.min(1, rescue * factor('rescue')) : 0
  if (kpi === 'orders') return atOnce + later
  const shelf = shelfOf(catalog, taste)
  const price = shelf.reduce((sum, product) => sum + product.price, 0) / shelf.length
  const paid = (stage: Stage) => 1 - discountOf(effects, shown, stage)
  return (atOnce * paid('checkout') + later * paid('rescue')) * (1 + moreItems) * price * (1 - refund)
}
