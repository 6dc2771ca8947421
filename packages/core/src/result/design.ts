import { complete, type Definition } from '../definition/index.ts'
import type { ArmStatistics } from '../experiment/index.ts'
import type { Offered } from './next.ts'

/** An arm that people ought to be in. `share` of the people, relative. */
export interface DesignedArm {
  readonly variant: string
  readonly control: boolean
  readonly share: number
}

/** What can be done with its variants, as it is now. */
export function offeredOf({ body }: Pick<Definition<'experience'>, 'body'>): Offered {
  const { variants, policy } = complete('experience', body)
  const isSplit = policy === undefined || policy.kind === 'split' || policy.kind === 'sticky-split'
  const shown = isSplit ? variants.filter(({ weight }) => weight > 0) : variants
  return { variants: shown.map(({ key }) => key), chooses: !isSplit }
}

/**
 * Arms that ought to be there though nobody was seen in them. Only a split says beforehand who gets what: of other policies a
 * variant that nobody was given is no fault, a control group that nobody was seen in is.
 */
export function designOf(
  { body }: Pick<Definition<'experience'>, 'body'>,
  arms: readonly Pick<ArmStatistics, 'variant' | 'control'>[],
): DesignedArm[] {
  const { control, variants, policy } = complete('experience', body)
  const isSplit = policy === undefined || policy.kind === 'split' || policy.kind === 'sticky-split'
  const seen = new Set(arms.filter(arm => !arm.control).map(arm => arm.variant))
  const designed = isSplit
    ? variants.map(({ key, weight }) => ({ variant: key, weight }))
    : [...seen].map(variant => ({ variant, weight: 1 / seen.size }))
  return [
    { variant: '', control: true, share: control },
    ...designed.map(({ variant, weight }) => ({ variant, control: false, share: (1 - control) * weight })),
  ]
}
