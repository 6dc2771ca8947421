import { shareOf } from '@espalier/core/bucket'
import { compileLoggedInput } from '@espalier/core/decision'
import type { Definition, Experience, Metric, PublishedSet } from '@espalier/core/definition'
import { complete } from '@espalier/core/definition'
import type { InputSpec } from '@espalier/core/policy'
import type { Store } from '@espalier/store'
import type { CreditQuestion, PolicyRow } from '@espalier/warehouse'

/** Reads all inputs of a policy from what its decisions looked at, by key. */
export function loggedReaders(experience: string, inputs: readonly InputSpec[]) {
  const reads = inputs.map(input => [input.key, compileLoggedInput(experience, input).read] as const)
  return (row: PolicyRow): Record<string, unknown> => Object.fromEntries(reads.map(([key, read]) => [key, read(row)]))
}

/** Share of the control group in each version of an experience. */
export async function controlsOf(
  store: Pick<Store, 'definitions'>,
  workspace: string,
  experience: string,
): Promise<CreditQuestion['controls']> {
  const history = await store.definitions.history(workspace, 'experience', experience)
  return history.map(({ version, body }) => {
    const { control } = complete('experience', body as Experience)
    return { version, share: shareOf([0, control]) }
  })
}

/**
 * Whether people may hold what they drew while another share was in the control group than in the version they come under now: a sticky split
 * keeps it, and its exposures have the chance of that draw. What that is among those who were not in the control group, no version tells.
 */
export async function keepsAcrossShares(
  store: Pick<Store, 'definitions'>,
  workspace: string,
  experience: string,
): Promise<boolean> {
  const history = (await store.definitions.history(workspace, 'experience', experience)) as Definition<'experience'>[]
  const shares = new Set(history.map(({ body }) => complete('experience', body).control))
  return shares.size > 1 && history.some(({ body }) => body.policy?.kind === 'sticky-split')
}

/** Variants that earlier versions of an experience had, and it has no more. */
export async function removedVariants(
  store: Pick<Store, 'definitions'>,
  workspace: string,
  { key, body }: Definition<'experience'>,
): Promise<string[]> {
  const history = (await store.definitions.history(workspace, 'experience', key)) as Definition<'experience'>[]
  const keysOf = ({ variants }: Experience) => variants.map(variant => variant.key)
  const now = new Set(keysOf(body))
  return [...new Set(history.flatMap(one => keysOf(one.body)))].filter(variant => !now.has(variant)).sort()
}

export function experienceIn({ definitions }: PublishedSet, key: string): Definition<'experience'> | undefined {
  return definitions.find(
    (one): one is Definition<'experience'> => one.kind === 'experience' && one.key === key && !one.archived,
  )
}

export function metricIn({ definitions }: PublishedSet, key: string | undefined): Metric | undefined {
  return definitions.find(
    (one): one is Definition<'metric'> => one.kind === 'metric' && one.key === key && !one.archived,
  )?.body
}
