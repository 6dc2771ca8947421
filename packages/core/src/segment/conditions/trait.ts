import { compileComparison } from '../../filter/comparison.ts'
import { splitPath, valueAt } from '../../filter/path.ts'
import type { Json, JsonObject } from '../../json.ts'
import type { Profile } from '../../profile/profile.ts'
import type { TraitCondition } from '../condition.ts'
import { compared } from '../leaf.ts'
import { type CompiledCondition, READS_NOTHING, TOUCHED_BY_NOTHING } from '../node.ts'

/** Reads a trait, or what a path leads to in one: `plan`, `address.city`. */
export function traitReader(path: string): (profile: Pick<Profile, 'traits'>) => Json | undefined {
  const [name = '', ...rest] = splitPath(path)
  const [isWhole, isInherited] = [rest.length === 0, name in Object.prototype]
  return ({ traits }) => {
    const trait = isInherited && !Object.hasOwn(traits, name) ? undefined : traits[name]
    if (trait === undefined) return undefined
    return isWhole ? (trait.value ?? undefined) : valueAt(trait.value, rest)
  }
}

/** Holds when the trait compares as stated. */
export function trait(condition: TraitCondition): CompiledCondition {
  const { trait: path, ...comparisons } = condition
  const read = traitReader(path)
  return compared({
    condition: condition as JsonObject,
    read: ({ profile }) => read(profile),
    comparison: compileComparison(comparisons),
    reads: { ...READS_NOTHING, traits: [path] },
    touched: { ...TOUCHED_BY_NOTHING, traits: [splitPath(path)[0]!] },
  })
}
