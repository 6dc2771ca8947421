import { complete } from '../definition/index.ts'
import type { VariantReport } from '../experiment/index.ts'
import type { Judged, Watched } from './watched.ts'

/** What is judged in an experience: one variant, or all together where the policy shares people out among them by itself. */
export interface Candidate {
  /** Absent: all variants together. */
  readonly variant?: string
  readonly report: VariantReport
}

/** What there is to be judged: of a rollout its variant, of a split each variant that is shown, of a policy that chooses all together. */
export function candidatesOf({ experience }: Pick<Watched, 'experience'>, { report }: Judged): Candidate[] {
  const { variants, policy } = complete('experience', experience.body)
  if (policy?.kind === 'rollout') {
    const rolled = report.variants.find(({ variant }) => variant === policy.variant)
    return rolled ? [{ variant: policy.variant, report: rolled }] : []
  }
  const shown = variants.filter(({ weight }) => weight > 0).map(({ key }) => key)
  // Of several that were shown once, those that still are.
  if ((policy?.kind ?? 'split') === 'split' && report.variants.length > 1) {
    return report.variants
      .filter(({ variant }) => shown.includes(variant))
      .map(one => ({ variant: one.variant, report: one }))
  }
  return report.personalized ? [{ report: report.personalized }] : []
}

/** The best of those that work. */
export function winnerOf(watched: Pick<Watched, 'experience' | 'goal'>): Candidate | undefined {
  const { goal } = watched
  if (goal === null || !isSound(goal)) return undefined
  return candidatesOf(watched, goal)
    .filter(({ report }) => report.verdict.verdict === 'works')
    .sort((a, b) => goodness(b, goal) - goodness(a, goal))[0]
}

/** Whether the report may be believed: rates are there, and nobody was lost. */
export function isSound({ report, missingRates }: Judged): boolean {
  return missingRates.length === 0 && report.sampleRatio.verdict !== 'mismatch'
}

/** A lift with its sign turned where less is better. */
function goodness({ report }: Candidate, { metric }: Judged): number {
  return (metric.direction === 'down' ? -1 : 1) * (report.verdict.lift ?? 0)
}
