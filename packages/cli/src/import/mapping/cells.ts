import type { Json } from '@espalier/core'
import type { Cells } from '../source/rows.ts'

/** Text of nothing but blanks is no value, above all not 0. */
export const isBlank = (value: Json): boolean => typeof value === 'string' && value.trim() === ''

/** The cell of a column: by its name, else as a path into nested JSON (`person.email`). Empty or blank text counts as no cell. */
export function cellOf(cells: Cells, column: string): Json | undefined {
  const direct = Object.hasOwn(cells, column) ? cells[column] : column.includes('.') ? at(cells, column) : undefined
  return direct === undefined || direct === null || isBlank(direct) ? undefined : direct
}

function at(cells: Cells, path: string): Json | undefined {
  let value: Json | undefined = cells as { [key: string]: Json }
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined
    value = value[name]
  }
  return value
}

export function asText(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value).trim()
  return text === '' ? undefined : text
}

/** What a text cell most likely was before it became text: a number written plainly, true or false, a JSON list or object. */
export function asGuessed(value: Json): Json {
  if (typeof value !== 'string') return value
  const text = value.trim()
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?(0|[1-9]\d{0,14})(\.\d{1,10})?$/.test(text)) return Number(text)
  if (/^[[{]/.test(text)) {
    try {
      return JSON.parse(text) as Json
    } catch {
      return value
    }
  }
  return value
}
