import { type LineWriter, lineOf, partitionOf, type Row } from './rows.ts'

/** Somebody entered or left a segment. */
export interface ToldCrossing {
  readonly workspace: string
  readonly profile: string
  readonly at: number
  readonly received: number
  readonly messageId: string
  readonly name: string
  /** '' where they have none. */
  readonly userId: string
  readonly segment: string
  /** Of the segment's definition. */
  readonly version: number
  /** Undefined: what happened, or the passing of time. */
  readonly reason: string | undefined
  /** Version of the definitions. */
  readonly definitions: number
}

/** An `EventRow` of the type `segment`: as many as there are segments may come of one event, so its line is written when it is asked for. */
export function crossingRow(crossing: ToldCrossing): Row {
  return new Line(crossing)
}

class Line implements Row {
  readonly table = 'events'
  readonly partition: number
  readonly #crossing: ToldCrossing

  constructor(crossing: ToldCrossing) {
    this.partition = partitionOf(crossing.at)
    this.#crossing = crossing
  }

  get line(): string {
    return lineOf(this)
  }

  writeTo(out: LineWriter): void {
    const { workspace, profile, at, received, messageId, name, userId, segment, version, reason } = this.#crossing
    out.raw('{"workspace":')
    out.quoted(workspace)
    out.raw(',"profile":')
    out.quoted(profile)
    out.raw(',"timestamp":')
    out.number(at)
    out.raw(',"received":')
    out.number(received)
    out.raw(',"index":0,"message_id":')
    out.quoted(messageId)
    out.raw(',"type":"segment","name":')
    out.quoted(name)
    out.raw(',"user_id":')
    out.quoted(userId)
    out.raw(',"anonymous_id":"","group_id":"","session_id":"","revenue":null,"currency":"","properties":{"segment":')
    out.quoted(segment)
    out.raw(',"version":')
    out.number(version)
    if (reason !== undefined) {
      out.raw(',"reason":')
      out.quoted(reason)
    }
    out.raw('},"context":{},"definitions":')
    out.number(this.#crossing.definitions)
    out.raw('}')
  }
}
