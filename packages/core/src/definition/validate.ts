import Type from 'typebox'
import Value from 'typebox/value'
import { consentProblems, retentionProblems } from '../consent/problems.ts'
import { identityProblems } from '../identity/problems.ts'
import { KEY_RULE, Key } from '../key.ts'
import { plainProblems } from '../problem/plain.ts'
import { type Problem, problem } from '../problem/problem.ts'
import { schemaProblems } from '../problem/schemaProblems.ts'
import { nearest } from '../problem/suggest.ts'
import { isZone } from '../time/zone.ts'
import { calendarProblems } from './calendarProblems.ts'
import { aggregateProblems, conditionProblems } from './conditionProblems.ts'
import { contentProblems, contentSchemaProblems } from './contentProblems.ts'
import type { Bodies, Kind } from './definition.ts'
import { Experience } from './experience.ts'
import { experienceProblems } from './experienceProblems.ts'
import { impactProblems } from './impactProblems.ts'
import type { Metric } from './metric.ts'
import { metricProblems } from './metricProblems.ts'
import { SCHEMAS } from './normalise.ts'
import { policyShapeProblems } from './policyShape.ts'
import type { Surroundings } from './references.ts'
import { Segment } from './segment.ts'
import type { Settings } from './settings.ts'
import type { Touchpoint } from './touchpoint.ts'

/** The one key of `settings`. */
export const SETTINGS_KEY = 'workspace'

/** An experience whose audience and policy are looked at on their own, so that their problems can be told apart. */
const ExperienceWithoutConditions = Type.Object(
  { ...Experience.properties, audience: Type.Optional(Type.Unknown()), policy: Type.Optional(Type.Unknown()) },
  { additionalProperties: false },
)

const SegmentWithoutCondition = Type.Object(
  { ...Segment.properties, condition: Type.Unknown() },
  { additionalProperties: false },
)

/**
 * What is wrong with a definition; empty when nothing is. Shape first: what the shape means is looked at once the shape is
 * right. With `surroundings`, what it refers to must exist and fit.
 */
export function validate(kind: string, key: string, body: unknown, surroundings?: Surroundings): Problem[] {
  if (!isKind(kind)) return [problem([], `there is no kind "${kind}"`, nearest(kind, Object.keys(SCHEMAS), 'kinds'))]
  const misnamed = keyProblems(kind, key)
  const plain = plainProblems(body)
  if (plain.length > 0) return [...misnamed, ...plain]
  const shape = shapeProblems(kind, body)
  if (shape.length > 0) return [...misnamed, ...shape]
  return [...misnamed, ...MEANING[kind](body as never, surroundings)]
}

export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(SCHEMAS, kind)
}

function keyProblems(kind: Kind, key: string): Problem[] {
  if (kind === 'settings') {
    if (key === SETTINGS_KEY) return []
    return [problem(['key'], `settings have the one key "${SETTINGS_KEY}"`, `use ${SETTINGS_KEY}`)]
  }
  return Value.Check(Key, key) ? [] : [problem(['key'], `"${key}" is no key`, KEY_RULE)]
}

function shapeProblems(kind: Kind, body: unknown): Problem[] {
  if (kind === 'segment') return segmentShapeProblems(body)
  if (kind !== 'experience') return schemaProblems(SCHEMAS[kind], body, [])
  const { audience, policy } = (body ?? {}) as { audience?: unknown; policy?: unknown }
  return [
    ...schemaProblems(ExperienceWithoutConditions, body, []),
    ...(audience === undefined ? [] : conditionProblems(audience, ['audience'])),
    ...(policy === undefined ? [] : policyShapeProblems(policy, ['policy'])),
  ]
}

function segmentShapeProblems(body: unknown): Problem[] {
  const problems = schemaProblems(SegmentWithoutCondition, body, [])
  const { condition } = (body ?? {}) as { condition?: unknown }
  return problems.length > 0 ? problems : conditionProblems(condition, ['condition'], 'segment')
}

/** What a schema cannot say, by kind. */
const MEANING: { readonly [K in Kind]: (body: Bodies[K], surroundings: Surroundings | undefined) => Problem[] } = {
  touchpoint: touchpointProblems,
  experience: (experience, surroundings) => [
    ...experienceProblems(experience, surroundings),
    ...(surroundings === undefined || experience.audience === undefined
      ? []
      : conditionProblems(experience.audience, ['audience'], 'audience', surroundings)),
  ],
  segment: ({ condition }, surroundings) => conditionProblems(condition, ['condition'], 'segment', surroundings),
  computedTrait: ({ value }) => aggregateProblems(value, ['value']),
  metric: metricProblems as (metric: Metric) => Problem[],
  settings: settingsProblems,
}

function touchpointProblems(touchpoint: Touchpoint, surroundings: Surroundings | undefined): Problem[] {
  const { schema, default: content = null } = touchpoint
  const broken = schema === undefined ? [] : contentSchemaProblems(schema, ['schema'])
  return broken.length > 0 ? broken : contentProblems(content, touchpoint, ['default'], surroundings)
}

function settingsProblems(
  { timezone, calendar, consent, retention, identity, impact }: Settings,
  surroundings: Surroundings | undefined,
): Problem[] {
  const mend = 'write an IANA name such as Europe/Berlin or UTC'
  return [
    ...(timezone === undefined || isZone(timezone)
      ? []
      : [problem(['timezone'], `"${timezone}" is no known time zone`, mend)]),
    ...(calendar === undefined ? [] : calendarProblems(calendar, ['calendar'])),
    ...(consent === undefined ? [] : consentProblems(consent, ['consent'])),
    ...(retention === undefined ? [] : retentionProblems(retention, ['retention'])),
    ...(identity === undefined ? [] : identityProblems(identity, ['identity'])),
    ...(impact === undefined ? [] : impactProblems(impact, ['impact'], surroundings)),
  ]
}
