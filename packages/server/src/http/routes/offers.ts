import type { CompiledExperience } from '@espalier/core/decision'
import type { Grant, Profile } from '@espalier/core/profile'
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
    'Makes final what it cost of the budget and of the stock. The same again gets the same answer; an offer whose time is over gets `offer_expired`.',
  params: Type.Object({ experience: Type.String({ maxLength: 200 }) }),
  body: Type.Object(
    {
      person: Person,
      code: Type.Optional(
        Type.String({ maxLength: 200, description: 'Checked against the person’s where it is sent.' }),
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
  errors: ['not_found', 'offer_expired', 'conflict', 'too_busy', 'full', 'unavailable'],
  async handle({ workspace, params, body }, services) {
    const { compiled } = await services.definitions.of(workspace)
    const experience = compiled.experiences.get(params.experience)
    if (experience?.offer === undefined) {
      throw new Problem('not_found', `There is no experience "${params.experience}" with an offer.`)
    }
    const profile = await personOf(services, workspace, body.person, 'body.person')
    const grant = grantOf(profile, params.experience, body.code)
    const redeemed = grant.redeemed ?? (await redeem(services, workspace, profile, experience, grant))
    const { at: given, variant, code } = grant
    return { experience: params.experience, variant, given, redeemed, ...(code === undefined ? {} : { code }) }
  },
})

function grantOf({ bound }: Profile, experience: string, code: string | undefined): Grant {
  const grant = bound !== undefined && Object.hasOwn(bound.grants, experience) ? bound.grants[experience]! : undefined
  if (grant === undefined || grant.variant === '') {
    throw new Problem('not_found', 'This person was not given this offer.')
  }
  if (code !== undefined && code !== grant.code) {
    throw new Problem('not_found', 'This person’s code is another one.', { path: 'body.code' })
  }
  return grant
}

async function redeem(
  services: Services,
  workspace: string,
  profile: Profile,
  { key, offer }: CompiledExperience,
  grant: Grant,
): Promise<number> {
  const now = services.now()
  if (grant.expires !== undefined && grant.expires <= now) {
    throw new Problem('offer_expired', `The offer ended at ${new Date(grant.expires).toISOString()}.`)
  }
  await services.supplies.confirm(workspace, key, offer!.supply, grant.key)
  const binding = { shows: [], grants: { [key]: { ...grant, redeemed: now } }, quotes: {} }
  // Whatever else was bound meanwhile: this changes the one offer.
  const entry = { kind: 'bind', profile: profile.id, at: now, binding } as const
  const [applied] = await services.queue.submit(workspace, [entry], 1000)
  if (applied?.outcome !== 'stored') throw new Problem('not_found', 'There is no such person any more.')
  return now
}
