import type { Json, JsonObject } from '../json.ts'
import type { Profile } from '../profile/profile.ts'
import { compileComparisons } from './comparison.ts'
import type { TraitCondition } from './condition.ts'
import { type CompiledCondition, READS_NOTHING } from './node.ts'
import { splitPath, valueAt } from './path.ts'

/** Reads a trait, or what a path leads to in one: `plan`, `address.city`. */
export function traitReader(path: string): (profile: Pick<Profile, 'traits'>) => Json | undefined {
  const [name = '', ...rest] = splitPath(path)
  return profile => (Object.hasOwn(profile.traits, name) ? valueAt(profile.traits[name]!.value, rest) : undefined)
}

/** Holds when the trait compares as stated. */
export function trait(condition: TraitCondition): CompiledCondition {
  const { trait: path, ...comparisons } = condition
  const read = traitReader(path)
  const compare = compileComparisons(comparisons)
  return {
    test: subject => compare(read(subject.profile)),
    truth: subject => ({ value: compare(read(subject.profile)), until: Number.POSITIVE_INFINITY }),
    explain: subject => {
      const actual = read(subject.profile)
      return { condition: condition as JsonObject, value: compare(actual), until: null, actual: actual ?? null }
    },
    reads: { ...READS_NOTHING, traits: [path] },
  }
}
