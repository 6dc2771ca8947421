import Type from 'typebox'

export const KEY_RULE = 'Lower case letters, digits, dot, dash and underscore; up to 100 characters.'

/** Key of a definition: how other definitions, files and the API name it. */
export const Key = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,99}$',
  description: KEY_RULE,
})
