import { asGuessed, cellOf } from '../mapping/cells.ts'
import { type Mapping, parseMapping } from '../mapping/mapping.ts'
import type { Cells } from '../source/rows.ts'

/** What `--kind` may say of a file without a mapping. */
export const KINDS = ['events', 'decisions', 'items', 'traits', 'rates'] as const
export type Kind = (typeof KINDS)[number]

/** Names under which a plain file may have each field, in order of preference. */
const ALIASES: Record<string, readonly string[]> = {
  userId: ['userId', 'user_id', 'customerId', 'customer_id', 'distinct_id'],
  anonymousId: ['anonymousId', 'anonymous_id', 'visitor_id', 'visitorId', 'device_id'],
  event: ['event', 'event_name', 'eventName', 'action', 'activity'],
  time: ['timestamp', 'time', 'occurred_at', 'event_time', 'datetime', 'created_at', 'date'],
  messageId: ['messageId', 'message_id', 'event_id'],
}

/**
 * A mapping for a file whose columns have the API's own names (or common ones); every other column is a property, a trait, or
 * a field of the item, and so is each field of a column `properties`, `traits` or `context` that holds objects, as the API takes them.
 * Undefined when the columns do not say enough.
 */
export function plainMapping(
  kind: Kind,
  columns: ReadonlySet<string>,
  now: number,
  sample: readonly Cells[] = [],
): Mapping | undefined {
  const find = (field: string) => ALIASES[field]?.find(name => columns.has(name))
  const who = {
    ...(find('userId') ? { userId: { $id: find('userId') } } : {}),
    ...(find('anonymousId') ? { anonymousId: { $id: find('anonymousId') } } : {}),
    ...(find('messageId') ? { messageId: `{${find('messageId')}}` } : {}),
  }
  const time = find('time')
  const spread = (column: string) => (columns.has(column) && holdsObjects(column, sample) ? { $spread: column } : {})
  const body = {
    properties: { $rest: true, ...spread('properties') },
    ...('$spread' in spread('context') && { context: spread('context') }),
  }
  const rule = ruleOf(kind)
  return rule ? parseMapping({ rules: [rule] }, `plain ${kind}`, now) : undefined

  function ruleOf(of: Kind): unknown {
    const known = 'userId' in who || 'anonymousId' in who
    const has = (...names: string[]) => names.every(name => columns.has(name))
    switch (of) {
      case 'events':
        return known && time && find('event')
          ? { type: 'track', event: `{${find('event')}}`, time: { column: time }, ...who, ...body }
          : undefined
      case 'traits':
        return known
          ? {
              type: 'identify',
              time: time ? { column: time, otherwise: 'now' } : { columns: ['timestamp'], otherwise: 'now' },
              ...who,
              traits: { $rest: true, ...spread('traits') },
            }
          : undefined
      case 'decisions':
        return known && time && has('touchpoint', 'experience', 'propensity')
          ? {
              type: 'decision',
              ...who,
              time: { column: time },
              touchpoint: '{touchpoint}',
              experience: '{experience}',
              variant: '{variant}',
              ...(has('control') ? { control: { $boolean: 'control' } } : {}),
              propensity: { $number: 'propensity' },
              ...(has('exposed') ? { exposed: { $boolean: 'exposed' } } : {}),
              context: { $rest: true, ...spread('context') },
            }
          : undefined
      case 'items':
        return has('id') ? { type: 'item', id: '{id}', fields: { ...itemFields(columns), $rest: true } } : undefined
      case 'rates':
        return has('day', 'currency', 'base', 'rate')
          ? { type: 'rate', day: '{day}', currency: '{currency}', base: '{base}', rate: { $number: 'rate' } }
          : undefined
    }
  }
}

/** Do cells of the column hold objects, as JSON text too, as far as anything is in them? */
function holdsObjects(column: string, sample: readonly Cells[]): boolean {
  const cells = sample.map(row => cellOf(row, column)).filter(cell => cell !== undefined)
  const objects = cells.map(asGuessed).filter(cell => typeof cell === 'object' && cell !== null && !Array.isArray(cell))
  return objects.length > 0 && objects.length * 2 > cells.length
}

/** Fields of an item that the catalog takes as text or as a list, whatever they look like in a cell. */
function itemFields(columns: ReadonlySet<string>): Record<string, unknown> {
  const texts = ['title', 'description', 'image', 'url', 'brand', 'currency'].filter(name => columns.has(name))
  return {
    ...Object.fromEntries(texts.map(name => [name, { $text: name }])),
    ...(columns.has('categories') ? { categories: { $split: 'categories', by: '|' } } : {}),
  }
}

/** What a plain file of a kind must have, for the error when it has not. */
export const NEEDED: Record<Kind, string> = {
  events: 'event, timestamp, and userId or anonymousId',
  traits: 'userId or anonymousId',
  decisions: 'touchpoint, experience, variant, propensity, timestamp, and userId or anonymousId',
  items: 'id',
  rates: 'day, currency, base and rate',
}
