import type { World } from '../content/world.ts'
import type { JsonObject } from '../json.ts'
import type { Assigned, Grant } from '../profile/bound.ts'
import type { Answer } from './answer.ts'
import { leftOut, show } from './answering.ts'
import { type Assignment, assign, type Chosen } from './assign.ts'
import { Binds, wantKeys } from './binding.ts'
import type { CompiledExperience, CompiledTouchpoint } from './compiled.ts'
import { supplyObstacle } from './eligible.ts'
import { assignedBy } from './held.ts'
import { type Moment, type Person, priceView } from './moment.ts'
import { expiryAt, offerView, stateOf, turnOf } from './offer.ts'

/** What somebody gets of an experience that won: who is left out is decided here, last, and the variant. */
export function serve(
  experience: CompiledExperience,
  touchpoint: CompiledTouchpoint,
  moment: Moment,
  person: Person,
): Answer {
  const { holdout } = moment.set
  const { bucketKey } = person
  const sticky = experience.policy?.sticky !== undefined
  const before = sticky ? assignedBy(experience, person) : undefined
  if (moment.isHeldOut(person)) {
    if (sticky && before === undefined) moment.assign(experience, 'holdout', '', holdout.propensity)
    return withoutIt(experience, touchpoint, moment, 'holdout', holdout.propensity)
  }
  const assignment = assign(experience, moment.subject, bucketKey, before)
  if (assignment === undefined) {
    const { propensity } = experience.draws.control
    if (before?.arm === 'control') {
      return held(withoutIt(experience, touchpoint, moment, 'control', 1), experience, before, moment)
    }
    if (sticky) moment.assign(experience, 'control', '', propensity)
    return withoutIt(experience, touchpoint, moment, 'control', propensity)
  }
  if (!isChosen(assignment)) {
    const answer = withoutIt(experience, touchpoint, moment, 'default', assignment.propensity)
    return assignment.model === undefined ? answer : { ...answer, model: assignment.model }
  }
  if (sticky && assignment.held === undefined) {
    moment.assign(experience, 'variant', assignment.variant.key, assignment.propensity)
  }
  const answer = experience.binds
    ? serveBinding(experience, touchpoint, moment, person, assignment, 'assigned')
    : show(touchpoint, moment, moment, experience, assignment, 'assigned')
  return assignment.held === undefined ? answer : held(answer, experience, assignment.held, moment)
}

/** Says that it was given before; the log has with it by which chance it was drawn then (R7). */
function held(answer: Answer, { key }: CompiledExperience, before: Assigned, moment: Moment): Answer {
  const { at, variant, propensity } = before
  moment.held ??= {}
  moment.held[key] = { variant, propensity, since: at }
  return { ...answer, held: { since: at, propensity } }
}

function isChosen(assignment: Assignment): assignment is Chosen {
  return assignment.variant !== undefined
}

/**
 * Somebody left out, or for whom the policy chose nothing, is counted and has the offer run out for them exactly as for the others: so both leave the experience at
 * the same time, and the control group stays one to compare with.
 */
function withoutIt(
  experience: CompiledExperience,
  touchpoint: CompiledTouchpoint,
  moment: Moment,
  reason: 'control' | 'holdout' | 'default',
  propensity: number,
): Answer {
  const { key, offer } = experience
  const { now } = moment.subject
  countServed(experience, moment)
  if (offer !== undefined && stateOf(offer, moment.grant(experience), now) !== 'live') {
    moment.binds.grants.set(key, grantOf('', `${key}:${now}`, now, expiryAt(offer, now)))
  }
  return leftOut(touchpoint, moment, experience, reason, propensity)
}

/** An answer with an offer, a price or a cap. */
export function serveBinding(
  experience: CompiledExperience,
  touchpoint: CompiledTouchpoint,
  moment: Moment,
  person: Person,
  assignment: Chosen,
  reason: 'assigned' | 'preview',
): Answer {
  const { key, offer } = experience
  const { now } = moment.subject
  const held = offer === undefined ? undefined : heldGrant(experience, moment)
  const isNew = offer !== undefined && (held === undefined || held.isNew)
  // Their turn began when nothing could be made for them: it ends when that of those left out does, who came then.
  const turn = offer && turnOf(offer, moment.grant(experience), now)
  const ends = turn === undefined ? offer && expiryAt(offer, now) : turn.expires
  const trial = grantOf(assignment.variant.key, '', now, ends, offer && trialCode(offer, moment))
  const grant = offer === undefined ? undefined : (held?.grant ?? trial)
  // What was given stays as it was given, whichever variant is drawn for them since; a preview is of what it was asked to show.
  const given = reason === 'preview' ? assignment.variant.key : grant?.variant
  const world = new ExperienceWorld(moment, experience, assignment, grant, given)
  const answer = show(touchpoint, world, moment, experience, assignment, reason)
  // Where the default had to be shown, nothing of it was given; but it was their turn, as it is of those left out.
  if (answer.fault !== undefined && answer.reason !== 'fallback') {
    countServed(experience, moment)
    if (offer !== undefined && held === undefined && turn === undefined && !moment.binds.grants.has(key)) {
      moment.binds.grants.set(key, { ...grantOf('', `${key}:${now}`, now, ends), turn: now })
    }
    return answer
  }
  // What a preview forces is shown, whoever asks; what it does not is as it would be decided.
  if (offer !== undefined && turn !== undefined && reason === 'assigned') {
    const gone = supplyObstacle(experience, offer, moment, person)
    if (gone !== undefined) {
      countServed(experience, moment)
      return { ...answer, reason: gone, content: touchpoint.fallback.fill(moment).content }
    }
  }
  if (offer !== undefined && held === undefined && !moment.terms.preview) {
    moment.binds.wants.set(key, {
      experience: key,
      variant: assignment.variant.key,
      ...wantKeys(person, moment.previous(experience)),
      cost: offer.cost.get(assignment.variant.key) ?? 0,
      supply: offer.supply,
      expires: ends,
      ...(turn && { turn: turn.turn }),
    })
    return answer
  }
  countServed(experience, moment)
  for (const [item, quote] of world.made.quotes) moment.binds.quotes.set(item, quote)
  if (isNew && grant !== undefined && held !== undefined) moment.binds.grants.set(key, grant)
  return grant === undefined ? answer : { ...answer, offer: world.offer! }
}

/** Counts for its caps: once a request, at however many touchpoints. */
function countServed({ records }: CompiledExperience, moment: Moment): void {
  if (records !== undefined && moment.binds.shown(records.key) === 0) moment.binds.show(records)
}

/** A code to see whether the content can be made: nobody is told it but in a preview. */
function trialCode(
  { sample, supply }: NonNullable<CompiledExperience['offer']>,
  { terms }: Moment,
): string | undefined {
  return terms.preview ? sample : (supply.codes?.list?.[0] ?? sample)
}

/** What the person has of the offer; undefined where it has to be reserved first. */
function heldGrant(
  experience: CompiledExperience,
  moment: Moment,
): { readonly grant: Grant; readonly isNew: boolean } | undefined {
  const { key, offer } = experience
  const grant = moment.grant(experience)
  if (grant === undefined || grant.variant === '' || stateOf(offer!, grant, moment.subject.now) !== 'live')
    return undefined
  return { grant, isNew: moment.terms.granted.get(key) === grant }
}

function grantOf(variant: string, key: string, at: number, expires: number | undefined, code?: string): Grant {
  return { at, variant, key, ...(code === undefined ? {} : { code }), ...(expires === undefined ? {} : { expires }) }
}

/** What content may show of an experience: its offer, and the prices its variant makes. */
class ExperienceWorld implements World {
  readonly items: World['items']
  readonly subject: World['subject']
  readonly offer: JsonObject | undefined
  /** Prices that are told for the first time. */
  readonly made = new Binds()
  readonly #moment: Moment
  readonly #experience: CompiledExperience
  readonly #assignment: Chosen

  /** `given`: the variant whose offer it is; where that is gone, the terms are those of the one assigned. */
  constructor(
    moment: Moment,
    experience: CompiledExperience,
    assignment: Chosen,
    grant: Grant | undefined,
    given: string | undefined,
  ) {
    const byVariant = experience.offer?.terms
    const terms = byVariant?.get(given ?? '') ?? byVariant?.get(assignment.variant.key)
    this.items = moment.items
    this.subject = moment.subject
    this.offer = grant && offerView(experience.key, terms, grant)
    this.#moment = moment
    this.#experience = experience
    this.#assignment = assignment
  }

  get zone(): string {
    return this.#moment.zone
  }

  get recent(): World['recent'] {
    return this.#moment.recent
  }

  price(id: string): JsonObject | undefined {
    const { price: prices, key, version } = this.#experience
    const { price: rule, key: variant } = this.#assignment.variant
    const kept = this.#moment.quote(id) ?? this.made.quotes.get(id)
    if (kept !== undefined) return priceView(id, kept)
    const item = this.items(id)
    if (rule === undefined || prices === undefined || item === undefined) return this.#moment.price(id)
    const priced = prices.price(item, rule)
    if (priced === undefined) return undefined
    const { now } = this.subject
    const quote = {
      at: now,
      until: now + prices.lasts,
      ...priced,
      ...(typeof item.currency === 'string' && { currency: item.currency }),
      experience: key,
      version,
      variant,
    }
    this.made.quotes.set(id, quote)
    return priceView(id, quote)
  }

  takeBack(): void {
    this.made.quotes.clear()
  }
}
