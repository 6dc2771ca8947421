import type { ComputedTrait } from '../definition/computedTrait.ts'
import type { Metric } from '../definition/metric.ts'
import type { Segment } from '../definition/segment.ts'

/** Whose business it is for. */
export type Home = 'commerce' | 'saas' | 'content' | 'b2b' | 'any'

/** A ready-made definition: an ordinary one, for a team to open, change and publish. */
export type LibraryEntry =
  | { readonly kind: 'segment'; readonly key: string; readonly home: Home; readonly body: Segment }
  | { readonly kind: 'computedTrait'; readonly key: string; readonly home: Home; readonly body: ComputedTrait }
  | { readonly kind: 'metric'; readonly key: string; readonly home: Home; readonly body: Metric }

/** What ready-made definitions are made for: a business's own names, and its own rhythm. */
export interface Business {
  /** Days that usually pass between two orders of one customer. */
  readonly rhythmDays: number
  /** What an order of a good customer comes to in a year, in the shop's currency. */
  readonly goodYear: number
  /** Amounts of money are converted to it; where it is left out they are added up as they come. */
  readonly currency?: string
  readonly events: {
    readonly viewed: string
    readonly added: string
    readonly ordered: string
    readonly read: string
    readonly feature: string
    readonly activated: string
    readonly pricing: string
    readonly demo: string
    readonly clicked: string
    readonly refunded: string
    readonly answered: string
    readonly unsubscribed: string
    readonly complained: string
    readonly contacted: string
  }
}

/** Segment's own names for what happens, and a shop whose customers come back every month. */
export const USUAL_BUSINESS: Business = {
  rhythmDays: 30,
  goodYear: 500,
  events: {
    viewed: 'Product Viewed',
    added: 'Product Added',
    ordered: 'Order Completed',
    read: 'Article Read',
    feature: 'Feature Used',
    activated: 'Activated',
    pricing: 'Pricing Viewed',
    demo: 'Demo Requested',
    clicked: 'Promotion Clicked',
    refunded: 'Order Refunded',
    answered: 'Survey Answered',
    unsubscribed: 'Unsubscribed',
    complained: 'Email Marked as Spam',
    contacted: 'Email Delivered',
  },
}
