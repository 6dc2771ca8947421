import { EVENT_LIMITS } from './limits.ts'

/** Why an item of a batch was not taken in. Codes are stable; `message` names the field and the mend. */
export interface ItemError {
  readonly code: ItemErrorCode
  readonly message: string
}

const year = (at: number) => new Date(at).getUTCFullYear()

/** The catalogue: for each code, what is wrong with `field` (and `detail`) and what to do about it. */
export const ITEM_ERRORS = {
  not_an_object: (field: string) => `${field} must be a JSON object.`,
  type_unknown: (field: string) => `${field} must be one of track, identify, page, screen, group, alias.`,
  no_user_anon_id: (field: string) =>
    `${field} is missing: name a userId, an anonymousId or another kind of identifier that the settings know. Placeholders such as "null", "anonymous" or "0", and what the settings block, count as missing.`,
  id_invalid: (field: string) => `${field} must be text or a number.`,
  id_inexact: (field: string) =>
    `${field} is a number too large to be read exactly, so that others would be read as the same: send it as text.`,
  id_too_long: (field: string) => `${field} is longer than ${EVENT_LIMITS.id} characters: send a shorter identifier.`,
  message_id_too_long: (field: string) => `${field} must be shorter than ${EVENT_LIMITS.messageId + 1} characters.`,
  control_character: (field: string) => `${field} holds a control character: remove it.`,
  name_missing: (field: string) => `${field} is missing: name the event with text that is not empty.`,
  name_invalid: (field: string) => `${field} must be text.`,
  name_too_long: (field: string) => `${field} is longer than ${EVENT_LIMITS.name} characters: shorten it.`,
  group_id_missing: (field: string) => `${field} is missing: a group call names the account.`,
  previous_id_missing: (field: string) =>
    `${field} is missing: an alias call names the identifier that becomes the userId's.`,
  alias_user_id_missing: (field: string) => `${field} is missing: an alias call names the userId.`,
  too_large: (field: string, bytes: string) => `${field} is larger than ${bytes} bytes of JSON: send less with it.`,
  too_many_properties: (field: string) => `${field} has more than ${EVENT_LIMITS.properties} keys: send fewer.`,
  too_deep: (field: string) => `${field} is nested deeper than ${EVENT_LIMITS.depth} levels: flatten it.`,
  prototype_key: (field: string) =>
    `${field} uses a key that JavaScript reserves (__proto__, constructor, prototype): rename it.`,
  value_invalid: (field: string) => `${field} is not a JSON value: numbers must be finite.`,
  timestamp_invalid: (field: string) =>
    `${field} is not a time: send ISO 8601, such as 2026-11-01T09:00:00.000Z, or epoch milliseconds (not seconds).`,
  timestamp_out_of_range: (field: string, detail: string) =>
    `${field} gives ${detail}: times from ${year(EVENT_LIMITS.earliest)} to ${year(EVENT_LIMITS.latest) - 1} are taken. Check it and the clock behind sentAt.`,
} as const satisfies Record<string, (field: string, detail: string) => string>

export type ItemErrorCode = keyof typeof ITEM_ERRORS

/** Thrown inside `readItem` only, which gives it back as a value. */
export class RefusedItem extends Error {
  readonly code: ItemErrorCode
  constructor(code: ItemErrorCode, field: string, detail = '') {
    super(ITEM_ERRORS[code](field, detail))
    this.code = code
  }
}
