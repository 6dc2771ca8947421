export {
  type Delivery,
  deliveries,
  type HistoryOptions,
  history,
  LATE_SHARE,
  REPEATED_SHARE,
} from './history/history.ts'
export { writeNdjson } from './history/ndjson.ts'
export { type TraceBatch, type TraceOptions, traces } from './history/traces.ts'
export type { Item } from './item.ts'
export { type Decided, type Received, RefusedError, ShopClient, type Visitor } from './live/client.ts'
export { Courier } from './live/courier.ts'
export { crowd } from './live/crowd.ts'
export { type Shopped, type ShopperOptions, shop } from './live/shopper.ts'
export type { Person } from './people/person.ts'
export { SEGMENTS, type Segment } from './people/segments.ts'
export { CHANGES, type DemoExperience, EXPERIENCES } from './plan/definitions.ts'
export * from './plan/effects.ts'
export * from './plan/truth.ts'
export { catalogItems } from './shop/feed.ts'
export { type Answers, type Step, type VisitPlan, visit } from './visit/visit.ts'
export { createWorld, type World } from './world.ts'
