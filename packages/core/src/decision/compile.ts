import { getBucketRanges, hasher, type Range, shareOf } from '../bucket/bucket.ts'
import { retentionRules } from '../consent/retention.ts'
import { consentRules } from '../consent/rules.ts'
import { type Content, compileContent } from '../content/compile.ts'
import { compileFits } from '../content/fits.ts'
import type { ContentLanguage } from '../content/part.ts'
import { ContentTexts } from '../content/texts.ts'
import type { Definition, PublishedSet } from '../definition/definition.ts'
import type { Experience } from '../definition/experience.ts'
import { complete } from '../definition/normalise.ts'
import type { Settings } from '../definition/settings.ts'
import { identityRules } from '../identity/rules.ts'
import { languageOf, planSourceOf } from '../plan/needs.ts'
import { planOf } from '../plan/plan.ts'
import { compiler } from '../segment/compile.ts'
import { READS_NOTHING, unionReads } from '../segment/node.ts'
import { quarterIn } from '../time/quarter.ts'
import { compileCaps, keptFor } from './caps.ts'
import type {
  Candidate,
  CompiledExperience,
  CompiledHoldout,
  CompiledSet,
  CompiledTouchpoint,
  CompiledVariant,
  Draws,
  Gate,
} from './compiled.ts'
import { compileCollect, Readings } from './inputs.ts'
import { compileLayer } from './layer.ts'
import { compileOffer, isScarce } from './offer.ts'
import { policiesOf } from './policies.ts'
import type { CompiledPolicy, PolicyOf } from './policy.ts'
import { byPriority } from './preview.ts'
import { compilePrice } from './price.ts'
import { compileRequirement } from './requires.ts'
import { type CompiledSchedule, compileSchedule } from './schedule.ts'

/** Makes a published set ready for deciding. Its bodies are valid: nothing else is ever published. */
export function compile(set: PublishedSet, policyOf: PolicyOf = policiesOf(set)): CompiledSet {
  const live = set.definitions.filter(definition => !definition.archived)
  const condition = compiler(languageOf(set))
  const formats = new Map(live.filter(isKind('touchpoint')).map(({ key, body }) => [key, body.format ?? 'text']))
  const languageAt = (key: string): ContentLanguage => ({ format: formats.get(key) ?? 'text', condition })
  const required = new Set(
    live
      .filter(isKind('experience'))
      .flatMap(({ body }) => (body.requires ?? []).flatMap(one => (one.state === 'seen' ? [one.experience] : []))),
  )
  const settings = complete('settings', live.find(isKind('settings'))?.body ?? {})
  const { currency } = settings
  const experiences = new Map(
    live.filter(isKind('experience')).map(definition => {
      const { key } = definition
      const language = { at: languageAt, condition, currency }
      return [key, compileExperience(definition, policyOf(definition), language, required.has(key))]
    }),
  )
  const capsAt = touchpointCaps(live.filter(isKind('touchpoint')), settings.caps ?? {})
  const byTouchpoint = groupByTouchpoint(live.filter(isKind('experience')), experiences)
  const readings = new Readings()
  const touchpoints = new Map(
    live.filter(isKind('touchpoint')).map(({ key, body }): [string, CompiledTouchpoint] => {
      const here = (byTouchpoint.get(key) ?? []).sort(byPriority)
      const fallback = compileContent(complete('touchpoint', body).default, languageAt(key))
      const candidates = compileCandidates(
        here.filter(experience => experience.status === 'running'),
        readings,
      )
      const resting = here.filter(experience => experience.status !== 'running')
      const slots = body.slots ?? 1
      const scarce = candidates.flatMap(({ experience }) => (isScarce(experience.offer?.supply) ? [experience] : []))
      const fits = compileFits(body.schema)
      const { caps, records, remembers } = capsAt(key)
      const isPlain =
        slots === 1 &&
        caps.length === 0 &&
        !remembers &&
        candidates.every(({ experience }) => looksAtLittle(experience))
      return [key, { key, fallback, fits, isPlain, slots, caps, records, remembers, candidates, scarce, resting }]
    }),
  )
  const contents = [...touchpoints.values()].flatMap(contentsAt)
  return {
    version: set.version,
    touchpoints,
    experiences,
    holdout: compileHoldout(settings.holdout, settings.timezone),
    zone: settings.timezone,
    consent: consentRules(settings.consent),
    identity: identityRules(settings.identity),
    retention: retentionRules(settings.retention),
    plan: planOf(planSourceOf(set)),
    items: [...new Set(contents.flatMap(content => content.items))],
    texts: new ContentTexts(contents),
    // Whatever the shape of what looks at it, it is named so: `visit.device`, `context["visit"]`, or the whole of it.
    readsVisit: live.some(({ kind, body }) => isAsked(kind) && /\bvisit\b/.test(JSON.stringify(body))),
    recents: recentsOf(touchpoints.values()),
    readings: readings.count,
  }
}

function isKind<K extends Definition['kind']>(kind: K): (definition: Definition) => definition is Definition<K> {
  return (definition): definition is Definition<K> => definition.kind === kind
}

function groupByTouchpoint(
  definitions: readonly Definition<'experience'>[],
  experiences: ReadonlyMap<string, CompiledExperience>,
): Map<string, CompiledExperience[]> {
  const groups = new Map<string, CompiledExperience[]>()
  for (const { key, body } of definitions) {
    for (const touchpoint of body.touchpoints) {
      const group = groups.get(touchpoint) ?? []
      group.push(experiences.get(key)!)
      groups.set(touchpoint, group)
    }
  }
  return groups
}

function compileCandidates(running: readonly CompiledExperience[], readings: Readings): Candidate[] {
  let reads = READS_NOTHING
  return running.map(experience => {
    const { audience, offer, policy } = experience
    const conditions = [audience, offer?.eligibility, policy]
    reads = unionReads([reads, ...conditions.map(condition => condition?.reads ?? READS_NOTHING)])
    return { experience, collect: compileCollect(reads, readings) }
  })
}

/** In what the experiences of a set are written. */
interface ExperienceLanguage {
  readonly at: (touchpoint: string) => ContentLanguage
  readonly condition: ReturnType<typeof compiler>
  /** The workspace's. */
  readonly currency: string
}

function compileExperience(
  { key, version, body }: Definition<'experience'>,
  policy: CompiledPolicy | undefined,
  { at: languageAt, condition, currency }: ExperienceLanguage,
  required: boolean,
): CompiledExperience {
  const experience = complete('experience', body)
  const { start, end, within } = compileSchedule(experience.schedule)
  const caps = compileCaps(experience.caps, 'experience', [key])
  const records = keptFor(caps, `served:experience:${key}`)
  const offer = experience.offer && compileOffer(experience.offer, experience.variants, condition)
  const price = experience.price && compilePrice(experience.price, currency)
  const draws = compileDraws(
    experience.seed ?? key,
    experience.control,
    experience.variants.map(v => v.weight),
  )
  const variants = experience.variants.map(
    (variant, i): CompiledVariant => ({
      key: variant.key,
      propensity: (1 - draws.control.propensity) * shareOf(draws.variant.ranges[i]!),
      content: compileContents(variant.content, experience.touchpoints, languageAt),
      price: variant.price,
    }),
  )
  return {
    key,
    version,
    status: experience.status,
    priority: experience.priority,
    start,
    end,
    gate: gateOf(experience, within),
    inLayer: experience.layer && compileLayer(experience.layer),
    audience: experience.audience === undefined ? undefined : condition(experience.audience),
    caps,
    records,
    offer,
    price,
    binds: records !== undefined || offer !== undefined || experience.variants.some(variant => variant.price),
    remembers: required || keptFor(caps, `seen:experience:${key}`) !== undefined,
    draws,
    policy,
    variants,
    bySplit: variants.map(variant => ({ variant, propensity: variant.propensity })),
    fallbacks: (experience.fallbacks ?? []).map(
      content => new Map(Object.entries(content).map(([key, part]) => [key, compileContent(part, languageAt(key))])),
    ),
  }
}

/** At its times and its audience only, and it binds nothing. */
function looksAtLittle({ gate, caps, offer, policy, binds, remembers }: CompiledExperience): boolean {
  const keeps = policy?.sticky !== undefined
  return gate === undefined && caps.length === 0 && offer === undefined && !keeps && !binds && !remembers
}

function gateOf({ requires = [], layer }: Experience, schedule: CompiledSchedule['within']): Gate | undefined {
  if (requires.length === 0 && layer === undefined && schedule === undefined) return undefined
  return { schedule, requires: requires.map(compileRequirement) }
}

/** The caps over each touchpoint, and what they need recorded there. */
function touchpointCaps(
  touchpoints: readonly Definition<'touchpoint'>[],
  byChannel: NonNullable<Settings['caps']>,
): (key: string) => Pick<CompiledTouchpoint, 'caps' | 'records' | 'remembers'> {
  const onChannel = new Map(
    Object.entries(byChannel).map(([channel, caps]) => {
      const keys = touchpoints.filter(({ body }) => body.channel === channel).map(({ key }) => key)
      return [channel, compileCaps(caps, 'touchpoint', keys)]
    }),
  )
  const compiled = new Map(
    touchpoints.map(({ key, body }) => {
      const caps = [...compileCaps(body.caps, 'touchpoint', [key]), ...(onChannel.get(body.channel) ?? [])]
      const remembers = keptFor(caps, `seen:touchpoint:${key}`) !== undefined
      return [key, { caps, records: keptFor(caps, `served:touchpoint:${key}`), remembers }]
    }),
  )
  return key => compiled.get(key)!
}

function compileContents(
  content: Experience['variants'][number]['content'],
  touchpoints: readonly string[],
  languageAt: (touchpoint: string) => ContentLanguage,
): Map<string, Content> {
  return new Map(
    touchpoints.map(key => [key, compileContent(Object.hasOwn(content, key) ? content[key]! : null, languageAt(key))]),
  )
}

function compileDraws(seed: string, control: number, weights: readonly number[]): Draws {
  const range: Range = [0, control]
  return {
    seed,
    control: { point: hasher(`${seed}:control`), range, propensity: shareOf(range) },
    variant: { point: hasher(seed), ranges: getBucketRanges(weights.length, 1, weights) },
  }
}

function compileHoldout(share: number, zone: string): CompiledHoldout {
  const range: Range = [0, share]
  const quarter = quarterIn(zone)
  let drawn = { quarter: '', point: hasher('') }
  return {
    range,
    propensity: shareOf(range),
    quarter,
    point: (bucketKey, now) => {
      const current = quarter(now)
      if (current !== drawn.quarter) drawn = { quarter: current, point: hasher(`holdout:${current}`) }
      return drawn.point(bucketKey)
    },
  }
}

/** Definitions that are looked at in a decision, with its context. */
function isAsked(kind: Definition['kind']): boolean {
  return kind === 'experience' || kind === 'touchpoint'
}

/** Everything that may be shown at a touchpoint, whatever the status of its experience. */
function contentsAt({ key, fallback, candidates, resting }: CompiledTouchpoint): Content[] {
  const experiences = [...candidates.map(({ experience }) => experience), ...resting]
  const contents = experiences.flatMap(({ variants, fallbacks }) => [
    ...variants.map(variant => variant.content.get(key)),
    ...fallbacks.map(content => content.get(key)),
  ])
  return [fallback, ...contents.filter(content => content !== undefined)]
}

function recentsOf(touchpoints: Iterable<CompiledTouchpoint>): Map<string, string[]> {
  const recents = new Map<string, string[]>()
  for (const touchpoint of touchpoints) {
    const events = contentsAt(touchpoint).flatMap(content => content.recents.flatMap(({ events = [] }) => events))
    if (events.length > 0) recents.set(touchpoint.key, [...new Set(events)])
  }
  return recents
}
