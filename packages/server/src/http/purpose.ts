import { PURPOSES } from '@espalier/core/consent'
import Type from 'typebox'
import type { LiveSet } from '../pipeline/definitions.ts'
import { Problem } from '../problem.ts'

/** What an export is for. */
export const Purpose = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'What it is for, such as `email` or `ads`: nothing is exported for a purpose that somebody refuses.',
})

/** A purpose that every workspace has, or one of its own. Throws `invalid`: a misspelt one would be refused by nobody. */
export function purposeIn({ settings }: LiveSet, purpose: string, path: string): string {
  const known = [...new Set([...PURPOSES, ...(settings.consent?.purposes ?? []).map(({ key }) => key)])]
  if (known.includes(purpose)) return purpose
  throw new Problem('invalid', `There is no purpose "${purpose}".`, { path, mend: `Name one of ${known.join(', ')}.` })
}
