import { SESSION_GAP_MS } from '../event/limits.ts'

/**
 * Every bound of a profile (R11) with what happens at it. All of them keep the profile a function of the set of its events:
 * what a bound leaves out does not depend on the order of arrival. The bounds on identifiers and sources are in `identity`.
 */
export const PROFILE_LIMITS = {
  /** Traits: the most recently stated are kept. */
  traits: 200,
  /** Characters of a trait's name; a longer one stays in its event only. */
  traitName: 200,
  /** Characters of a trait's value as JSON; a longer one stays in its event only, and an earlier value remains. */
  traitValue: 4096,
  /** Accounts: the most recently stated are kept. */
  accounts: 20,
  /** Events of the recent history: the last in event order are kept. */
  recent: 100,
  /** Product ids of a recent event: the first named are kept. */
  recentItems: 10,
  /** Purposes of consent: the most recently stated are kept. */
  purposes: 100,
  /** Signals: those that live definitions need are kept before others. Definitions that would ask for more are refused. */
  signals: 1000,
  /** Preferences, subscriptions, answers to surveys, scores, of each: the most recently stated are kept. */
  facts: 100,
  /** Inactivity that ends a session, milliseconds. */
  sessionGapMs: SESSION_GAP_MS,
} as const
