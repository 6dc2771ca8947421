/** What a team might do next, from the most urgent to the least. */
export const SUGGESTION_KINDS = [
  /** The numbers cannot be trusted: something stopped being reported, or people were lost unequally. */
  'tracking-broke',
  /** A metric that must not be hurt is. */
  'metric-hurt',
  /** It does harm, or makes no difference worth having. */
  'stop',
  /** It works: give it to everybody but a small control group. */
  'declare',
  /** It works, and few of the people who come get it. */
  'widen',
  /** It works for some people only. */
  'try-segment',
  /** What it changes cannot be known: nobody is left out to compare with. */
  'no-control',
  /** Too early: let it run for so much longer. */
  'extend',
] as const
export type SuggestionKind = (typeof SUGGESTION_KINDS)[number]

/** What it is about; members that do not apply are absent. */
export interface Subject {
  readonly experience?: string
  readonly variant?: string
  readonly touchpoint?: string
  readonly metric?: string
  readonly segment?: string
}

/** One thing to do next. Plain JSON, no NaN. */
export interface Suggestion {
  readonly kind: SuggestionKind
  readonly about: Subject
  /** Why, in plain words. */
  readonly reason: string
  /** The numbers the reason rests on, by name. */
  readonly evidence: Readonly<Record<string, number | string | null>>
  /** What is promised of doing it; null where nothing of it can be measured afterwards. */
  readonly expected: Expectation | null
  readonly action: Action
}

/** A promise: what is expected, with what it will be held against. */
export interface Expectation {
  readonly metric: string
  /** Relative to the control group, as a fraction: 0.1 is +10 %. Of `stop` and `metric-hurt`: what goes on if nothing is done. */
  readonly lift: number
  readonly interval: readonly [low: number, high: number]
  /** Which way is good. */
  readonly direction: 'up' | 'down'
  /** Null where it is not known how many people come. */
  readonly monthly: Monthly | null
}

/** What acting is worth in a month, as many people coming as did in the last four weeks. Above 0 is good. */
export interface Monthly {
  readonly value: number
  readonly interval: readonly [low: number, high: number]
  /** A currency, or the metric whose units these are. */
  readonly unit: string
  readonly isMoney: boolean
  /** What is left when goods, discounts and sends are paid. Otherwise money is what was paid. */
  readonly isNet?: true
  /** People a month over whom it is counted. */
  readonly people: number
  /** Whether it is on top of what there is today; otherwise it is what is had already, and would be kept. */
  readonly isNew: boolean
}

/** What to press or call. */
export interface Action {
  readonly say: string
  /** A call that does it, or shows where to look. */
  readonly call?: { readonly method: 'GET' | 'PUT' | 'POST'; readonly path: string }
}

/** What tells suggestions apart: the same one at another time has the same. */
export function baseOf({ kind, about }: Pick<Suggestion, 'kind' | 'about'>): string {
  const { experience, touchpoint, variant, metric, segment } = about
  return [kind, experience ?? touchpoint ?? '', variant ?? '', metric ?? '', segment ?? ''].join('~').replace(/~+$/, '')
}
