import { UsageError } from '../../errors.ts'
import type { Importer } from '../importer.ts'
import { shippedMappings, shippedNames } from '../mapping/shipped.ts'
import type { Table } from '../source/rows.ts'
import type { KnownFormat } from './format.ts'
import { ga4 } from './ga4.ts'
import { klaviyoEvents } from './klaviyo.ts'
import { type Kind, NEEDED, plainMapping } from './plain.ts'
import { posthog, posthogTable } from './posthog.ts'
import { segment, segmentWarehouse } from './segment.ts'

/** In order: the first that recognises a file reads it. */
const FORMATS: readonly KnownFormat[] = [segment, segmentWarehouse, ga4, posthogTable, posthog, klaviyoEvents]

/**
 * The importer for a file without `--mapping`: an export that is recognised by its columns, or a plain file of the kind. A
 * stated kind other than events is always plain, unless a shipped mapping knows the file.
 */
export function recognise(
  table: Pick<Table, 'columns' | 'sample'>,
  kind: Kind | undefined,
  path: string,
  now: number,
): Importer {
  const columns = new Set(table.columns)
  if (kind === undefined || kind === 'events') {
    const format = FORMATS.find(known => known.recognises(columns, table.sample))
    if (format) return format.importer
  }
  const target = kind === undefined ? undefined : kind === 'items' ? 'catalog' : kind === 'rates' ? 'rates' : 'stream'
  const mapping = shippedMappings(now)
    .filter(known => target === undefined || known.target === target)
    .find(known => known.recognise.length > 0 && known.recognise.every(name => columns.has(name)))
  if (mapping) return mapping
  const plain = plainMapping(kind ?? 'events', columns, now, table.sample)
  if (plain) return plain
  throw new UsageError(
    `${path} is not an export this command recognises, and as plain ${kind ?? 'events'} it needs the columns ${NEEDED[kind ?? 'events']}; it has ${shown(table.columns)}`,
    `Describe it with --mapping FILE, say what it is with --kind, or use one of the mappings ${shippedNames().join(', ')}`,
  )
}

/** Names of everything that is recognised, for help. */
export function recognised(): string[] {
  return [...FORMATS.map(format => format.name), ...shippedNames()].sort()
}

function shown(columns: readonly string[]): string {
  if (columns.length === 0) return 'none'
  return columns.length > 12 ? `${columns.slice(0, 12).join(', ')} and ${columns.length - 12} more` : columns.join(', ')
}
