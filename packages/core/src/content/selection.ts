import { splitPath, valueAt } from '../filter/path.ts'
import { compileProperties } from '../filter/property.ts'
import type { Json, JsonObject } from '../json.ts'
import { traitReader } from '../segment/conditions/trait.ts'
import { asShown } from './asShown.ts'
import { type ListDirective, MAX_LISTED, type RecentDirective } from './directives.ts'
import { ContentError } from './fault.ts'
import type { Compiling, Part } from './part.ts'
import { recentItems } from './recentItems.ts'
import type { World } from './world.ts'

type Selection = Omit<RecentDirective, 'events'>

/** A list of items of which the ids are found by `ids`: those left after filtering, in the order of preference. */
export function selected(
  selection: Selection,
  { wants, part }: Compiling,
  ids: (world: World) => readonly string[],
  order: ListDirective['order'],
): Part {
  const { where = [], inStock = true, without, prefer = [], limit = MAX_LISTED, atLeast = 0 } = selection
  if (without !== undefined) wants.recents.push({ events: without })
  const matches = compileProperties(where)
  const preferences = prefer.map(preferenceOf)
  const otherwise = selection.else === undefined ? undefined : part(selection.else as Json)
  return (world, gathered) => {
    const { recent, subject } = world
    const left = without && new Set(recentItems(recent, without, subject.now, Number.POSITIVE_INFINITY))
    let items: JsonObject[] = []
    for (const id of ids(world)) {
      const item = left?.has(id) === true ? undefined : world.items(id)
      if (item !== undefined && matches(item) && !(inStock && item.stock === 0)) items.push(item)
    }
    if (order !== undefined) items = ordered(items, order)
    if (preferences.length > 0) items = preferred(items, preferences, world)
    if (items.length < atLeast) {
      if (otherwise !== undefined) return otherwise(world, gathered)
      throw new ContentError('too-few-items', `${items.length} items are left and ${atLeast} are needed`)
    }
    const shown = items.slice(0, limit).map(asShown)
    for (const item of shown) gathered.shown.add(item)
    return shown
  }
}

function ordered(items: readonly JsonObject[], { by, direction = 'up' }: NonNullable<ListDirective['order']>) {
  const steps = splitPath(by)
  const sign = direction === 'up' ? 1 : -1
  const keyed = items.map(item => ({ item, key: valueAt(item, steps) }))
  return keyed.sort((a, b) => compare(a.key, b.key, sign)).map(({ item }) => item)
}

/** Numbers before texts before all else, which has no order; what is missing comes last either way. */
function compare(a: Json | undefined, b: Json | undefined, sign: number): number {
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b)
  if (typeof a === 'string' && typeof b === 'string') return sign * (a < b ? -1 : a > b ? 1 : 0)
  return kind(a) - kind(b)
}

function kind(value: Json | undefined): number {
  return typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : 2
}

interface Preference {
  readonly steps: readonly string[]
  readonly wanted: (world: World) => Json | undefined
}

function preferenceOf({ attribute, trait }: NonNullable<Selection['prefer']>[number]): Preference {
  const read = traitReader(trait)
  return { steps: splitPath(attribute), wanted: ({ subject }) => read(subject.profile) }
}

/** Items that fulfil an earlier preference come before those that fulfil a later one; equals stay in their order. */
function preferred(items: readonly JsonObject[], preferences: readonly Preference[], world: World): JsonObject[] {
  const wanted = preferences.map(({ wanted }) => wanted(world))
  const rank = (item: JsonObject) => {
    const first = preferences.findIndex(({ steps }, i) => shares(valueAt(item, steps), wanted[i]))
    return first === -1 ? preferences.length : first
  }
  return items
    .map(item => ({ item, rank: rank(item) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}

/** Whether two values, each one or a list, have one in common. */
function shares(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return false
  const others = Array.isArray(b) ? b : [b]
  return (Array.isArray(a) ? a : [a]).some(value => typeof value !== 'object' && others.includes(value))
}
