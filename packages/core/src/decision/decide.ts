import { may } from '../consent/may.ts'
import type { Permission } from '../consent/permits.ts'
import { expire } from '../consent/retention.ts'
import { PERSONALIZATION } from '../consent/rules.ts'
import type { ItemLookup } from '../content/world.ts'
import type { JsonObject } from '../json.ts'
import type { Binding } from '../profile/bound.ts'
import type { ConsideredAccount } from '../segment/subject.ts'
import type { Answer } from './answer.ts'
import { byDefault, withoutExperience } from './answering.ts'
import type { Missed, Want } from './binding.ts'
import type { Candidate, CompiledExperience, CompiledSet, CompiledTouchpoint } from './compiled.ts'
import { type Obstacle, obstacle, unfit } from './eligible.ts'
import { explainConsent, explainForced, explainTouchpoint } from './explain.ts'
import { type DecisionInputs, noInputs } from './inputs.ts'
import { Moment, type Person, type Terms } from './moment.ts'
import { forcedAt, type Preview } from './preview.ts'
import { serve, serveBinding } from './serve.ts'
import { visitOf } from './visit.ts'

export interface DecideInput {
  readonly set: CompiledSet
  /** The person; undefined for a known bot, which is nobody and gets the default content. */
  readonly profile: Person | undefined
  /** The person's accounts, where the set asks for them (`Plan.asksAccounts`). */
  readonly accounts?: readonly ConsideredAccount[]
  /** What the caller sent. */
  readonly context: JsonObject
  /** Epoch milliseconds. */
  readonly now: number
  readonly touchpoints: readonly string[]
  readonly items: ItemLookup
  readonly preview?: Preview | undefined
  readonly explain?: boolean
  /** False: nothing can be stored for this person now, so what would bind is passed over. True unless said. */
  readonly binds?: boolean | undefined
  /** Offers reserved for this request, by experience. */
  readonly granted?: Terms['granted'] | undefined
  /** Whether anything is left of an offer. There is, unless said. */
  readonly supplied?: Terms['supplied'] | undefined
}

export interface Decision {
  /** For each touchpoint in the order asked: one, or as many as it has slots, the best first. */
  readonly answers: readonly Answer[]
  readonly inputs: DecisionInputs
  /** True where it was asked as a preview: then none of it happened. */
  readonly preview: boolean
  /** Offers to reserve before: while there are any, this is no answer yet. Ask again with those reserved in `granted`. */
  readonly wants: readonly Want[]
  /** Offers that are passed over since nothing is left of them for others. What is reserved for this person already is theirs: ask again. */
  readonly missed: readonly Missed[]
  /** What has to be committed before the answers may be given; undefined: nothing. */
  readonly binding: Binding | undefined
}

const PLAIN: Terms = { binds: true, preview: false, granted: new Map(), supplied: () => true }

function termsOf({ binds, preview, granted, supplied }: DecideInput): Terms {
  if (binds === undefined && preview === undefined && granted === undefined && supplied === undefined) return PLAIN
  return {
    binds: binds ?? PLAIN.binds,
    preview: preview !== undefined,
    granted: granted ?? PLAIN.granted,
    supplied: supplied ?? PLAIN.supplied,
  }
}

/**
 * What a person gets at each touchpoint. Total and pure: the same input has the same answer (R6).
 *
 * consent -> eligible -> pick by priority -> holdout -> control group -> variant. Who is held out is decided last, so that
 * those left out are just like those who are not; they get the default content, never the next experience.
 */
export function decide(input: DecideInput): Decision {
  const { set, preview } = input
  const context = set.readsVisit ? { ...input.context, visit: visitOf(input.context) } : input.context
  const now = preview?.at ?? input.now
  const profile = input.profile && expire(input.profile, set.retention, now)
  const permission = profile && may(PERSONALIZATION, profile, context, set.consent)
  // R8: of somebody who refuses, nothing is in the default content either.
  const person = permission?.permitted === false ? undefined : profile
  const terms = termsOf(input)
  const begin = () => new Moment(set, input.items, person, context, now, terms, person && input.accounts)
  let inputs = noInputs()
  let moment = begin()
  let answers = answersTo(input, profile, permission, moment, inputs)
  const told = moment.toldSince()
  if (told !== undefined) {
    // What one touchpoint showed at the catalog's price another has made a price of: a person has one, at all of them.
    moment = begin()
    for (const [item, quote] of told) moment.binds.quotes.set(item, quote)
    inputs = noInputs()
    answers = answersTo(input, profile, permission, moment, inputs)
  }
  const binds = moment.bindsIfAny
  if (moment.passed !== undefined) inputs.passed = moment.passed
  if (moment.held !== undefined) inputs.held = moment.held
  if (binds !== undefined) tellOf(binds, inputs)
  return {
    answers,
    inputs,
    preview: preview !== undefined,
    wants: binds === undefined ? NO_WANTS : [...binds.wants.values()],
    missed: moment.missed === undefined ? NONE_MISSED : [...moment.missed.values()],
    binding: preview === undefined ? binds?.binding() : undefined,
  }
}

function answersTo(
  { set, preview, touchpoints, explain }: DecideInput,
  profile: Person | undefined,
  permission: Permission | undefined,
  moment: Moment,
  inputs: DecisionInputs,
): Answer[] {
  const answers: Answer[] = []
  for (const key of touchpoints) {
    const touchpoint = set.touchpoints.get(key)
    if (touchpoint === undefined) {
      answers.push(withoutExperience(key, 'unknown-touchpoint', null))
      continue
    }
    const forced = preview && forcedAt(set, preview, key)
    if (forced !== undefined) {
      const assignment = { variant: forced.variant, propensity: 1 }
      const asker = { ...NOBODY, ...moment.person }
      // What would be answered if nothing were forced: what is in the way of what is looked at.
      const explanation = explain ? explainForced(touchpoint, moment, permission) : undefined
      const answer = serveBinding(forced.experience, touchpoint, moment, asker, assignment, 'preview')
      answers.push(explanation === undefined ? answer : { ...answer, explanation })
    } else if (profile === undefined) answers.push(byDefault(touchpoint, moment, 'bot'))
    else if (permission?.permitted === false) {
      const answer = byDefault(touchpoint, moment, 'consent')
      answers.push(explain ? { ...answer, explanation: explainConsent(permission) } : answer)
    } else {
      const explanation = explain ? explainTouchpoint(touchpoint, moment, profile) : undefined
      const first = answers.length
      decideAt(touchpoint, moment, profile, inputs, answers)
      if (explanation !== undefined) answers[first] = { ...answers[first]!, explanation }
    }
  }
  return answers
}

const NO_WANTS: readonly Want[] = []
const NONE_MISSED: readonly Missed[] = []
const NOBODY: Person = { bucketKey: '', traits: {}, signals: {}, consent: {} }

/** Answers the first candidates that are for this person now and have nothing in their way: as many as there are slots. */
function decideAt(
  touchpoint: CompiledTouchpoint,
  moment: Moment,
  person: Person,
  inputs: DecisionInputs,
  answers: Answer[],
): void {
  if (touchpoint.isPlain) {
    answers.push(decidePlain(touchpoint, moment, person, inputs))
    return
  }
  const { candidates, slots, records } = touchpoint
  let considered: Candidate | undefined
  let hindrance: Obstacle | undefined
  let won = 0
  for (let i = 0; i < candidates.length && won < slots; i++) {
    considered = candidates[i]!
    const { experience } = considered
    if (unfit(experience, moment, person) !== undefined) continue
    const hindered = obstacle(experience, touchpoint, moment, person)
    if (hindered === undefined) {
      won++
      answers.push(ranked(serve(experience, touchpoint, moment, person), experience, touchpoint, won))
    } else {
      // What stood in the way of the first whose audience holds.
      hindrance ??= hindered
      moment.passed ??= {}
      moment.passed[experience.key] = hindered
    }
  }
  considered?.collect(moment.subject, inputs, moment.taken)
  if (won === 0) answers.push(byDefault(touchpoint, moment, hindrance ?? 'no-experience'))
  else if (records !== undefined) moment.binds.show(records)
}

/** The same where nothing is capped, offered, priced or depended on: most touchpoints, and it is asked most often. */
function decidePlain(touchpoint: CompiledTouchpoint, moment: Moment, person: Person, inputs: DecisionInputs): Answer {
  const { candidates } = touchpoint
  const { subject } = moment
  for (let i = 0; i < candidates.length; i++) {
    const { experience, collect } = candidates[i]!
    if (subject.now < experience.start || subject.now >= experience.end) continue
    if (experience.audience !== undefined && !experience.audience.test(subject)) continue
    collect(subject, inputs, moment.taken)
    return serve(experience, touchpoint, moment, person)
  }
  candidates.at(-1)?.collect(subject, inputs, moment.taken)
  return byDefault(touchpoint, moment, 'no-experience')
}

function ranked(answer: Answer, experience: CompiledExperience, touchpoint: CompiledTouchpoint, rank: number): Answer {
  const remember = experience.remembers || touchpoint.remembers
  if (!remember && touchpoint.slots === 1) return answer
  return { ...answer, ...(remember && { remember }), ...(touchpoint.slots > 1 && { rank }) }
}

/** The audit of what is bound: every price and offer that is told for the first time (R7). */
function tellOf({ quotes, grants }: NonNullable<Moment['bindsIfAny']>, inputs: DecisionInputs): void {
  if (quotes.size > 0) inputs.quotes = Object.fromEntries(quotes) as unknown as JsonObject
  // What others stand beside was given before.
  const given = [...grants].filter(([, { others }]) => others === undefined)
  if (given.length === 0) return
  inputs.grants = Object.fromEntries(
    given.map(([key, { variant, expires }]) => [key, { variant, expires: expires ?? null }]),
  )
}
