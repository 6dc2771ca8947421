import type { Random } from '@espalier/core/random'
import type { Item } from './item.ts'
import type { Decided, ShopClient } from './live/client.ts'
import { EXPERIENCES } from './plan/definitions.ts'
import { TOUCHPOINT_OF } from './plan/effects.ts'

/** For tests: an engine in a few lines, which assigns people as the definitions say and remembers what they did. */
export class FakeEngine implements Pick<ShopClient, 'decide'> {
  readonly #rng: Random
  readonly items: Item[] = []

  constructor(rng: Random) {
    this.#rng = rng
  }

  async decide(
    visitor: Parameters<ShopClient['decide']>[0],
    touchpoints: readonly string[],
    events: readonly Item[],
  ): Promise<Record<string, Decided>> {
    this.items.push(...events)
    const person = visitor.userId ?? visitor.anonymousId
    return Object.fromEntries(touchpoints.map(touchpoint => [touchpoint, this.#answer(person, touchpoint)]))
  }

  #answer(person: string, touchpoint: string): Decided {
    // Half of the people are strangers, half look around a lot.
    const hero = this.#rng.fork(`audience ${person}`).chance(0.5) ? 'sale-hero' : 'welcome-hero'
    const experience =
      touchpoint === TOUCHPOINT_OF.view ? hero : touchpoint === TOUCHPOINT_OF.add ? 'picked-for-you' : 'cart-rescue'
    const { control, variants } = EXPERIENCES[experience]!
    const draw = this.#rng.fork(`${experience} ${person}`)
    const held = draw.chance(control)
    const variant = variants[draw.weighted(variants.map(one => one.weight))]!.key
    return {
      decisionId: JSON.stringify([experience, held ? '' : variant]),
      experience,
      reason: held ? 'control' : 'assigned',
      control: held,
      holdout: false,
      ...(held ? {} : { variant }),
    }
  }
}
