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
  table: Pick<Table, 'columns' | 'sample' | 'format'>,
  kind: Kind | undefined,
  path: string,
  now: number,
): Importer {
  if (table.columns.every(name => name === '')) throw withoutColumns(table.format, path)
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
  if (table.columns[0]!.startsWith('#')) {
    throw new UsageError(
      `${path} begins with a comment, not with the names of its columns: ${shown(table.columns)}`,
      'Delete the lines above the names. A report of sums, such as one of an exploration in GA4, holds no events to import',
    )
  }
  throw new UsageError(
    `${path} is not an export this command recognises, and as plain ${kind ?? 'events'} it needs the columns ${NEEDED[kind ?? 'events']}; it has ${shown(table.columns)}`,
    `Describe it with --mapping FILE, say what it is with --kind, or use one of the mappings ${shippedNames().join(', ')}`,
  )
}

/** Names of everything that is recognised, for help. */
export function recognised(): string[] {
  return [...FORMATS.map(format => format.name), ...shippedNames()].sort()
}

function withoutColumns(format: Table['format'], path: string): UsageError {
  if (format === 'csv') {
    return new UsageError(`${path} is empty`, 'Export it again; its first line holds the names of its columns')
  }
  return new UsageError(
    `${path} holds no JSON object that stands on a line of its own`,
    'Write one object a line: `jq -c . FILE`, or `jq -c ".results[]" FILE` where they are a list in one object',
  )
}

const MOST_SHOWN = 12
const LONGEST_SHOWN = 60

function shown(columns: readonly string[]): string {
  const names = columns
    .slice(0, MOST_SHOWN)
    .map(name => (name.length > LONGEST_SHOWN ? `${name.slice(0, LONGEST_SHOWN)}…` : name))
    .join(', ')
  return columns.length > MOST_SHOWN ? `${names} and ${columns.length - MOST_SHOWN} more` : names
}
