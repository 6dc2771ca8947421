/** Who a shopper really is. Nobody outside the simulator knows it: an engine sees only what they do. */
export const SEGMENTS = ['bargain', 'loyal', 'newcomer', 'mobile'] as const
export type Segment = (typeof SEGMENTS)[number]

/** How a segment behaves where nothing is personalized. Probabilities are of the next step, given the one before. */
export interface Behaviour {
  /** Share of all people. */
  readonly share: number
  /** Visits a week in an ordinary week. */
  readonly visits: number
  /** Has an account, and so a userId and an e-mail address. */
  readonly account: number
  readonly mobile: number
  readonly view: number
  /** Products viewed beyond the first, mean. */
  readonly moreViews: number
  readonly add: number
  /** Products in the cart beyond the first, mean. */
  readonly moreItems: number
  readonly checkout: number
  readonly order: number
  /** Comes back to an abandoned cart after the e-mail about it. */
  readonly rescue: number
  readonly refund: number
  /** How much more the sale brings them, as a factor on visits. */
  readonly sale: number
  /** Where in the range of prices they shop: 0 the cheapest third, 1 all, 2 the dearest third. */
  readonly taste: 0 | 1 | 2
}

export const BEHAVIOUR: Readonly<Record<Segment, Behaviour>> = {
  bargain: {
    share: 0.3,
    visits: 1.6,
    account: 0.5,
    mobile: 0.4,
    view: 0.6,
    moreViews: 3,
    add: 0.35,
    moreItems: 0.8,
    checkout: 0.55,
    order: 0.8,
    rescue: 0.12,
    refund: 0.08,
    sale: 2.2,
    taste: 0,
  },
  loyal: {
    share: 0.2,
    visits: 2.4,
    account: 0.95,
    mobile: 0.3,
    view: 0.75,
    moreViews: 2,
    add: 0.45,
    moreItems: 1.2,
    checkout: 0.7,
    order: 0.9,
    rescue: 0.2,
    refund: 0.04,
    sale: 1.2,
    taste: 2,
  },
  newcomer: {
    share: 0.3,
    visits: 0.5,
    account: 0.3,
    mobile: 0.5,
    view: 0.45,
    moreViews: 1.5,
    add: 0.25,
    moreItems: 0.3,
    checkout: 0.45,
    order: 0.75,
    rescue: 0.06,
    refund: 0.06,
    sale: 1.3,
    taste: 1,
  },
  mobile: {
    share: 0.2,
    visits: 1.9,
    account: 0.5,
    mobile: 1,
    view: 0.5,
    moreViews: 2,
    add: 0.25,
    moreItems: 0.2,
    checkout: 0.4,
    order: 0.7,
    rescue: 0.08,
    refund: 0.05,
    sale: 1.4,
    taste: 1,
  },
}

/** Share of people who use two devices: they log in on both, so they all have accounts. */
export const TWO_DEVICES = 0.3
