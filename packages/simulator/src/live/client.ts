import { createHmac } from 'node:crypto'
import type { JsonObject } from '@espalier/core'
import type { Item } from '../item.ts'
import { post } from './post.ts'

/** An answer of POST /v1/decide for one touchpoint, as far as a shop's page needs it. */
export interface Decided {
  readonly decisionId?: string
  readonly experience?: string
  readonly variant?: string
  readonly reason: string
  readonly control: boolean
  readonly holdout: boolean
}

export interface Visitor {
  readonly anonymousId: string
  readonly userId?: string
  readonly context: JsonObject
}

/** What became of a batch. */
export interface Received {
  readonly kept: number
  /** Refused because a crawler sent them. */
  readonly bots: number
}

/** The server refused, in its own words, what a shop has a right to. */
export class RefusedError extends Error {
  constructor(path: string, status: number, body: string) {
    super(`${path} answered ${status}: ${body.slice(0, 500)}`)
    this.name = 'RefusedError'
  }
}

/**
 * A shop's pages as a client of the HTTP API: they hold the write key, and for each person who is logged in the proof of
 * their userId, which the shop's own server has made with the identity secret.
 */
export class ShopClient {
  readonly #url: string
  readonly #authorization: string
  readonly #identitySecret: string
  readonly #proofs = new Map<string, string>()

  constructor(options: { url: string; writeKey: string; identitySecret: string }) {
    this.#url = options.url
    this.#authorization = `Bearer ${options.writeKey}`
    this.#identitySecret = options.identitySecret
  }

  /** The events happened before: they are taken in first, in the same round trip. */
  async decide(
    visitor: Visitor,
    touchpoints: readonly string[],
    events: readonly Item[],
  ): Promise<Readonly<Record<string, Decided>>> {
    const { userId, anonymousId, context } = visitor
    const answer = await this.#post('/v1/decide', {
      anonymousId,
      ...(userId === undefined ? {} : { userId, userHash: this.#proof(userId) }),
      touchpoints: [...touchpoints],
      context,
      events: this.#signed(events),
    })
    const { answers, errors } = answer as { answers: Record<string, Decided>; errors?: { message: string }[] }
    if (errors !== undefined) throw new RefusedError('/v1/decide', 200, JSON.stringify(errors))
    return answers
  }

  /** Events of any people. Throws when one is refused for another reason than that a crawler sent it. */
  async batch(items: readonly Item[]): Promise<Received> {
    const answer = await this.#post('/v1/batch?strict=false', { batch: this.#signed(items) })
    const { errors = [] } = answer as { errors?: { code: string }[] }
    const bots = errors.filter(error => error.code === 'bot').length
    if (bots < errors.length)
      throw new RefusedError('/v1/batch', 200, JSON.stringify(errors.filter(e => e.code !== 'bot')))
    return { kept: items.length - bots, bots }
  }

  #signed(items: readonly Item[]): object[] {
    return items.map(item => (item.userId === undefined ? item : { ...item, userHash: this.#proof(item.userId) }))
  }

  #proof(userId: string): string {
    let proof = this.#proofs.get(userId)
    if (proof === undefined) {
      proof = createHmac('sha256', this.#identitySecret).update(userId).digest('hex')
      this.#proofs.set(userId, proof)
    }
    return proof
  }

  async #post(path: string, content: object): Promise<unknown> {
    const json = JSON.stringify(content)
    for (;;) {
      const { status, retryAfter, body } = await post(new URL(path, this.#url), this.#authorization, json)
      if (status >= 200 && status < 300) return JSON.parse(body)
      if (status !== 429) throw new RefusedError(path, status, body)
      // The engine asks for time; every client must know this answer.
      await new Promise(resolve => setTimeout(resolve, 1000 * Number(retryAfter ?? 1)))
    }
  }
}
