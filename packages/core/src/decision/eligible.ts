import { inRange } from '../bucket/bucket.ts'
import { isCapped } from './caps.ts'
import type { CompiledExperience, CompiledTouchpoint } from './compiled.ts'
import { assignedBy, staysIn } from './held.ts'
import type { Moment, Person } from './moment.ts'
import { stateOf } from './offer.ts'
import type { OffSchedule } from './schedule.ts'

/** Why somebody who could get an experience does not: what stands in the way although its audience holds. */
export type Obstacle =
  /** They got it, or something at this touchpoint or on this channel, as often as they may. */
  | 'capped'
  /** They are not eligible for its offer. */
  | 'not-eligible'
  /** Their offer, or the offer altogether, has expired. */
  | 'offer-expired'
  /** They have used their offer. */
  | 'offer-used'
  /** Nothing is left of its offer: budget, stock or codes. */
  | 'sold-out'
  /** It would have to be stored, and nothing can be stored for them now. */
  | 'not-bound'

/** Why an experience is not for somebody now, before any of that. */
export type Unfit = OffSchedule | 'layer' | 'requires' | 'audience'

/** Whether schedule, layer, dependencies and audience let an experience be for somebody; cheapest first. */
export function unfit(experience: CompiledExperience, moment: Moment, person: Person): Unfit | undefined {
  const { subject } = moment
  if (subject.now < experience.start) return 'not-started'
  if (subject.now >= experience.end) return 'over'
  const { gate } = experience
  if (gate !== undefined) {
    if (experience.inLayer?.(person.bucketKey) === false) return 'layer'
    const off = gate.schedule?.(moment)
    if (off !== undefined) return off
    if (!gate.requires.every(holds => holds(moment, person)) && !staysIn(experience, person)) return 'requires'
  }
  return experience.audience?.test(subject) === false && !staysIn(experience, person) ? 'audience' : undefined
}

/** What stands in the way of an experience that fits somebody, the same for those who will be left out. */
export function obstacle(
  experience: CompiledExperience,
  touchpoint: CompiledTouchpoint,
  moment: Moment,
  person: Person,
): Obstacle | undefined {
  const { caps, offer } = experience
  if (!experience.binds && touchpoint.caps.length === 0 && caps.length === 0) return undefined
  if (!moment.terms.binds && !moment.terms.preview && (experience.binds || touchpoint.records !== undefined)) {
    return 'not-bound'
  }
  if (capped(experience, touchpoint, moment)) return 'capped'
  return offer === undefined ? undefined : offerObstacle(experience, offer, moment, person)
}

function capped({ key, caps }: CompiledExperience, touchpoint: CompiledTouchpoint, moment: Moment): boolean {
  const { bound, subject, bindsIfAny } = moment
  const more = (name: Parameters<Parameters<typeof isCapped>[2]>[0]) => bindsIfAny?.shown(name) ?? 0
  if (touchpoint.caps.some(cap => isCapped(cap, bound.shows, more, subject.now))) return true
  // At several touchpoints in one request it is shown once.
  if (more(`served:experience:${key}`) > 0) return false
  return caps.some(cap => isCapped(cap, bound.shows, more, subject.now))
}

function offerObstacle(
  experience: CompiledExperience,
  offer: NonNullable<CompiledExperience['offer']>,
  moment: Moment,
  person: Person,
): Obstacle | undefined {
  const { subject } = moment
  if (subject.now >= offer.until) return 'offer-expired'
  moment.settle(experience)
  const grant = moment.grant(experience)
  const state = stateOf(offer, grant, subject.now)
  // Whose turn it was keeps their place, whether something could be shown to them or not. Who was left out and is not any more is
  // given it only now.
  if (
    state === 'live' &&
    (grant!.variant !== '' || grant!.turn !== undefined || isLeftOut(experience, moment, person))
  ) {
    return undefined
  }
  if (state === 'offer-expired' || state === 'offer-used') return state
  return supplyObstacle(experience, offer, moment, person)
}

/** Why somebody cannot be given what an offer has, whose turn it is. */
export function supplyObstacle(
  experience: CompiledExperience,
  { eligibility }: NonNullable<CompiledExperience['offer']>,
  moment: Moment,
  person: Person,
): 'not-eligible' | 'sold-out' | undefined {
  if (eligibility?.test(moment.subject) === false) return 'not-eligible'
  if (moment.terms.supplied(experience.key)) return undefined
  moment.miss(experience, person)
  return 'sold-out'
}

/** In the holdout, or in the experience's control group. */
export function isLeftOut(experience: CompiledExperience, moment: Moment, person: Person): boolean {
  if (moment.isHeldOut(person)) return true
  const before = assignedBy(experience, person)
  if (before !== undefined && before.arm !== 'holdout') return before.arm === 'control'
  const { control } = experience.draws
  return inRange(control.point(person.bucketKey), control.range)
}
