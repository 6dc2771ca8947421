import type { JsonObject } from '../json.ts'
import type { RecentEvent } from '../profile/profile.ts'
import type { Subject } from '../segment/subject.ts'

/** What stands for a catalog item in content: the item with its `id`, as the catalog has it now; undefined: no such item. */
export type ItemLookup = (id: string) => JsonObject | undefined

/** Everything that content may show, for one person at one moment. */
export interface World {
  readonly items: ItemLookup
  readonly subject: Subject
  /** The person's recent events, in event order. */
  readonly recent: readonly RecentEvent[]
  /** IANA zone in which texts tell the time. */
  readonly zone: string
  /** The offer the person has, or is about to get; undefined where the experience has none. */
  readonly offer: JsonObject | undefined
  /** What an item costs this person, as `{"$price": "id"}` shows it; undefined where it has no price. */
  price(id: string): JsonObject | undefined
  /** What was made of it so far is not shown after all: nobody was told its prices. */
  takeBack?(): void
}
