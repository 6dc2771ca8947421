import type { Problem } from '../problem/problem.ts'
import { nearest } from '../problem/suggest.ts'
import type { CompiledExperience, CompiledSet, CompiledVariant } from './compiled.ts'

/** Shows what would be shown: nothing of such a decision is logged. */
export interface Preview {
  /** The instant to decide for instead of now, epoch milliseconds. */
  readonly at?: number
  /** Variant to show, by experience: whatever its status, schedule and audience, whoever asks. */
  readonly variants: ReadonlyMap<string, string>
}

/** What a preview asks for that does not exist. `decide` passes over it; the caller should say so. */
export function previewProblems(set: CompiledSet, preview: Preview): Problem[] {
  return [...preview.variants].flatMap(([key, variant]): Problem[] => {
    const path = `preview.${key}`
    const experience = set.experiences.get(key)
    if (experience === undefined) {
      return [
        { path, message: `there is no experience "${key}"`, mend: nearest(key, set.experiences.keys(), 'experiences') },
      ]
    }
    const known = experience.variants.map(v => v.key)
    if (known.includes(variant)) return []
    return [
      { path, message: `experience "${key}" has no variant "${variant}"`, mend: nearest(variant, known, 'variants') },
    ]
  })
}

/** The forced variant at a touchpoint: of several, that of the experience which goes first there. */
export function forcedAt(
  set: CompiledSet,
  preview: Preview,
  touchpoint: string,
): { experience: CompiledExperience; variant: CompiledVariant } | undefined {
  const forced = [...preview.variants].flatMap(([key, chosen]) => {
    const experience = set.experiences.get(key)
    const variant = experience?.variants.find(v => v.key === chosen)
    return experience && variant?.content.has(touchpoint) ? [{ experience, variant }] : []
  })
  return forced.sort((a, b) => byPriority(a.experience, b.experience))[0]
}

/** Highest priority first, then by key in code-unit order: the same everywhere. */
export function byPriority(a: CompiledExperience, b: CompiledExperience): number {
  return b.priority - a.priority || (a.key < b.key ? -1 : 1)
}
