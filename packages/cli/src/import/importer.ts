import type { Json, JsonObject } from '@espalier/core'
import type { Cells } from './source/rows.ts'

/** What an item is sent as: events and decisions to the stream, items to the catalog, rates to the warehouse. */
export type Target = 'stream' | 'catalog' | 'rates'

export type ItemType = 'track' | 'identify' | 'page' | 'screen' | 'group' | 'alias' | 'decision' | 'item' | 'rate'

/** One thing to send. `body` is as the HTTP API takes it; the row's number is added when it is sent. */
export interface Item {
  readonly type: ItemType
  /** When it happened, epoch milliseconds; 0 for catalog items and rates, which have no order. */
  readonly at: number
  readonly body: JsonObject
}

/** What a row became: whole items, parts of items that several rows make together, and why one of several cannot be made of it. */
export type Made =
  | { readonly output: number; readonly item: Item }
  | { readonly output: number; readonly group: string; readonly part: Cells }
  | { readonly output: number; readonly problem: string }

/** Turns the rows of one kind of file into items. Pure: the same row gives the same items. */
export interface Importer {
  readonly name: string
  readonly target: Target
  /** The most items a row begins: the server knows them as row x outputs + output, for ever (R3). */
  readonly outputs: number
  /** All that decides what is made of a row, as text: part of the import's identity beside what the file holds. */
  readonly meaning: string
  /** Columns that it reads by name, where a mapping states them. */
  readonly reads?: readonly string[]
  /** Throws `RowProblem` where nothing at all can be made of the row. */
  map(cells: Cells, row: number): Made[]
  /** The item of a group, from its parts in order of rows. Throws `RowProblem`. */
  join(output: number, parts: readonly Cells[], row: number): Item
}

/** Adds a field where there is a value. */
export function put(target: JsonObject, name: string, value: Json | undefined): void {
  if (value !== undefined && value !== null && value !== '') target[name] = value
}
