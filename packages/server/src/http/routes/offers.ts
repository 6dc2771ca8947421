import { type CompiledOffer, settled, standing, usedInstead } from '@espalier/core/decision'
import { allGiven, type Given, type Grant, type Profile } from '@espalier/core/profile'
import Type from 'typebox'
import { Problem } from '../../problem.ts'
import type { Services } from '../../services.ts'
import { personOf } from '../person.ts'
import { route } from '../route.ts'

const Person = Type.String({
  minLength: 1,
  maxLength: 600,
  description: 'The person’s id, or userId:… or anonymousId:….',
})

export const redeemOffer = route({
  method: 'POST',
  path: '/v1/offers/{experience}/redeem',
  access: 'secret',
  tag: 'Decisions',
  summary: 'A person uses their offer',
  description:
    'Makes final what it cost of the budget and of the stock. The same again gets the same answer; an offer whose time is over gets `offer_expired`. Somebody who was given the offer on two devices before they were known to be one may use either code, once: the other then gets `offer_used`.',
  params: Type.Object({ experience: Type.String({ maxLength: 200 }) }),
  body: Type.Object(
    {
      person: Person,
      code: Type.Optional(
        Type.String({
          maxLength: 200,
          description: 'Checked against the person’s where it is sent; of several it says which.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  answer: {
    description: 'It is used.',
    schema: Type.Object({
      experience: Type.String(),
      variant: Type.String(),
      given: Type.Integer({ description: 'Epoch milliseconds.' }),
      redeemed: Type.Integer({ description: 'Epoch milliseconds.' }),
      code: Type.Optional(Type.String()),
    }),
  },
  errors: ['not_found', 'offer_expired', 'offer_used', 'too_busy', 'full', 'unavailable'],
  async handle({ workspace, params, body }, services) {
    const { compiled } = await services.definitions.of(workspace)
    const experience = compiled.experiences.get(params.experience)
    if (experience?.offer === undefined) {
      throw new Problem('not_found', `There is no experience "${params.experience}" with an offer.`)
    }
    const given = await used(services, workspace, { key: experience.key, offer: experience.offer }, body)
    const { at, variant, code, redeemed } = given
    return {
      experience: params.experience,
      variant,
      given: at,
      redeemed,
      ...(code === undefined ? {} : { code }),
    }
  },
})

interface Asked {
  readonly key: string
  readonly offer: CompiledOffer
}

type Used = Given & { readonly redeemed: number }

/** What is bound meanwhile makes it be looked at anew; so often, then the caller may try again. */
const ATTEMPTS = 6

/** What the person used: now, or before. Once it is so, what it took is final, and what their other grants took is free. */
async function used(
  services: Services,
  workspace: string,
  { key, offer }: Asked,
  { person, code }: { readonly person: string; readonly code?: string },
): Promise<Used> {
  const { supplies } = services
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const now = services.now()
    const profile = await personOf(services, workspace, person, 'body.person')
    const { all, given } = grantOf(profile, { key, offer }, code, now)
    const instead = usedInstead(offer, all, given)
    const final =
      instead ?? (isUsed(given) ? given : await use(services, workspace, profile, { key, offer }, given, now))
    if (final === undefined) continue
    // Also where it was used before: whoever used it may have died over this.
    await supplies.confirm(workspace, key, offer.supply, final.key)
    await supplies.releaseOutdone(workspace, key, offer, {
      ...final,
      others: all.filter(one => one.key !== final.key),
    })
    if (isUsed(final) && instead === undefined) return final
    const at = new Date(instead!.redeemed!).toISOString()
    throw new Problem('offer_used', `This person used another code of this offer at ${at}.`, { path: 'body.code' })
  }
  throw new Problem('too_busy', 'Too much is bound for this person at this moment.', { retryAfter: 1 })
}

function isUsed(given: Given): given is Used {
  return given.redeemed !== undefined
}

/** What is to be used, of all they were given: the one with this code, or else the one that holds now. */
function grantOf(
  { bound }: Profile,
  { key, offer }: Asked,
  code: string | undefined,
  now: number,
): { readonly all: readonly Given[]; readonly given: Given } {
  const grant = bound !== undefined && Object.hasOwn(bound.grants, key) ? bound.grants[key]! : undefined
  if (grant === undefined || grant.variant === '') {
    throw new Problem('not_found', 'This person was not given this offer.')
  }
  const all = allGiven(grant)
  const given = code === undefined ? standing(offer, grant, now) : all.find(one => one.code === code)
  if (given === undefined) {
    throw new Problem('not_found', 'This person’s code is another one.', { path: 'body.code' })
  }
  return { all, given }
}

/** Undefined: the person was bound by something else meanwhile. */
async function use(
  services: Services,
  workspace: string,
  { id, bound }: Profile,
  { key, offer }: Asked,
  given: Given,
  now: number,
): Promise<Used | undefined> {
  if (given.expires !== undefined && given.expires <= now) {
    throw new Problem('offer_expired', `The offer ended at ${new Date(given.expires).toISOString()}.`)
  }
  if (given.freed && !(await services.supplies.retake(workspace, key, offer, given))) {
    throw new Problem('offer_expired', 'It was given back when another code was used, and nothing is left of it.')
  }
  await services.supplies.keep(workspace, key, offer.supply, given.key)
  const { freed, ...had } = given
  const redeemed = { ...had, redeemed: now }
  const others = allGiven(bound!.grants[key]!).filter(one => one.key !== given.key)
  const grant: Grant = { ...redeemed, ...(others.length > 0 && { others }) }
  const binding = { shows: [], grants: { [key]: settled(offer, grant) ?? grant }, quotes: {} }
  const entry = { kind: 'bind', profile: id, expected: bound!.version, at: now, binding } as const
  const [applied] = await services.queue.submit(workspace, [entry], 1000)
  return applied?.outcome === 'stored' ? redeemed : undefined
}
