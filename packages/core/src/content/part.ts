import type { Json } from '../json.ts'
import type { Condition } from '../segment/condition.ts'
import type { CompiledCondition } from '../segment/node.ts'
import type { TextFormat } from '../template/engine.ts'
import type { RecentDirective } from './directives.ts'
import type { World } from './world.ts'

/** Makes a piece of content for one person. Throws `ContentError` and `TemplateError`. */
export type Part = (world: World, gathered: Gathered) => Json

/** What is learnt while content is made. */
export interface Gathered {
  /** Items that the catalog lacks; null stands in their place. */
  readonly missing: Set<string>
  /** Items that were put into the content, as the catalog gave them. */
  readonly shown: Set<unknown>
  /** Items of which a text shows the price, and which have none. */
  readonly unpriced: Set<string>
  /** Texts that have been made already, and are not escaped once more within another. */
  readonly markup: Set<string>
}

/** What content needs to know beforehand: gathered while it is compiled. */
export interface Wants {
  /** Catalog items it refers to. */
  readonly items: Set<string>
  /** Recent histories it shows items of. */
  readonly recents: Pick<RecentDirective, 'events'>[]
  /** Items that it shows prices of. */
  readonly prices: Set<string>
  readonly conditions: CompiledCondition[]
  /** It shows the offer. */
  offer: boolean
}

/** What it takes to compile content. */
export interface ContentLanguage {
  readonly format: TextFormat
  readonly condition: (condition: Condition) => CompiledCondition
}

export interface Compiling extends ContentLanguage {
  readonly wants: Wants
  /** Compiles what is within. */
  readonly part: (content: Json) => Part
}

export function constant(content: Json): Part {
  return () => content
}
