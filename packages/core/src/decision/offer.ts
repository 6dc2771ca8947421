import type { Variant } from '../definition/experience.ts'
import type { Codes, Offer } from '../definition/offer.ts'
import type { Json, JsonObject } from '../json.ts'
import { allGiven, type Given, type Grant } from '../profile/bound.ts'
import type { CompiledCondition } from '../segment/node.ts'
import { durationMs } from '../time/duration.ts'
import { parseInstant } from '../time/instant.ts'

const NEVER = Number.POSITIVE_INFINITY

export interface CompiledOffer {
  /** Undefined: everybody of the audience. */
  readonly eligibility: CompiledCondition | undefined
  /** Epoch milliseconds; Infinity: it has no end. */
  readonly until: number
  /** Milliseconds; Infinity: until its end. */
  readonly lasts: number
  /** Milliseconds after which it is given again; Infinity: never. */
  readonly again: number
  /** What is counted across people. */
  readonly supply: Supply
  /** By variant. */
  readonly terms: ReadonlyMap<string, JsonObject>
  readonly cost: ReadonlyMap<string, number>
  /** What a preview shows for a code; undefined where there are none. */
  readonly sample: string | undefined
}

/** What there is of an offer for all people together; absent: no end of it. */
export interface Supply {
  readonly budget?: number
  readonly stock?: number
  readonly codes?: Codes
  /** What the dearest variant costs: with less left the offer is over for everybody alike. */
  readonly dearest: number
}

export function compileOffer(
  offer: Offer,
  variants: readonly Variant[],
  compile: (condition: NonNullable<Offer['eligibility']>) => CompiledCondition,
): CompiledOffer {
  const { eligibility, until, lasts, again, budget, stock, codes, cost = 0, terms = {} } = offer
  const costs = new Map(variants.map(({ key, offer: own }) => [key, own?.cost ?? cost]))
  return {
    eligibility: eligibility && compile(eligibility),
    until: until === undefined ? NEVER : (parseInstant(until) ?? NEVER),
    lasts: lasts === undefined ? NEVER : durationMs(lasts),
    again: again === undefined ? NEVER : durationMs(again),
    supply: {
      dearest: Math.max(...costs.values()),
      ...(budget === undefined ? {} : { budget }),
      ...(stock === undefined ? {} : { stock }),
      ...(codes === undefined ? {} : { codes }),
    },
    terms: new Map(
      variants.map(({ key, offer: own }) => [key, { ...(terms as JsonObject), ...(own?.terms as JsonObject) }]),
    ),
    cost: costs,
    sample: codes && sampleOf(codes),
  }
}

/** Whether people compete for it. */
export function isScarce({ budget, stock, codes }: Supply = { dearest: 0 }): boolean {
  return budget !== undefined || stock !== undefined || codes?.list !== undefined
}

export type GrantState = 'none' | 'live' | 'offer-expired' | 'offer-used'

/** What became of what a person was given. */
export function stateOf({ again }: Pick<CompiledOffer, 'again'>, grant: Given | undefined, now: number): GrantState {
  if (grant === undefined) return 'none'
  const { at, turn = at, expires = NEVER, redeemed } = grant
  if (redeemed === undefined && now < expires) return 'live'
  if (now >= turn + again) return 'none'
  return redeemed === undefined ? 'offer-expired' : 'offer-used'
}

/** The place of somebody who was to be given it and for whom nothing could be made; undefined where they have none, or it is over. */
export function turnOf(
  offer: Pick<CompiledOffer, 'again'>,
  grant: Given | undefined,
  now: number,
): (Given & { readonly turn: number }) | undefined {
  if (grant === undefined || grant.variant !== '' || grant.turn === undefined) return undefined
  return stateOf(offer, grant, now) === 'live' ? { ...grant, turn: grant.turn } : undefined
}

/**
 * Of what people were given who turned out to be one, that which holds now: the first that can still be used, else what was used
 * or was over last.
 */
export function standing(offer: Pick<CompiledOffer, 'again'>, grant: Grant, now: number): Given {
  if (grant.others === undefined) return grant
  const all = allGiven(grant)
  const valid = all.filter(given => usedInstead(offer, all, given) === undefined)
  const live = valid.find(given => stateOf(offer, given, now) === 'live')
  return live ?? valid.reduce((last, given) => (given.at > last.at ? given : last))
}

/** Another of `all` that was used, so that this one cannot be any more: one person would not have been given both. */
export function usedInstead(
  { again }: Pick<CompiledOffer, 'again'>,
  all: readonly Given[],
  given: Given,
): Given | undefined {
  if (given.redeemed !== undefined) return undefined
  return all.find(({ at, redeemed }) => redeemed !== undefined && given.at < at + again)
}

/** The same, where what can never be used any more is given back; undefined where nothing of it is, that was not before. */
export function settled(offer: Pick<CompiledOffer, 'again'>, grant: Grant): Grant | undefined {
  const all = allGiven(grant)
  const isVoid = (given: Given) => !given.freed && usedInstead(offer, all, given) !== undefined
  if (grant.others === undefined || !all.some(isVoid)) return undefined
  const [held, ...others] = all.map(given => (isVoid(given) ? { ...given, freed: true as const } : given))
  return { ...held!, others }
}

/** When what is given at `now` expires; undefined: never. */
export function expiryAt({ lasts, until }: CompiledOffer, now: number): number | undefined {
  const expires = Math.min(now + lasts, until)
  return Number.isFinite(expires) ? expires : undefined
}

/**
 * A code that looks as these do and is nobody's, so that content with it fits a schema as it will with a real one. Of listed ones it
 * has what all begin with; their other letters and digits are others.
 */
function sampleOf({ list, prefix = '', length = 0 }: Codes): string {
  if (list === undefined) return prefix + 'SAMPLE'.padEnd(length, 'X').slice(0, length)
  const [first = '', ...others] = list
  let shared = 0
  while (others.length > 0 && shared < first.length && others.every(code => code[shared] === first[shared])) shared++
  const sample = first.slice(0, shared) + masked(first.slice(shared))
  return list.includes(sample) ? 'SAMPLE' : sample
}

function masked(code: string): string {
  return code
    .replace(/\p{Lu}/gu, 'A')
    .replace(/\p{Ll}/gu, 'a')
    .replace(/\p{Nd}/gu, '2')
}

/** The offer as content and answer show it. */
export function offerView(experience: string, terms: JsonObject | undefined, { code, expires }: Given): JsonObject {
  const view: Record<string, Json> = { ...terms, experience }
  if (code !== undefined) view.code = code
  if (expires !== undefined) view.expires = expires
  return view
}
