import type { Event } from '../event/event.ts'
import { EVENT_LIMITS } from '../event/limits.ts'
import { type Money, moneyOf } from '../event/money.ts'
import type { JsonObject } from '../json.ts'
import type { Session } from '../profile/profile.ts'
import { sessionIdAt } from '../profile/session.ts'
import { jsonLine, type LineWriter, lineOf, partitionOf, type Row } from './rows.ts'

/** The row of an event; `session` is the person's after it, `definitions` the version it was applied with. */
export function eventRow(
  workspace: string,
  source: string,
  event: Event,
  session: Session | undefined,
  definitions: number,
): Row {
  return new Line(workspace, source, event, sessionIdAt(session, event.timestamp), definitions)
}

/**
 * An `EventRow`. Its line is written when it is asked for: most of it is the event's own, and that never changes. Properties
 * and context go into it as the client wrote them where that is known.
 */
class Line implements Row {
  readonly table = 'events'
  readonly partition: number
  readonly event?: Event
  readonly #event: Event
  readonly #workspace: string
  readonly #source: string
  readonly #session: string
  readonly #definitions: number

  constructor(workspace: string, source: string, event: Event, session: string, definitions: number) {
    this.partition = partitionOf(event.timestamp)
    this.#workspace = workspace
    this.#source = source
    this.#event = event
    this.#session = session
    this.#definitions = definitions
    if (isAll(event)) this.event = event
  }

  get line(): string {
    return lineOf(this)
  }

  writeTo(out: LineWriter): void {
    const event = this.#event
    const { properties, context, written } = event
    const { revenue, currency }: Money = moneyOf(event)
    out.raw('{"workspace":')
    out.quoted(this.#workspace)
    out.raw(',"profile":')
    out.quoted(this.#source)
    out.raw(',"timestamp":')
    out.number(event.timestamp)
    out.raw(',"received":')
    out.number(event.received)
    out.raw(',"index":')
    out.number(event.index)
    out.raw(',"message_id":')
    out.quoted(event.messageId)
    out.raw(',"type":')
    out.quoted(event.type)
    out.raw(',"name":')
    out.quoted(event.name)
    out.raw(',"user_id":')
    out.quoted(event.userId ?? '')
    out.raw(',"anonymous_id":')
    out.quoted(event.anonymousId ?? '')
    out.raw(',"group_id":')
    out.quoted(accountOf(event))
    out.raw(',"session_id":')
    out.quoted(this.#session)
    out.raw(',"revenue":')
    if (revenue === null) out.raw('null')
    else out.number(revenue)
    out.raw(',"currency":')
    out.quoted(currency)
    out.raw(',"properties":')
    out.raw(jsonOf(properties, written?.properties, written?.propertiesText))
    out.raw(',"context":')
    out.raw(jsonOf(context, written?.context, written?.contextText))
    out.raw(',"definitions":')
    out.number(this.#definitions)
    out.raw('}')
  }
}

/** `text` is that of `known`, which may not be what the event holds by now. */
function jsonOf(value: JsonObject, known: JsonObject | undefined, text: string | undefined): string {
  return (value === known ? text : undefined) ?? jsonLine(value)
}

/** Everything of the event is in its row, which writes '' for an absent id and may name an account that is not the event's own. */
function isAll({ type, userId, anonymousId, groupId }: Event): boolean {
  return userId !== '' && anonymousId !== '' && (type === 'group' ? groupId !== '' : groupId === undefined)
}

/** The account of a group call, or the one that `context.groupId` attributes another call to; '' where there is none. */
function accountOf({ groupId, context }: Event): string {
  if (groupId !== undefined) return groupId
  const stated = context.groupId
  return typeof stated === 'string' && stated.length <= EVENT_LIMITS.id ? stated : ''
}
