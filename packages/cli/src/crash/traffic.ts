import type { Random } from '@espalier/core/random'
import { type Program, WRITE_KEY } from './program.ts'

interface Item {
  readonly type: 'track'
  readonly messageId: string
  readonly userId: string
  readonly event: string
  readonly timestamp: string
  readonly properties: { readonly n: number }
}

/**
 * Clients that send batches as fast as they are answered, and send again what was answered, as clients do. What it knows in
 * the end: which messageIds were acknowledged, and which were sent without an answer (those may be there or not).
 */
export class Traffic {
  readonly acknowledged = new Map<string, string>()
  readonly unanswered = new Set<string>()
  readonly #program: Program
  readonly #random: Random
  readonly #people: number
  #stopped = false
  #next = 0
  #sent: Item[][] = []

  constructor(program: Program, random: Random, people: number) {
    this.#program = program
    this.#random = random
    this.#people = people
  }

  /** Settled when the program stops answering. */
  async run(clients: number): Promise<void> {
    this.#stopped = false
    await Promise.all(Array.from({ length: clients }, () => this.#client()))
  }

  /** Settled when so many more are acknowledged, or the program stopped answering. */
  async reached(more: number): Promise<void> {
    const target = this.acknowledged.size + more
    while (this.acknowledged.size < target && !this.#stopped) await new Promise(resolve => setImmediate(resolve))
  }

  async #client(): Promise<void> {
    while (!this.#stopped) {
      const repeated = this.#sent.length > 0 && this.#random.chance(0.2)
      const batch = repeated ? this.#sent[this.#random.integer(this.#sent.length)]! : this.#batch()
      if (!repeated) this.#sent = [...this.#sent.slice(-50), batch]
      if (!(await this.#send(batch))) this.#stopped = true
    }
  }

  #batch(): Item[] {
    return Array.from({ length: 1 + this.#random.integer(40) }, () => {
      const n = this.#next++
      // Some a month back, so that the warehouse's partitions are crossed.
      const back = this.#random.chance(0.1) ? 31 * 86_400_000 : 0
      return {
        type: 'track',
        messageId: `m-${n}`,
        userId: `u${this.#random.integer(this.#people)}`,
        event: 'Product Viewed',
        timestamp: new Date(Date.now() - back).toISOString(),
        properties: { n },
      }
    })
  }

  async #send(batch: readonly Item[]): Promise<boolean> {
    for (const { messageId } of batch) if (!this.acknowledged.has(messageId)) this.unanswered.add(messageId)
    try {
      const response = await fetch(`${this.#program.url}/v1/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${WRITE_KEY}` },
        body: JSON.stringify({ batch }),
      })
      await response.text()
      if (response.status === 429 || response.status === 503) return true
      if (response.status !== 200) throw new Error(`an answer of ${response.status}`)
    } catch (error) {
      if (error instanceof TypeError) return false
      throw error
    }
    for (const { messageId, userId } of batch) {
      this.acknowledged.set(messageId, userId)
      this.unanswered.delete(messageId)
    }
    return true
  }
}
