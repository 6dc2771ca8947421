import type { Json, JsonObject } from '../json.ts'
import type { Path } from '../problem/problem.ts'
import type { PersonalFields, PersonalRoot } from './personal.ts'

/** What a condition calls a value, and where that value stands. Preferences are properties of the event that states them. */
const NAMED: ReadonlyMap<string, PersonalRoot> = new Map([
  ['trait', 'traits'],
  ['context', 'context'],
  ['preference', 'properties'],
])

/** What an aggregate is made of: a property of events. */
const MADE_OF = ['sum', 'average', 'min', 'max', 'distinct', 'list', 'mostFrequent', 'first', 'last'] as const

/**
 * Where a condition, or a part of one, looks at what is personal first: whoever may ask it, and hear for how many it holds, can
 * find out the value. Segments it names were published by somebody who may. `computed`: the computed traits by name.
 */
export function personalPlace(
  condition: Json | undefined,
  fields: PersonalFields,
  computed: ReadonlyMap<string, object> = new Map(),
): Path | undefined {
  return placeIn(condition, { fields, computed, told: 'properties' })
}

/** What a condition is looked through with. `told`: what the properties are of the event it names. */
interface Looking {
  readonly fields: PersonalFields
  readonly computed: ReadonlyMap<string, object>
  readonly told: 'traits' | 'properties'
}

function placeIn(condition: Json | undefined, looking: Looking): Path | undefined {
  if (typeof condition !== 'object' || condition === null) return undefined
  if (Array.isArray(condition)) return firstOf(condition.entries(), part => placeIn(part, looking))
  const { fields, computed, told } = { ...looking, told: toldBy(condition) ?? looking.told }
  return firstOf(Object.entries(condition), (part, name) => {
    const root = name === 'property' ? told : NAMED.get(name)
    if (typeof part === 'string' && root !== undefined) return isPersonal(part, root, fields) ? [] : undefined
    if (typeof part === 'string' && name === 'computed') {
      return looksInto(computed.get(part) as Json | undefined, looking) === undefined ? undefined : []
    }
    const made = name === 'value' ? looksInto(part, looking) : undefined
    return made ?? placeIn(part, { fields, computed, told })
  })
}

/** How a condition or an aggregate names the event it looks at. */
const EVENTS = ['did', 'of', 'count', 'not'] as const

/** An identify tells traits, all others properties. Undefined where no event is named. */
function toldBy(condition: JsonObject): Looking['told'] | undefined {
  const event = EVENTS.map(name => condition[name]).find(named => typeof named === 'string')
  if (event === undefined) return undefined
  return event === 'identify' ? 'traits' : 'properties'
}

/** Of an aggregate. */
function looksInto(aggregate: Json | undefined, looking: Looking): Path | undefined {
  if (typeof aggregate !== 'object' || aggregate === null || Array.isArray(aggregate)) return undefined
  const told = toldBy(aggregate) ?? 'properties'
  const by = MADE_OF.find(name => {
    const property = aggregate[name]
    return typeof property === 'string' && isPersonal(property, told, looking.fields)
  })
  return by === undefined ? placeIn(aggregate, looking) : [by]
}

/** A path leads to what is personal where anything on its way is. */
function isPersonal(path: string, root: PersonalRoot, fields: PersonalFields): boolean {
  const steps = path.split('.')
  return steps.some((_, i) => fields.isPersonal(root, steps.slice(0, i + 1)))
}

function firstOf<K extends string | number>(
  parts: Iterable<[K, Json]>,
  look: (part: Json, name: K) => Path | undefined,
): Path | undefined {
  for (const [name, part] of parts) {
    const found = look(part, name)
    if (found !== undefined) return [name, ...found]
  }
  return undefined
}
