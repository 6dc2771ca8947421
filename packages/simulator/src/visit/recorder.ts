import type { JsonObject } from '@espalier/core'
import type { Random } from '@espalier/core/random'
import type { Item } from '../item.ts'
import type { Device } from '../people/devices.ts'
import type { Origin } from './origin.ts'

const SHOP = 'https://shop.example'

/** Makes the events of one visit: keeps its clock, its page and its message ids. */
export class Recorder {
  readonly #device: Device
  readonly #rng: Random
  readonly #prefix: string
  #count = 0
  /** Epoch milliseconds: when the next event happens. */
  time: number
  userId: string | undefined
  #origin: Origin
  /** Shared by the events of one page. */
  #context: JsonObject

  constructor(device: Device, rng: Random, start: number, origin: Origin) {
    this.#device = device
    this.#rng = rng
    this.time = start
    this.#origin = origin
    this.#context = device.context
    this.#prefix = `ajs-${rng.integer(0x1_0000_0000).toString(16)}${rng.integer(0x1_0000_0000).toString(16)}-`
  }

  /** Time passes: `mean` seconds on average. */
  wait(mean: number): void {
    this.time += 1000 + Math.floor(1000 * mean * this.#rng.exponential())
  }

  /** Comes again from elsewhere, such as from an e-mail. */
  arrive(origin: Origin): void {
    this.#origin = origin
  }

  page(name: string, path: string, title: string): Item {
    const { referrer, campaign } = this.#origin
    const page = { path, url: SHOP + path, title, referrer }
    const context = { ...this.#device.context, page }
    // Only the first page of a visit has its campaign in the address.
    this.#context = campaign === undefined ? context : { ...context, campaign }
    this.#origin = { referrer: SHOP + path }
    return this.#item('page', { name, properties: page })
  }

  track(event: string, properties: JsonObject): Item {
    return this.#item('track', { event, properties })
  }

  identify(userId: string, traits: JsonObject): Item {
    this.userId = userId
    return this.#item('identify', { traits })
  }

  #item(type: Item['type'], rest: Pick<Item, 'event' | 'name' | 'properties' | 'traits'>): Item {
    return {
      type,
      messageId: this.#prefix + String(this.#count++),
      anonymousId: this.#device.anonymousId,
      ...(this.userId === undefined ? {} : { userId: this.userId }),
      ...rest,
      context: this.#context,
      timestamp: new Date(this.time).toISOString(),
    }
  }
}
