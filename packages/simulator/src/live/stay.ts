import type { Random } from '@espalier/core/random'
import type { Item } from '../item.ts'
import type { Device } from '../people/devices.ts'
import { uuid } from '../people/devices.ts'
import type { Person } from '../people/person.ts'
import type { Answers, Step, visit } from '../visit/visit.ts'
import type { Decided, ShopClient } from './client.ts'

export interface StayOptions {
  readonly client: Pick<ShopClient, 'decide'>
  readonly now: () => number
  readonly rng: Random
}

/** A person at one device, talking to the engine: drives a visit with real answers and real times. */
export class Stay {
  readonly #person: Person
  readonly #device: Device
  readonly #options: StayOptions
  #pending: Item[] = []
  #last: number
  /** The answers of this stay, by touchpoint. */
  readonly answers = new Map<string, Decided>()
  /** Those of them that were seen, in that order. */
  readonly seen: string[] = []

  /** `after`: events of this stay come later than that time. */
  constructor(person: Person, device: Device, options: StayOptions, after = 0) {
    this.#person = person
    this.#device = device
    this.#options = options
    this.#last = after
  }

  /** When its last event happened, epoch milliseconds. */
  get last(): number {
    return this.#last
  }

  /** Goes through the visit, or until the first thing is seen; answers the events nobody has been told of yet. */
  async drive(steps: ReturnType<typeof visit>, untilSeen = false): Promise<Item[]> {
    let answers: Answers | undefined
    for (let next = steps.next(); !next.done; next = steps.next(answers)) {
      const step: Step = next.value
      answers = undefined
      if (step.kind === 'event') this.#pending.push({ ...step.item, timestamp: this.#now() })
      else if (step.kind === 'decide') answers = await this.#decide(step.touchpoints)
      else {
        this.#see(step.touchpoint)
        if (untilSeen) break
      }
    }
    return this.#pending
  }

  async #decide(touchpoints: readonly string[]): Promise<Answers> {
    const events = this.#pending
    this.#pending = []
    const { anonymousId, context } = this.#device
    const userId = this.#person.account?.userId
    const visitor = { anonymousId, context, ...(userId === undefined ? {} : { userId }) }
    const decided = await this.#options.client.decide(visitor, touchpoints, events)
    const shown: [string, { experience: string; variant: string }][] = []
    for (const [touchpoint, answer] of Object.entries(decided)) {
      this.answers.set(touchpoint, answer)
      const { experience, variant } = answer
      if (experience !== undefined && variant !== undefined) shown.push([touchpoint, { experience, variant }])
    }
    return new Map(shown)
  }

  /** Default content is reported as a variant is: without that, control groups would be of other people. */
  #see(touchpoint: string): void {
    this.seen.push(touchpoint)
    const decisionId = this.answers.get(touchpoint)?.decisionId
    if (decisionId === undefined) return
    const userId = this.#person.account?.userId
    this.#pending.push({
      type: 'track',
      event: 'Exposure',
      messageId: uuid(this.#options.rng),
      anonymousId: this.#device.anonymousId,
      ...(userId === undefined ? {} : { userId }),
      properties: { decisionId, touchpoint },
      context: this.#device.context,
      timestamp: this.#now(),
    })
  }

  /** The real time, later than the event before. */
  #now(): string {
    this.#last = Math.max(this.#last + 1, this.#options.now())
    return new Date(this.#last).toISOString()
  }
}
