import { SET_ONCE } from '../event/once.ts'
import { DEFAULT_IDENTITY, type IdentityRules, type KindRule } from '../identity/rules.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Bound, Given, Grant } from '../profile/bound.ts'
import type { Profile, Trait } from '../profile/profile.ts'
import { personalPlace } from './personalPlace.ts'
import type { PersonalSettings } from './settings.ts'

/** What stands in the place of a personal value. */
export const HIDDEN = '•••'

/** Fields that are personal where a workspace does not name its own. */
export const USUAL_PERSONAL: PersonalSettings = [
  'email',
  'e_mail',
  'phone',
  'phoneNumber',
  'phone_number',
  'mobile',
  'firstName',
  'first_name',
  'lastName',
  'last_name',
  'fullName',
  'full_name',
  'birthday',
  'birthdate',
  'street',
  'postalCode',
  'postal_code',
  'iban',
  'ip',
  'traits.name',
  'traits.username',
  'traits.avatar',
  'traits.address',
  // "Ada's phone", and by what only one device in the world is known.
  'context.device.name',
  'context.device.token',
  'context.device.advertisingId',
]

/** Where a value stands: a path of the settings begins with one of these. */
export type PersonalRoot = 'traits' | 'properties' | 'context'

/** Which values are personal. */
export interface PersonalFields {
  readonly isPersonal: (root: PersonalRoot, path: readonly string[]) => boolean
  /** Of a kind of identifier: by its name, its form, or where it comes from. */
  readonly isPersonalKind: (kind: string) => boolean
}

/** `identity`: the workspace's kinds of identifier. */
export function personalFields(
  settings: PersonalSettings = USUAL_PERSONAL,
  identity: IdentityRules = DEFAULT_IDENTITY,
): PersonalFields {
  const isPersonal = fieldsOf(settings)
  const isPersonalPlace = (place: string) => {
    const [root = '', ...path] = place.split('.')
    return isPersonal(root === 'context' || root === 'properties' ? root : 'traits', path)
  }
  const isPersonalRule = ({ form, from }: KindRule) =>
    (form !== 'text' && isPersonal('traits', [form])) || from.some(isPersonalPlace)
  const kinds = new Set(identity.kinds.filter(isPersonalRule).map(({ kind }) => kind))
  return { isPersonal, isPersonalKind: kind => kinds.has(kind) || isPersonal('traits', [kind]) }
}

function fieldsOf(settings: PersonalSettings): PersonalFields['isPersonal'] {
  const anywhere = new Set<string>()
  const paths = new Set<string>()
  for (const field of settings) {
    if (field.includes('.')) paths.add(field.toLowerCase())
    else anywhere.add(field.toLowerCase())
  }
  return (root, given) => {
    const path = root === 'traits' && given[0] === SET_ONCE ? given.slice(1) : given
    const last = path.at(-1)
    if (last === undefined) return false
    if (anywhere.has(last.toLowerCase())) return true
    if (paths.has([root, ...path].join('.').toLowerCase())) return true
    // A context may tell traits.
    return root === 'context' && path[0] === 'traits' && paths.has(path.join('.').toLowerCase())
  }
}

/** A value as somebody without the right may see it: personal fields hidden, whatever they hold, and e-mail addresses in any text. */
export function mask<T extends Json>(
  value: T,
  root: PersonalRoot,
  fields: PersonalFields,
  path: readonly string[] = [],
): T {
  if (Array.isArray(value)) return value.map(one => mask(one, root, fields, path)) as Json as T
  if (typeof value === 'string') return maskMail(value, fields) as Json as T
  if (typeof value !== 'object' || value === null) return value
  const masked = Object.entries(value).map(([name, one]): [string, Json] => {
    const at = [...path, name]
    return [name, one !== null && fields.isPersonal(root, at) ? HIDDEN : mask(one, root, fields, at)]
  })
  return Object.fromEntries(masked) as JsonObject as T
}

/** Of bounded length, so that no text makes it slow; as it stands in the query of an address too. */
const MAIL = /[\p{L}\p{N}._+~-]{1,64}(?:@|%40)(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}/giu

/** Links in e-mails name whom they were sent to, and people write their address anywhere: hidden where addresses are personal. */
export function maskMail(text: string, fields: PersonalFields): string {
  return /@|%40/.test(text) && fields.isPersonal('traits', ['email']) ? text.replace(MAIL, HIDDEN) : text
}

/** The same in all texts of a value whose fields are ours. */
function maskTexts(value: Json, fields: PersonalFields): Json {
  if (typeof value === 'string') return maskMail(value, fields)
  if (Array.isArray(value)) return value.map(one => maskTexts(one, fields))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, maskTexts(one, fields)]))
}

/** An event of a timeline, masked: an identify tells traits, all others properties. A page may be named by what its title says. */
export function maskEvent<
  E extends {
    readonly type: string
    readonly name?: string
    readonly properties: JsonObject
    readonly context: JsonObject
  },
>(event: E, fields: PersonalFields): E {
  const { type, name } = event
  const root = type === 'identify' ? 'traits' : 'properties'
  return {
    ...event,
    ...(name !== undefined && { name: maskMail(name, fields) }),
    properties: mask(event.properties, root, fields),
    context: maskExternalIds(mask(event.context, 'context', fields), fields),
  }
}

/** Segment's `externalIds` name a kind in one field and its value in another. */
function maskExternalIds(context: JsonObject, fields: PersonalFields): JsonObject {
  const { externalIds } = context
  if (!Array.isArray(externalIds)) return context
  const masked = externalIds.map((entry): Json => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry
    const { id, type } = entry
    if (id === undefined || id === null) return entry
    const isPersonal = typeof type === 'string' && fields.isPersonal('traits', [type])
    return isPersonal || looksPersonal(String(id)) ? { ...entry, id: HIDDEN } : entry
  })
  return { ...context, externalIds: masked }
}

/**
 * A person, masked: traits and preferences that are personal, and identifiers that are (of a kind that is, or that look like an
 * e-mail), wherever they stand; and codes they were given, which whoever knows them could use. Signals are left out: what is kept
 * for conditions holds values of any property.
 */
export function maskProfile<
  P extends Partial<
    Pick<
      Profile,
      | 'traits'
      | 'accounts'
      | 'preferences'
      | 'feedback'
      | 'recent'
      | 'session'
      | 'acquisition'
      | 'signals'
      | 'identifiers'
      | 'origins'
      | 'userId'
      | 'bound'
    >
  >,
>(profile: P, fields: PersonalFields): P {
  const { traits, accounts, preferences, signals, identifiers, origins, userId, bound } = profile
  const { feedback, recent, session, acquisition } = profile
  const masked = <T extends object>(told: T): T => maskTexts(told as JsonObject, fields) as T
  return {
    ...profile,
    ...(feedback && { feedback: maskStated(feedback, 'properties', fields) }),
    ...(recent && { recent: recent.map(masked) }),
    ...(session && { session: masked(session) }),
    ...(acquisition && { acquisition: masked(acquisition) }),
    ...(traits && { traits: maskStated(traits, 'traits', fields) }),
    ...(accounts && { accounts: maskAccounts(accounts, fields) }),
    ...(preferences && { preferences: maskStated(preferences, 'properties', fields) }),
    ...(signals && { signals: {} }),
    ...(identifiers && { identifiers: identifiers.map(one => maskIdentifier(one, fields)) }),
    ...(origins && {
      origins: origins.map(origin => ({ ...origin, identifier: maskIdentifier(origin.identifier, fields) })),
    }),
    ...(bound && { bound: { ...bound, grants: maskCodes(bound.grants) } }),
    ...(userId !== undefined && { userId: looksPersonal(userId) ? HIDDEN : userId }),
  }
}

/** A company of one person may be known by their address. */
function maskAccounts(accounts: Profile['accounts'], fields: PersonalFields): Profile['accounts'] {
  return Object.fromEntries(Object.entries(accounts).map(([id, stamp]) => [maskMail(id, fields), stamp]))
}

function maskCodes(grants: Bound['grants']): Bound['grants'] {
  const hide = <G extends Given>(given: G): G => (given.code === undefined ? given : { ...given, code: HIDDEN })
  const masked = Object.entries(grants).map(([experience, grant]): [string, Grant] => {
    const { others } = grant
    return [experience, { ...hide(grant), ...(others && { others: others.map(hide) }) }]
  })
  return Object.fromEntries(masked)
}

/** `email:ada@example.com` as `email:•••`. */
export function maskIdentifier(identifier: string, fields: PersonalFields): string {
  const colon = identifier.indexOf(':')
  const [kind, value] = [identifier.slice(0, colon), identifier.slice(colon + 1)]
  return fields.isPersonalKind(kind) || looksPersonal(value) ? `${kind}:${HIDDEN}` : identifier
}

/**
 * An explanation (`segment.explain`), masked: the actual values of conditions on what is personal. What a condition compares
 * with is the team's own. `computed`: the computed traits by name.
 */
export function maskExplanation<T extends Json>(
  explanation: T,
  fields: PersonalFields,
  computed: ReadonlyMap<string, object> = new Map(),
): T {
  if (Array.isArray(explanation)) return explanation.map(one => maskExplanation(one, fields, computed)) as Json as T
  if (typeof explanation !== 'object' || explanation === null) return explanation
  const hides = personalPlace(explanation.condition, fields, computed) !== undefined
  const masked = Object.entries(explanation).map(([name, value]): [string, Json] => {
    if (name === 'condition') return [name, value]
    return [name, name === 'actual' && hides && value !== null ? HIDDEN : maskExplanation(value, fields, computed)]
  })
  return Object.fromEntries(masked) as JsonObject as T
}

const EMAIL = /[^\s@"'<>:,;()[\]{}]+@[^\s@"'<>:,;()[\]{}]+\.[A-Za-z]{2,}/g
const ADDRESS = /\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b/gi
const PHONE = /\+\d[\d ()./-]{7,}\d/g

/** Text for a log: e-mail addresses, IP addresses and phone numbers in it hidden, whoever wrote them there. */
export function maskText(text: string): string {
  return text.replace(EMAIL, HIDDEN).replace(ADDRESS, HIDDEN).replace(PHONE, HIDDEN)
}

function maskStated(
  stated: Readonly<Record<string, Trait>>,
  root: PersonalRoot,
  fields: PersonalFields,
): Record<string, Trait> {
  return Object.fromEntries(
    Object.entries(stated).map(([name, trait]) => {
      const { [name]: value } = mask({ [name]: trait.value }, root, fields)
      return [name, { ...trait, value: value! }]
    }),
  )
}

/** Many shops use the e-mail as userId. */
function looksPersonal(value: string): boolean {
  return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value)
}
