import type { Definition } from '../definition/definition.ts'
import type { Experience } from '../definition/experience.ts'
import type { Metric } from '../definition/metric.ts'

/**
 * What an experience is judged by: the goal, the worthwhile lift and the tuning of the interval, as they were when it went live.
 * Whoever changes them while looking at the numbers could choose what comes out, so a later change does not count until the
 * experience is started anew: ended (or made a draft) and run again, or given a new seed.
 */
export interface Launch {
  /** Version of the experience at which it went live, and when, epoch milliseconds. */
  readonly version: number
  readonly at: number
  /** Key of the goal; undefined while no version has named one. */
  readonly goal?: string
  /** The version that named it: later than `version` where the experience ran without a goal first. */
  readonly goalVersion: number
  /** When that one was published: definitions of metrics count as they were then. */
  readonly goalAt: number
  readonly plan: NonNullable<Experience['plan']>
  /** Exposures from before belong to an earlier start; undefined of the first. */
  readonly since?: number
  readonly changes: readonly Change[]
}

/** Something that a later version says otherwise, and that does not count. */
export interface Change {
  readonly what: 'goal' | 'worthwhile' | 'people' | 'confidence' | 'metric'
  /** The version that says so: of the metric for `metric`, otherwise of the experience. */
  readonly version: number
  readonly from: string | number | null
  readonly to: string | number | null
}

/** `history`: versions in any order. Undefined where it never ran. */
export function launchOf(history: readonly Definition<'experience'>[]): Launch | undefined {
  const versions = [...history].sort((a, b) => a.version - b.version)
  let start: number | undefined
  let starts = 0
  let over = false
  versions.forEach((version, index) => {
    const status = version.archived ? 'ended' : (version.body.status ?? 'running')
    if (status === 'ended' || status === 'draft') over = true
    if (status !== 'running') return
    if (start === undefined || over || seedOf(version) !== seedOf(versions[start]!)) {
      start = index
      starts++
    }
    over = false
  })
  if (start === undefined) return undefined
  const run = versions.slice(start)
  const first = run[0]!
  const fixed = run.find(({ body }) => body.goal !== undefined) ?? first
  const { goal, plan = {} } = fixed.body
  return {
    version: first.version,
    at: first.published,
    ...(goal !== undefined && { goal }),
    goalVersion: fixed.version,
    goalAt: fixed.published,
    plan,
    ...(starts > 1 && { since: first.published }),
    changes: changesAfter(fixed, run),
  }
}

const seedOf = ({ key, body }: Definition<'experience'>) => body.seed ?? key

function changesAfter(fixed: Definition<'experience'>, run: readonly Definition<'experience'>[]): Change[] {
  const valuesOf = ({ goal, plan = {} }: Experience) => ({
    goal: goal ?? null,
    worthwhile: plan.worthwhile ?? null,
    people: plan.people ?? null,
    confidence: plan.confidence ?? null,
  })
  const from = valuesOf(fixed.body)
  const later = run.filter(({ version, archived }) => version > fixed.version && !archived)
  const now = later.at(-1)
  if (now === undefined) return []
  const to = valuesOf(now.body)
  return (['goal', 'worthwhile', 'people', 'confidence'] as const).flatMap(what => {
    if (from[what] === to[what]) return []
    const first = later.find(({ body }) => valuesOf(body)[what] !== from[what])
    return [{ what, version: first?.version ?? now.version, from: from[what], to: to[what] }]
  })
}

/** A metric as it was at an instant: the version of then, or the first where it is younger. */
export function metricAt(history: readonly Definition<'metric'>[], at: number): Definition<'metric'> | undefined {
  const versions = [...history].sort((a, b) => a.version - b.version)
  return versions.findLast(({ published, archived }) => published <= at && !archived) ?? versions[0]
}

/** The change of a metric after it was fixed, if it counts otherwise now: a new name or text is none. */
export function metricChange(
  fixed: Definition<'metric'>,
  history: readonly Definition<'metric'>[],
): Change | undefined {
  const later = [...history].sort((a, b) => a.version - b.version).filter(({ version }) => version > fixed.version)
  const differs = ({ body }: Definition<'metric'>) => meaningOf(body) !== meaningOf(fixed.body)
  const now = later.at(-1)
  if (now === undefined || !differs(now)) return undefined
  const first = later.find(differs) ?? now
  return { what: 'metric', version: first.version, from: `version ${fixed.version}`, to: `version ${now.version}` }
}

function meaningOf({ name: _, description: __, ...rest }: Metric): string {
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)))
}
