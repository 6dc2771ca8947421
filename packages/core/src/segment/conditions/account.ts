import { compileComparison } from '../../filter/comparison.ts'
import type { JsonObject } from '../../json.ts'
import type { AccountCondition } from '../condition.ts'
import { leaf } from '../leaf.ts'
import { type CompiledCondition, READS_NOTHING, TOUCHED_BY_NOTHING } from '../node.ts'
import type { Subject } from '../subject.ts'
import { traitReader } from './trait.ts'

/** What tells conditions on anyone of an account apart: their text. */
export function anyoneKey(condition: { anyone: unknown }): string {
  return JSON.stringify(condition.anyone)
}

/**
 * Holds when one of the person's accounts has the trait so, or somebody who belongs to it fulfils the condition. That is kept
 * with the account, which knows until when: nobody's profile is looked at.
 */
export function account(condition: AccountCondition, anyone: CompiledCondition | undefined): CompiledCondition {
  const { account: asked } = condition
  const touched = { ...TOUCHED_BY_NOTHING, facets: ['accounts'] as const }
  if ('anyone' in asked) {
    const key = anyoneKey(asked)
    const untils = ({ accounts = [] }: Subject) => accounts.flatMap(({ holding }) => holding[key] ?? [])
    const test = (subject: Subject) => untils(subject).some(until => until > subject.now)
    return leaf({
      condition: condition as unknown as JsonObject,
      test,
      changes: subject =>
        untils(subject)
          .filter(until => until > subject.now && Number.isFinite(until))
          .sort((a, b) => a - b),
      reads: { ...READS_NOTHING, facts: [{ name: `account:${key}`, read: test }] },
      needs: anyone?.needs ?? [],
      touched,
      anyone: anyone === undefined ? [] : [{ key, condition: asked.anyone, compiled: anyone }],
    })
  }
  const { trait: path, ...comparisons } = asked
  const read = traitReader(path)
  const comparison = compileComparison(comparisons)
  const test = ({ accounts = [], now }: Subject) => accounts.some(one => comparison.test(read(one), now))
  return leaf({
    condition: condition as unknown as JsonObject,
    test,
    changes: ({ accounts = [], now }) =>
      accounts
        .map(one => comparison.until(read(one), now))
        .filter(Number.isFinite)
        .sort((a, b) => a - b),
    actual: ({ accounts = [] }) => ({ actual: accounts.map(one => read(one) ?? null) }),
    reads: {
      ...READS_NOTHING,
      facts: [{ name: `account:${path}`, read: ({ accounts = [] }) => accounts.map(one => read(one) ?? null) }],
    },
    touched,
  })
}
