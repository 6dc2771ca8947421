import type { Json, JsonObject } from '../json.ts'
import { TemplateError } from '../template/error.ts'
import { isTemplate } from '../template/text.ts'
import { asShown } from './asShown.ts'
import { blocks } from './blocks.ts'
import { type Block, type DirectiveName, directiveOf, type ListDirective, type RecentDirective } from './directives.ts'
import { ContentError, type Fault, noPrice } from './fault.ts'
import { type Compiling, type ContentLanguage, constant, type Part, type Wants } from './part.ts'
import { recentItems, VIEWED } from './recentItems.ts'
import { selected } from './selection.ts'
import { text } from './text.ts'
import type { World } from './world.ts'

export interface Filled {
  /** Shared between answers: read it, never change it. With a fault, null. */
  readonly content: Json
  /** Items the catalog lacks; null stands in their place. */
  readonly missing: readonly string[]
  /** Of what was made, the catalog items, as the catalog gave them. */
  readonly shown: ReadonlySet<unknown>
  /** Why it could not be made. */
  readonly fault?: Fault
}

/** Content made ready to be filled for a person. */
export interface Content {
  /** Catalog items it refers to, without repetition. */
  readonly items: readonly string[]
  /** Recent histories it shows items of. */
  readonly recents: Wants['recents']
  /** Items it shows prices of. */
  readonly prices: readonly string[]
  /** It shows the offer. */
  readonly offer: boolean
  /** The conditions in it. */
  readonly conditions: Wants['conditions']
  /** Whether what is made of it fits the touchpoint is only known once it is made: it has texts, lists or blocks. */
  readonly moves: boolean
  readonly fill: (world: World) => Filled
  /** What `fill` gives, where that is the same for everybody. */
  readonly constant: Filled | undefined
}

const NOTHING_SHOWN: ReadonlySet<unknown> = new Set()

/** Content that has passed `contentProblems`. */
export function compileContent(content: Json, language: ContentLanguage): Content {
  const wants: Wants = { items: new Set(), recents: [], prices: new Set(), conditions: [], offer: false }
  const compiling: Compiling = { ...language, wants, part: part => partOf(part, compiling) }
  const dynamic = isDynamic(content)
  const about = {
    items: [] as readonly string[],
    recents: wants.recents,
    prices: [] as readonly string[],
    conditions: wants.conditions,
    offer: false,
    moves: false,
  }
  if (!dynamic) {
    const constant: Filled = { content, missing: [], shown: NOTHING_SHOWN }
    return { ...about, fill: () => constant, constant }
  }
  const part = compiling.part(content)
  const fill = (world: World): Filled => {
    const gathered = {
      missing: new Set<string>(),
      shown: new Set<unknown>(),
      unpriced: new Set<string>(),
      markup: new Set<string>(),
    }
    try {
      const made = part(world, gathered)
      return { content: made, missing: [...gathered.missing], shown: gathered.shown }
    } catch (error) {
      return { content: null, missing: [...gathered.missing], shown: NOTHING_SHOWN, fault: faultOf(error) }
    }
  }
  return {
    ...about,
    items: [...wants.items],
    prices: [...wants.prices],
    offer: wants.offer,
    moves: moves(content),
    fill,
    constant: undefined,
  }
}

function faultOf(error: unknown): Fault {
  if (error instanceof ContentError) return { code: error.code, message: error.message }
  if (error instanceof TemplateError) return { code: 'template-error', message: error.message }
  throw error
}

function partOf(content: Json, compiling: Compiling): Part {
  if (typeof content === 'string') return isTemplate(content) ? text(content, {}, compiling) : constant(content)
  if (typeof content !== 'object' || content === null || !isDynamic(content)) return constant(content)
  if (Array.isArray(content)) {
    const parts = content.map(part => partOf(part, compiling))
    return (world, gathered) => parts.map(part => part(world, gathered))
  }
  const directive = directiveOf(content)
  if (directive !== undefined) return PARTS[directive](content, compiling)
  const parts = Object.entries(content).map(([name, part]) => ({ name, part: partOf(part, compiling) }))
  return (world, gathered) => Object.fromEntries(parts.map(({ name, part }) => [name, part(world, gathered)]))
}

const PARTS: Readonly<Record<DirectiveName, (content: JsonObject, compiling: Compiling) => Part>> = {
  $item({ $item }, { wants }) {
    const id = $item as string
    wants.items.add(id)
    return ({ items }, { missing, shown }) => {
      const item = items(id)
      if (item === undefined) {
        missing.add(id)
        return null
      }
      const seen = asShown(item)
      shown.add(seen)
      return seen
    }
  },
  $text: ({ $text, with: given = {} }, compiling) => text($text as string, given as JsonObject, compiling),
  $blocks: ({ $blocks }, compiling) => blocks($blocks as unknown as readonly Block[], compiling),
  $list({ $list }, compiling) {
    const { items, order, ...selection } = $list as unknown as ListDirective
    for (const id of items) compiling.wants.items.add(id)
    return selected(selection, compiling, () => items, order)
  },
  $recent({ $recent }, compiling) {
    const { events = [...VIEWED], ...selection } = $recent as unknown as RecentDirective
    compiling.wants.recents.push({ events })
    return selected(selection, compiling, ({ recent, subject }) => recentItems(recent, events, subject.now), undefined)
  },
  $price({ $price }, { wants }) {
    const id = $price as string
    wants.items.add(id)
    wants.prices.add(id)
    return world => {
      const shown = world.price(id)
      if (shown !== undefined) return shown
      throw noPrice(id, world)
    }
  },
  $offer(_, { wants }) {
    wants.offer = true
    return ({ offer }) => offer ?? null
  },
}

function isDynamic(content: Json): boolean {
  if (typeof content === 'string') return isTemplate(content)
  if (typeof content !== 'object' || content === null) return false
  if (!Array.isArray(content) && directiveOf(content) !== undefined) return true
  return Object.values(content).some(isDynamic)
}

/** Dynamic by more than items in their places. */
function moves(content: Json): boolean {
  if (typeof content === 'string') return isTemplate(content)
  if (typeof content !== 'object' || content === null) return false
  const directive = Array.isArray(content) ? undefined : directiveOf(content)
  return directive === undefined ? Object.values(content).some(moves) : directive !== '$item'
}
