import { splitPath, valueAt } from '../filter/path.ts'
import type { Json, JsonObject } from '../json.ts'
import { traitReader } from '../segment/conditions/trait.ts'
import { compileText, type Named } from '../template/text.ts'
import { asShown } from './asShown.ts'
import { noPrice } from './fault.ts'
import type { Compiling, Gathered, Part } from './part.ts'
import { recentItems, VIEWED } from './recentItems.ts'
import type { World } from './world.ts'

/** What texts may name, and what each is. */
export const VARIABLES: Readonly<Record<string, string>> = {
  person: 'a trait of the person, such as person.firstName',
  context: 'what the caller sent, such as context.page.title',
  items: 'a catalog item by its id, such as items["sku-1"].title',
  recent: 'the items recently viewed, newest first',
  offer: 'the offer, such as offer.code and offer.expires',
  prices: 'what an item costs the person, such as prices["sku-1"].price',
  now: 'the time, for the filter date',
}

type Variable = (world: World, gathered: Gathered) => unknown

/** A text with Liquid in it; `given` are contents it may name besides. */
export function text(source: string, given: Readonly<Record<string, Json>>, compiling: Compiling): Part {
  const template = compileText(source, compiling.format)
  const variables = new Map<string, Variable>()
  for (const { path } of template.names) {
    const name = String(path[0])
    if (variables.has(name)) continue
    const own = Object.hasOwn(given, name)
    const variable = own ? compiling.part(given[name]!) : variableOf(name, pathsOf(name, template.names), compiling)
    if (variable !== undefined) variables.set(name, variable)
  }
  return (world, gathered) => {
    const scope: Record<string, unknown> = {}
    for (const [name, variable] of variables) scope[name] = variable(world, gathered)
    const shown = template.render(scope, world.zone, gathered.markup)
    if (!template.isRaw) gathered.markup.add(shown)
    for (const id of gathered.unpriced) throw noPrice(id, world)
    return shown
  }
}

function pathsOf(name: string, names: readonly Named[]): Named['path'][] {
  return names.filter(({ path }) => path[0] === name).map(({ path }) => path)
}

/** Only what the text names is given to it: nothing else of the person can be in what is shown (R13). */
function variableOf(name: string, paths: readonly Named['path'][], { wants }: Compiling): Variable | undefined {
  const seconds = [...new Set(paths.map(path => path[1]))].filter(step => step !== undefined).map(String)
  switch (name) {
    case 'person': {
      const traits = seconds.map(trait => ({ trait, read: traitReader(trait) }))
      return ({ subject }) => fromEntries(traits.map(({ trait, read }) => [trait, read(subject.profile)]))
    }
    case 'context': {
      const steps = seconds.map(step => ({ step, path: splitPath(step) }))
      return ({ subject }) => fromEntries(steps.map(({ step, path }) => [step, valueAt(subject.context, path)]))
    }
    case 'items': {
      for (const id of seconds) wants.items.add(id)
      // What an item costs the business is shown where a text names just that, and not with the rest of the item.
      const named = new Set(paths.flatMap(([, id, attribute]) => (attribute === 'cost' ? [String(id)] : [])))
      return ({ items }, gathered) =>
        fromEntries(
          seconds.map(id => {
            const item = items(id)
            if (item === undefined) gathered.missing.add(id)
            return [id, item === undefined || named.has(id) ? item : asShown(item)]
          }),
        )
    }
    case 'recent':
      wants.recents.push({ events: [...VIEWED] })
      return ({ recent, items, subject }) =>
        recentItems(recent, VIEWED, subject.now).flatMap(id => {
          const item = items(id)
          return item === undefined || item.stock === 0 ? [] : [asShown(item)]
        })
    case 'offer':
      wants.offer = true
      return ({ offer }) => offer
    case 'prices':
      for (const id of seconds) {
        wants.items.add(id)
        wants.prices.add(id)
      }
      return (world, gathered) => pricesOf(seconds, world, gathered)
    case 'now':
      return ({ subject }) => subject.now
    default:
      return undefined
  }
}

/** Each is made when the text comes to it: only what is shown to somebody is told them. */
function pricesOf(ids: readonly string[], world: World, { unpriced }: Gathered): JsonObject {
  const prices = Object.create(null) as JsonObject
  for (const id of ids) {
    const get = () => {
      const price = world.price(id)
      if (price === undefined) unpriced.add(id)
      return price
    }
    Object.defineProperty(prices, id, { get, enumerable: true })
  }
  return prices
}

/** An object without a prototype: `__proto__` in a text leads nowhere. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): JsonObject {
  const object = Object.create(null) as Record<string, unknown>
  for (const [name, value] of entries) if (value !== undefined) object[name] = value
  return object as JsonObject
}
