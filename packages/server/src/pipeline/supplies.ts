import { createHash, createHmac } from 'node:crypto'
import {
  type CompiledExperience,
  type CompiledOffer,
  type Missed,
  neverGiven,
  type Supply,
  usedInstead,
  type Want,
} from '@espalier/core/decision'
import { allGiven, type Given, type Grant, type Profile } from '@espalier/core/profile'
import type { CounterStore, Share } from '@espalier/store'
import { deriveKey } from '../secrets.ts'
import { isBelieved } from './believed.ts'
import { HeldLooks } from './heldLooks.ts'

/** Offers whose state a node remembers (R11): beyond, all are forgotten and asked for again. */
const MAX_KNOWN = 10_000

/** Money is counted in thousandths, so that sums are exact. */
const MILLI = 1000

/** Without look-alikes. 32 of them: five bits each. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

interface Known {
  /** Of another publication it says nothing. */
  readonly supply: Supply
  readonly left: boolean
  readonly checked: number
}

/** Budgets, stocks and codes of offers, across people and nodes. */
export class Supplies {
  readonly #counters: CounterStore
  readonly #masterSecret: Uint8Array
  readonly #looks: HeldLooks
  readonly #now: () => number
  readonly #known = new Map<string, Known>()
  /** People of whom nothing is reserved that they were not given: until they become one with others again. */
  readonly #settled = new Set<string>()

  constructor(counters: CounterStore, masterSecret: Uint8Array, now: () => number) {
    this.#counters = counters
    this.#looks = new HeldLooks(counters, now)
    this.#masterSecret = masterSecret
    this.#now = now
  }

  /** Which of these offers have something left, as far as is known: `reserve` says for certain. */
  async left(workspace: string, experiences: Iterable<CompiledExperience>): Promise<(experience: string) => boolean> {
    const left = new Map<string, boolean>()
    for (const { key, offer } of experiences) {
      if (offer !== undefined) left.set(key, await this.#left(workspace, key, offer.supply))
    }
    return experience => left.get(experience) ?? true
  }

  async #left(workspace: string, experience: string, supply: Supply): Promise<boolean> {
    const now = this.#now()
    const name = JSON.stringify([workspace, experience])
    const known = this.#known.get(name)
    if (known !== undefined && known.supply === supply && isBelieved(known.checked, now)) return known.left
    let left = true
    for (const { counter, n, limit } of scarceOf(experience, supply, supply.dearest)) {
      if (left) left = (await this.#counters.used(workspace, counter, now)) + n <= limit
    }
    this.#remember(name, { supply, left, checked: now })
    return left
  }

  /**
   * Of offers of which nothing is left for others those that are reserved for this person already, by a request that is still under way or
   * died before it bound what it had reserved: they are theirs (R1). What is reserved in part is theirs where there is enough of the rest.
   */
  async theirs(workspace: string, missed: readonly Missed[]): Promise<ReadonlySet<string>> {
    const theirs = await Promise.all(missed.map(one => this.#isTheirs(workspace, one)))
    return new Set(missed.filter((_, i) => theirs[i]).map(({ experience }) => experience))
  }

  async #isTheirs(workspace: string, { experience, key, earlier = [], supply }: Missed): Promise<boolean> {
    const now = this.#now()
    const scarce = scarceOf(experience, supply, supply.dearest)
    const keys = [key, ...earlier]
    const held = await this.#heldOf(workspace, scarce, keys)
    if (held.length === 0) return false
    for (const { counter, n, limit } of scarce) {
      if (held.some(one => one.counter === counter)) continue
      if ((await this.#counters.used(workspace, counter, now)) + n > limit) return false
    }
    return true
  }

  /** What is reserved of these under these keys, in their order. */
  async #heldOf(workspace: string, scarce: readonly Scarce[], keys: readonly string[]) {
    const asked = scarce.flatMap(({ counter }) => keys.map(key => ({ counter, key })))
    const held = await this.#looks.held(workspace, asked)
    return asked.filter((_, i) => held[i])
  }

  /**
   * Gives back what processes that died left with somebody who has become one with others. What is reserved under a key of one of them and
   * was never given: they hold something of the offer, so it is given to nobody any more, and a request under way that reserved it is
   * made again, since the merge came between. And what they cannot use any more, where it was stored that it is given back and was not.
   */
  async settle(workspace: string, experiences: readonly CompiledExperience[], person: Profile): Promise<void> {
    for (const { key: experience, offer } of experiences) {
      const grants = person.bound?.grants ?? {}
      const grant = Object.hasOwn(grants, experience) ? grants[experience] : undefined
      if (offer === undefined || grant === undefined) continue
      const freed = allGiven(grant).filter(one => one.freed)
      const name = JSON.stringify([workspace, experience, person.id, person.sources.length, freed.length])
      if (this.#settled.has(name)) continue
      await this.releaseOutdone(workspace, experience, offer, grant, freed)
      for (const key of neverGiven(offer, grant, person)) await this.#forget(workspace, experience, offer.supply, key)
      if (this.#settled.size >= MAX_KNOWN) this.#settled.clear()
      this.#settled.add(name)
    }
  }

  /** Gives back what was taken for those of these that can be used no more, since another of the grant was. Again: changes nothing. */
  async releaseOutdone(
    workspace: string,
    experience: string,
    offer: CompiledOffer,
    grant: Grant,
    some: readonly Given[] = allGiven(grant),
  ): Promise<void> {
    const all = allGiven(grant)
    for (const one of some) {
      if (usedInstead(offer, all, one) === undefined) continue
      await this.release(workspace, { experience, key: one.key, supply: offer.supply })
    }
  }

  /** Its code goes first, as in `undo`: of which it is, its key tells. */
  async #forget(workspace: string, experience: string, supply: Supply, key: string): Promise<void> {
    const scarce = scarceOf(experience, supply, 0)
    const held = await this.#heldOf(workspace, scarce, [key])
    if (held.length === 0) return
    for (const code of this.#codesFor(workspace, { experience, key, supply })) {
      if (supply.codes?.list === undefined) break
      if (await this.#counters.release(workspace, key, [codeCounter(experience, code)])) break
    }
    await this.#counters.release(workspace, key, scarce.map(counterOf))
  }

  /** Under which a want is reserved: that of somebody who has become this person, where it was for them. */
  async #keyOf(workspace: string, { key, earlier }: Want, scarce: readonly Scarce[]): Promise<string> {
    if (earlier === undefined) return key
    const [held] = await this.#heldOf(workspace, scarce, [key, ...earlier])
    return held?.key ?? key
  }

  #remember(name: string, known: Known): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(name, known)
  }

  /** Takes what the offer costs and gives it its code: durable before it answers, and the same for the same want, under the grant’s key. Undefined: nothing is left. */
  async reserve(workspace: string, asked: Want): Promise<Grant | undefined> {
    const { experience, variant, supply, cost, expires, turn } = asked
    const now = this.#now()
    const scarce = scarceOf(experience, supply, cost)
    const key = await this.#keyOf(workspace, asked, scarce)
    const want = { ...asked, key }
    if (!(await this.#take(workspace, { experience, supply }, scarce, { key, expires, now }))) return undefined
    const code = await this.#code(workspace, want, now)
    if (code === undefined && supply.codes !== undefined) {
      await this.#counters.release(workspace, key, scarce.map(counterOf))
      await this.#closeList(workspace, want, now)
      return undefined
    }
    return {
      // Later than their turn began, also within its millisecond: by this time the key is made under which they are given it again.
      at: turn === undefined ? now : Math.max(now, turn + 1),
      variant,
      key,
      ...(turn === undefined ? {} : { turn }),
      ...(code === undefined ? {} : { code }),
      ...(expires === undefined ? {} : { expires }),
    }
  }

  /** All of it or nothing. */
  async #take(
    workspace: string,
    { experience, supply }: Pick<Want, 'experience' | 'supply'>,
    scarce: readonly Scarce[],
    { key, expires, now }: { readonly key: string; readonly expires: number | undefined; readonly now: number },
  ): Promise<boolean> {
    const shares = scarce.map(
      ({ counter, n, limit, passing }): Share => ({
        counter,
        n,
        limit,
        ...(passing && expires !== undefined ? { expires } : {}),
      }),
    )
    if (await this.#counters.reserve(workspace, key, shares, now)) return true
    this.#remember(JSON.stringify([workspace, experience]), { supply, left: false, checked: now })
    return false
  }

  /** Takes once more what was given back while it was not needed; false where others have it now. Its code was never given back. */
  retake(workspace: string, experience: string, { supply, cost }: CompiledOffer, given: Given): Promise<boolean> {
    const scarce = scarceOf(experience, supply, cost.get(given.variant) ?? 0).filter(({ passing }) => passing)
    const terms = { key: given.key, expires: given.expires, now: this.#now() }
    return this.#take(workspace, { experience, supply }, scarce, terms)
  }

  /** What was reserved is not used after all. Codes stay taken: somebody may have seen them. */
  async release(
    workspace: string,
    { experience, key, supply }: Pick<Want, 'experience' | 'key' | 'supply'>,
  ): Promise<void> {
    await this.#counters.release(workspace, key, passingOf(experience, supply))
  }

  /**
   * What was reserved was told to nobody and will be given to nobody: its code is another's as well. The code goes first, or the next
   * of whom there is room for again would find all codes taken.
   */
  async undo(workspace: string, want: Want, grant: Grant): Promise<void> {
    const { experience, key, supply } = want
    await this.releaseCode(workspace, want, grant)
    await this.#counters.release(workspace, key, scarceOf(experience, supply, 0).map(counterOf))
  }

  /** The code alone: under the same key another was given. */
  async releaseCode(workspace: string, { experience, key }: Want, { code }: Grant): Promise<void> {
    if (code !== undefined) await this.#counters.release(workspace, key, [codeCounter(experience, code)])
  }

  /**
   * It is about to be used: what it takes does not run out any more. Should the process die once the use is stored and before it is
   * confirmed, nobody else is given the same.
   */
  async keep(workspace: string, experience: string, supply: Supply, key: string): Promise<void> {
    const now = this.#now()
    const passing = scarceOf(experience, supply, 0).filter(one => one.passing)
    const held = await this.#heldOf(workspace, passing, [key])
    await this.#counters.reserve(
      workspace,
      key,
      held.map(({ counter }) => ({ counter, n: 0, limit: 0 })),
      now,
    )
  }

  /** It was used in time: it stays taken. What the offer was not limited by when it was given is not counted. */
  async confirm(workspace: string, experience: string, supply: Supply, key: string): Promise<void> {
    await this.#counters.confirm(workspace, key, passingOf(experience, supply), this.#now())
  }

  /** The rest of a list was given when it stood in an earlier one: none is left of it, which need not be found out again. */
  async #closeList(workspace: string, { experience, supply }: Want, now: number): Promise<void> {
    for (const { counter, limit, passing } of scarceOf(experience, supply, 0)) {
      if (passing) continue
      const used = await this.#counters.used(workspace, counter, now)
      await this.#counters.reserve(workspace, `before/${used}`, [{ counter, n: limit - used, limit }], now)
    }
    this.#remember(JSON.stringify([workspace, experience]), { supply, left: false, checked: now })
  }

  /** A code that nobody else has; undefined where all of a list are given. Which ones are tried, and in which order, follows from the want: asked again, it is the same. */
  async #code(workspace: string, { experience, key, supply }: Want, now: number): Promise<string | undefined> {
    for (const code of this.#codesFor(workspace, { experience, key, supply })) {
      const counter = codeCounter(experience, code)
      if (await this.#counters.reserve(workspace, key, [{ counter, n: 1, limit: 1 }], now)) return code
    }
    return undefined
  }

  /** The codes that are tried for a key, in their order: all of a list, or made ones without end. */
  *#codesFor(workspace: string, { experience, key, supply }: Pick<Want, 'experience' | 'key' | 'supply'>) {
    const { codes } = supply
    if (codes === undefined) return
    const mac = (part: string) =>
      createHmac('sha256', deriveKey(this.#masterSecret, 'code', workspace))
        .update(JSON.stringify([experience, key, part]))
        .digest()
    const { list, prefix = '', length = 0 } = codes
    for (let n = 0; n < (list?.length ?? Number.POSITIVE_INFINITY); n++) {
      yield list === undefined ? prefix + lettersOf(mac(String(n)), length) : listed(list, mac('list'), n)
    }
  }
}

function codeCounter(experience: string, code: string): string {
  return `offer/${experience}/code/${code}`
}

interface Scarce {
  readonly counter: string
  readonly n: number
  readonly limit: number
  /** It is free again when the offer expires. */
  readonly passing: boolean
}

function counterOf({ counter }: Scarce): string {
  return counter
}

function milli(amount: number): number {
  return Math.round(amount * MILLI)
}

/** A cheaper variant takes no more of the last of a budget than the dearest could, or arms would differ in it. */
function scarceOf(experience: string, { budget, stock, codes, dearest }: Supply, cost: number): Scarce[] {
  const scarce: Scarce[] = []
  const add = (name: string, n: number, limit: number, passing: boolean) =>
    scarce.push({ counter: `offer/${experience}/${name}`, n, limit, passing })
  if (budget !== undefined) add('budget', milli(cost), milli(budget) - milli(dearest) + milli(cost), true)
  if (stock !== undefined) add('stock', 1, stock, true)
  // Of another list other codes are left.
  if (codes?.list !== undefined) add(`codes/${nameOf(codes.list)}`, 1, codes.list.length, false)
  return scarce
}

/** What is free again when the offer expires. */
function passingOf(experience: string, supply: Supply): string[] {
  return scarceOf(experience, supply, 0)
    .filter(({ passing }) => passing)
    .map(counterOf)
}

/** Made once a list, of which there may be many codes. */
const names = new WeakMap<readonly string[], string>()

/** The same for the same codes, in whatever order. */
function nameOf(list: readonly string[]): string {
  let name = names.get(list)
  if (name === undefined) {
    const codes = JSON.stringify([...list].sort())
    name = createHash('sha256').update(codes).digest('base64url').slice(0, 22)
    names.set(list, name)
  }
  return name
}

/** The n-th code to try of a list: from a place of one's own, in steps that lead to every code. */
function listed(list: readonly string[], mac: Buffer, n: number): string {
  const start = mac.readUInt32BE(0) % list.length
  let step = (mac.readUInt32BE(4) % list.length) | 1
  while (divisor(step, list.length) !== 1) step++
  return list[(start + n * step) % list.length]!
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}

function lettersOf(mac: Buffer, length: number): string {
  return Array.from({ length }, (_, i) => LETTERS[mac[i]! % LETTERS.length]).join('')
}
