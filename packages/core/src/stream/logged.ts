import type { Event } from '../event/event.ts'
import type { EventRow } from './rows.ts'

/** What the log keeps of an event, under the names of its columns. */
export type LoggedEvent = Pick<
  EventRow,
  | 'timestamp'
  | 'received'
  | 'index'
  | 'message_id'
  | 'type'
  | 'name'
  | 'user_id'
  | 'anonymous_id'
  | 'group_id'
  | 'properties'
  | 'context'
>

/**
 * An event of the log, as the reducer needs it. Whom an alias named before and the row of an import are not in the log: neither
 * changes what a profile holds.
 */
export function eventOf(row: LoggedEvent): Event {
  const { category } = row.properties
  const paged = row.type === 'page' || row.type === 'screen'
  return {
    type: row.type as Event['type'],
    messageId: row.message_id,
    ...(row.user_id !== '' && { userId: row.user_id }),
    ...(row.anonymous_id !== '' && { anonymousId: row.anonymous_id }),
    // Of other calls the column has the account that the context attributes them to.
    ...(row.type === 'group' && { groupId: row.group_id }),
    name: row.name,
    ...(paged && typeof category === 'string' && category !== '' && { category }),
    properties: row.properties,
    context: row.context,
    timestamp: row.timestamp,
    received: row.received,
    index: row.index,
  }
}
