import type { Json, JsonObject } from '@espalier/core'
import type { Importer, Item, ItemType, Made } from '../importer.ts'
import { asText, cellOf } from '../mapping/cells.ts'
import { timeReader } from '../mapping/time.ts'
import type { Cells } from '../source/rows.ts'

/** An export of another product, told by its columns. */
export interface KnownFormat {
  readonly name: string
  readonly description: string
  recognises(columns: ReadonlySet<string>, sample: readonly Cells[]): boolean
  readonly importer: Importer
}

/** A format in which each row is at most one event. Raise `revision` when what is made of a row changes (R3). */
export function eventFormat(
  name: string,
  description: string,
  revision: number,
  recognises: KnownFormat['recognises'],
  event: (cells: Cells, row: number) => Item | undefined,
): KnownFormat {
  return {
    name,
    description,
    recognises,
    importer: {
      name,
      target: 'stream',
      outputs: 1,
      meaning: `${name} ${revision}`,
      map(cells, row): Made[] {
        const item = event(cells, row)
        return item ? [{ output: 0, item }] : []
      },
      join() {
        throw new Error(`${name} groups no rows`)
      },
    },
  }
}

export function eventItem(type: ItemType, at: number, body: JsonObject): Item {
  const kept = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== ''))
  return { type, at, body: { ...(kept as JsonObject), timestamp: new Date(at).toISOString() } }
}

export function hasAll(columns: ReadonlySet<string>, ...names: string[]): boolean {
  return names.every(name => columns.has(name))
}

/** One broken row among the first does not make another format of the file: it is refused by itself. */
export function most(sample: readonly Cells[], is: (cells: Cells) => boolean): boolean {
  return sample.filter(is).length * 2 > sample.length
}

export const readTime = timeReader('auto', 'UTC')

export function text(cells: Cells, ...columns: string[]): string | undefined {
  for (const column of columns) {
    const value = asText(cellOf(cells, column))
    if (value !== undefined) return value
  }
  return undefined
}

/** A cell that holds an object, also as JSON text; {} where it does not. */
export function object(cell: Json | undefined): JsonObject {
  const value = parsed(cell)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

export function array(cell: Json | undefined): Json[] {
  const value = parsed(cell)
  return Array.isArray(value) ? value : []
}

function parsed(cell: Json | undefined): Json | undefined {
  if (typeof cell !== 'string' || !/^\s*[[{]/.test(cell)) return cell
  try {
    return JSON.parse(cell) as Json
  } catch {
    return undefined
  }
}
