import { retentionRules } from '../consent/retention.ts'
import { consentRules } from '../consent/rules.ts'
import type { Definition, PublishedSet } from '../definition/definition.ts'
import type { Experience } from '../definition/experience.ts'
import { complete } from '../definition/normalise.ts'
import { identityRules } from '../identity/rules.ts'
import { compiler } from '../segment/compile.ts'
import { languageOf, planSourceOf } from '../segment/needs.ts'
import { READS_NOTHING, unionReads } from '../segment/node.ts'
import { planOf } from '../segment/plan.ts'
import { parseInstant } from '../time/instant.ts'
import { quarterIn } from '../time/quarter.ts'
import { getBucketRanges, hasher, type Range, shareOf } from './bucket.ts'
import type {
  Candidate,
  CompiledExperience,
  CompiledHoldout,
  CompiledSet,
  CompiledTouchpoint,
  CompiledVariant,
  Draws,
} from './compiled.ts'
import { compileContent } from './content.ts'
import { compileCollect } from './inputs.ts'
import { policiesOf } from './policies.ts'
import type { CompiledPolicy, PolicyOf } from './policy.ts'
import { byPriority } from './preview.ts'

/** Makes a published set ready for deciding. Its bodies are valid: nothing else is ever published. */
export function compile(set: PublishedSet, policyOf: PolicyOf = policiesOf(set)): CompiledSet {
  const live = set.definitions.filter(definition => !definition.archived)
  const compileCondition = compiler(languageOf(set))
  const experiences = new Map(
    live
      .filter(isKind('experience'))
      .map(definition => [definition.key, compileExperience(definition, policyOf(definition), compileCondition)]),
  )
  const byTouchpoint = groupByTouchpoint(live.filter(isKind('experience')), experiences)
  const touchpoints = new Map(
    live.filter(isKind('touchpoint')).map(({ key, body }): [string, CompiledTouchpoint] => {
      const here = (byTouchpoint.get(key) ?? []).sort(byPriority)
      const fallback = compileContent(complete('touchpoint', body).default)
      const candidates = compileCandidates(here.filter(experience => experience.status === 'running'))
      return [key, { key, fallback, candidates, resting: here.filter(experience => experience.status !== 'running') }]
    }),
  )
  const settings = complete('settings', live.find(isKind('settings'))?.body ?? {})
  return {
    version: set.version,
    touchpoints,
    experiences,
    holdout: compileHoldout(settings.holdout, settings.timezone),
    consent: consentRules(settings.consent),
    identity: identityRules(settings.identity),
    retention: retentionRules(settings.retention),
    plan: planOf(planSourceOf(set)),
    items: itemsOf(touchpoints.values(), experiences.values()),
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

function compileCandidates(running: readonly CompiledExperience[]): Candidate[] {
  let reads = READS_NOTHING
  return running.map(experience => {
    reads = unionReads([reads, experience.audience?.reads ?? READS_NOTHING, experience.policy?.reads ?? READS_NOTHING])
    return { experience, collect: compileCollect(reads) }
  })
}

function compileExperience(
  { key, version, body }: Definition<'experience'>,
  policy: CompiledPolicy | undefined,
  compileCondition: ReturnType<typeof compiler>,
): CompiledExperience {
  const experience = complete('experience', body)
  const draws = compileDraws(
    experience.seed ?? key,
    experience.control,
    experience.variants.map(v => v.weight),
  )
  return {
    key,
    version,
    status: experience.status,
    priority: experience.priority,
    start: instant(experience.schedule?.start, Number.NEGATIVE_INFINITY),
    end: instant(experience.schedule?.end, Number.POSITIVE_INFINITY),
    audience: experience.audience === undefined ? undefined : compileCondition(experience.audience),
    draws,
    policy,
    variants: experience.variants.map(
      (variant, i): CompiledVariant => ({
        key: variant.key,
        propensity: (1 - draws.control.propensity) * shareOf(draws.variant.ranges[i]!),
        content: compileContents(variant.content, experience.touchpoints),
      }),
    ),
  }
}

function compileContents(content: Experience['variants'][number]['content'], touchpoints: readonly string[]) {
  return new Map(
    touchpoints.map(touchpoint => [
      touchpoint,
      compileContent(Object.hasOwn(content, touchpoint) ? content[touchpoint]! : null),
    ]),
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

function instant(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : (parseInstant(text) ?? otherwise)
}

function itemsOf(touchpoints: Iterable<CompiledTouchpoint>, experiences: Iterable<CompiledExperience>): string[] {
  const fallbacks = [...touchpoints].map(touchpoint => touchpoint.fallback)
  const contents = [...experiences].flatMap(({ variants }) =>
    variants.flatMap(variant => [...variant.content.values()]),
  )
  return [...new Set([...fallbacks, ...contents].flatMap(template => template.items))]
}
