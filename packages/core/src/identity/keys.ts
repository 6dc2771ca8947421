import { identifierOf } from './identifier.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import type { Named } from './reader.ts'
import type { CompiledRules } from './rules.ts'

/**
 * The identifiers an event names somebody by, the most important first; none where it has nothing but placeholders. Blocked
 * values count as missing. `proven`: false for what came with a public key where userIds must be proven, and without such
 * proof: then only the device counts, since everything else could be anybody's.
 */
export function keysOf(event: Named, rules: CompiledRules, proven = true): string[] {
  const keys: string[] = []
  for (const { rule, read, blocks } of rules.kinds) {
    if (!proven && rule.kind !== 'userId' && rule.kind !== 'anonymousId') continue
    for (const value of read(event)) {
      if (keys.length >= IDENTITY_LIMITS.keys) return keys
      if (!blocks(value)) keys.push(identifierOf(rule.kind, value))
    }
  }
  return keys
}

/** Whether an event names somebody by more than its userId and anonymousId. */
export function namesMore(event: Named, rules: CompiledRules): boolean {
  return (
    rules.hasMore &&
    rules.kinds.some(
      ({ rule, read, blocks }) =>
        rule.kind !== 'userId' && rule.kind !== 'anonymousId' && read(event).some(value => !blocks(value)),
    )
  )
}
