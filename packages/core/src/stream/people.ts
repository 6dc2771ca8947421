import type { Account } from '../account/account.ts'
import type { MergedProfile, Profile } from '../profile/profile.ts'

/**
 * What the stream reads and writes of one workspace while it applies a batch. A store gives it state that nobody else
 * can change meanwhile (R1); what `apply` put is durable as a whole or not at all.
 *
 * Invariants: a source's profile is either the person or a `MergedProfile` that points straight at the person (one hop, never
 * a chain). Whoever a link leads to has the identifier in `identifiers`. A link moves only where the person lets go of the
 * identifier in the same batch, because more people use it than its kind allows: it then leads to a new source.
 */
export interface People {
  /** The source profile an identifier (`kind:value`) belongs to. */
  link(identifier: string): string | undefined
  setLink(identifier: string, source: string): void
  /** Nobody has the identifier any more (erasure). */
  unlink(identifier: string): void
  profile(id: string): Profile | MergedProfile | undefined
  /** Replaces the profile; the store takes the object over, so the caller must not change it afterwards. */
  put(profile: Profile | MergedProfile): void
  /** Takes the profile away, and its timer: nothing of it is kept (erasure). Identifiers that lead to it have to go as well. */
  remove(id: string): void
  /** What is kept of a company, by its group id. */
  account(id: string): Account | undefined
  /** Replaces the account; the caller must not change it afterwards. */
  putAccount(account: Account): void
  removeAccount(id: string): void
  /** True when this messageId was taken in within the horizon; otherwise remembers it (R3). */
  seen(messageId: string, received: number): boolean
  /** True when this row of this file was taken in ever before; otherwise remembers it (R3). */
  imported(file: string, row: number): boolean
}
