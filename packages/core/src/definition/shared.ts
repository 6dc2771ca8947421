import Type from 'typebox'
import type { Json } from '../json.ts'

export const KEY_RULE = 'Lower case letters, digits, dot, dash and underscore; up to 100 characters.'

/** Key of a definition: how other definitions, files and the API name it. */
export const Key = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,99}$',
  description: KEY_RULE,
})

/** Content of a touchpoint: any JSON value. `{"$item": "sku"}` in it stands for that catalog item. */
export const Content = Type.Unsafe<Json>({
  description: 'Any JSON value; {"$item": "id"} stands for that catalog item. null leaves the place as it is.',
})
