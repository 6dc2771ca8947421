import { blockedBy, isBlocked } from './blocked.ts'
import type { Form } from './form.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import { type Reader, readerOf } from './reader.ts'

/** One kind of identifier and what it may do. Plain JSON: it travels with the journal (R6). */
export interface KindRule {
  readonly kind: string
  /** Where events carry it; nothing for `userId` and `anonymousId`, which have fields of their own. */
  readonly from: readonly string[]
  readonly form: Form
  /** How many a person may have; 1 makes it unique: people with different values are never united. */
  readonly limit: number
  /** By how many different people one value may be used; by more, it is shared and stops linking. Not of `userId`. */
  readonly people: number
  /** The workspace's own placeholders, besides those that are blocked everywhere. */
  readonly blocked: readonly string[]
}

/** The kinds of a workspace, the most important first: the first that an event has names its source profile. */
export interface IdentityRules {
  readonly kinds: readonly KindRule[]
}

const common = { from: [], form: 'text', limit: 5, people: 1, blocked: [] } as const

/** What a kind is unless the workspace says otherwise, by its name. Other names have the common ones and must say `from`. */
export const PRESETS: Readonly<Record<string, Omit<KindRule, 'kind'>>> = {
  userId: { ...common, limit: 1 },
  anonymousId: { ...common, limit: IDENTITY_LIMITS.identifiers },
  email: { ...common, form: 'email', from: ['traits.email', 'externalIds.email'] },
  phone: { ...common, form: 'phone', from: ['traits.phone', 'externalIds.phone'] },
  deviceToken: {
    ...common,
    from: ['context.device.token', 'externalIds.ios.push_token', 'externalIds.android.push_token'],
    limit: 20,
  },
}

const USER: KindRule = { kind: 'userId', ...PRESETS.userId! }
const ANONYMOUS: KindRule = { kind: 'anonymousId', ...PRESETS.anonymousId! }

/** Where a workspace says nothing: users and devices. */
export const DEFAULT_IDENTITY: IdentityRules = { kinds: [USER, ANONYMOUS] }

/** A kind as `settings` has it. */
export interface KindSetting {
  readonly kind: string
  readonly from?: readonly string[]
  readonly form?: Form
  readonly limit?: number
  readonly unique?: boolean
  readonly people?: number
  readonly blocked?: readonly string[]
}

/** The rules that a workspace's settings make. `userId` comes first and `anonymousId` last where they are not named. */
export function identityRules(settings: { readonly kinds?: readonly KindSetting[] } | undefined): IdentityRules {
  const named = settings?.kinds
  if (named === undefined) return DEFAULT_IDENTITY
  const kinds = named.map(ruleOf)
  const has = (kind: string) => kinds.some(rule => rule.kind === kind)
  return { kinds: [...(has('userId') ? [] : [USER]), ...kinds, ...(has('anonymousId') ? [] : [ANONYMOUS])] }
}

function ruleOf({ kind, unique, limit, ...rest }: KindSetting): KindRule {
  const preset = Object.hasOwn(PRESETS, kind) ? PRESETS[kind]! : common
  return { kind, ...preset, ...rest, limit: unique === true ? 1 : (limit ?? preset.limit) }
}

/** Rules made ready to be asked. */
export interface CompiledRules {
  readonly kinds: readonly CompiledKind[]
  /** Kinds besides `userId` and `anonymousId`. */
  readonly hasMore: boolean
  /** Those of which a person has one. */
  readonly unique: readonly CompiledKind[]
  /** A kind that is no longer named is not found: it has no bound of its own. */
  find(kind: string): CompiledKind | undefined
}

export interface CompiledKind {
  readonly rule: KindRule
  /** What its identifiers begin with. */
  readonly prefix: string
  readonly read: Reader
  /** A placeholder, everywhere or in this workspace. */
  blocks(value: string): boolean
}

const compiled = new WeakMap<IdentityRules, CompiledRules>()

/** The same rules are compiled once. */
export function compileRules(rules: IdentityRules = DEFAULT_IDENTITY): CompiledRules {
  let made = compiled.get(rules)
  if (made === undefined) {
    made = compile(rules)
    compiled.set(rules, made)
  }
  return made
}

function compile({ kinds: rules }: IdentityRules): CompiledRules {
  const kinds = rules.map((rule): CompiledKind => {
    const own = blockedBy(rule.blocked)
    return { rule, prefix: `${rule.kind}:`, read: readerOf(rule), blocks: value => isBlocked(value) || own(value) }
  })
  const byName = new Map(kinds.map(kind => [kind.rule.kind, kind]))
  return {
    kinds,
    hasMore: kinds.some(({ rule }) => rule.kind !== 'userId' && rule.kind !== 'anonymousId'),
    unique: kinds.filter(({ rule }) => rule.limit === 1),
    find: kind => byName.get(kind),
  }
}

/** Two different identifiers of a unique kind, one from each list: the proof that they are two people. */
export function told(
  a: readonly string[],
  b: readonly string[],
  rules: CompiledRules,
): readonly [of: string, other: string] | undefined {
  for (const { prefix } of rules.unique) {
    const one = a.find(identifier => identifier.startsWith(prefix))
    const other = one && b.find(identifier => identifier.startsWith(prefix) && identifier !== one)
    if (one !== undefined && other !== undefined) return [one, other]
  }
  return undefined
}
