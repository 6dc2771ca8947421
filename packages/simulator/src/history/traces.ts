import type { Item } from '../item.ts'
import { createWorld } from '../world.ts'
import { deliveries } from './history.ts'

/** A body for POST /v1/batch, ready to send. */
export interface TraceBatch {
  readonly body: Buffer
  readonly events: number
}

export interface TraceOptions {
  readonly people: number
  readonly seed: string | number
  /** Events a batch; 100 unless given. */
  readonly batch?: number
  /** Epoch milliseconds at which the traces begin: 2026-01-05, a Monday, unless given. */
  readonly from?: number
  /** When they end at the latest; four weeks later unless given. */
  readonly to?: number
}

const WEEK = 7 * 86_400_000

/**
 * Realistic traces for benchmarks: sessions of `people` shoppers as they reach a server, without crawlers' events (which it
 * would refuse), in serialised batches. Made as they are asked for; the same options give the same bytes.
 */
export function* traces(options: TraceOptions): Generator<TraceBatch> {
  const from = options.from ?? Date.UTC(2026, 0, 5)
  const world = createWorld(options)
  const size = options.batch ?? 100
  let lines: string[] = []
  for (const { item, crawler } of deliveries(world, { from, to: options.to ?? from + 4 * WEEK })) {
    if (crawler) continue
    lines.push(lineOf(item))
    if (lines.length === size) {
      yield batchOf(lines)
      lines = []
    }
  }
  if (lines.length > 0) yield batchOf(lines)
}

/** `JSON.stringify(item)` in half the time: the fields of an item are known, and their ids need no escapes. */
export function lineOf(item: Item): string {
  const { type, messageId, anonymousId, userId, event, name, properties, traits, timestamp } = item
  return `{"type":"${type}","messageId":"${messageId}","anonymousId":"${anonymousId}"${
    userId === undefined ? '' : `,"userId":"${userId}"`
  }${event === undefined ? '' : `,"event":"${event}"`}${name === undefined ? '' : `,"name":${JSON.stringify(name)}`}${
    properties === undefined ? '' : `,"properties":${JSON.stringify(properties)}`
  }${traits === undefined ? '' : `,"traits":${JSON.stringify(traits)}`},"context":${contextOf(item)},"timestamp":"${timestamp}"}`
}

/** JSON of contexts, which the events of a page share: they are half of an event. */
const contexts = new WeakMap<object, string>()

function contextOf({ context }: Item): string {
  let text = contexts.get(context)
  if (text === undefined) {
    text = JSON.stringify(context)
    contexts.set(context, text)
  }
  return text
}

function batchOf(lines: readonly string[]): TraceBatch {
  return { body: Buffer.from(`{"batch":[${lines.join(',')}]}`), events: lines.length }
}
