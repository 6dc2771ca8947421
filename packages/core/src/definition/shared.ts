import Type from 'typebox'
import type { Json } from '../json.ts'

export const KEY_RULE = 'Lower case letters, digits, dot, dash and underscore; up to 100 characters.'

/** Key of a definition: how other definitions, files and the API name it. */
export const Key = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,99}$',
  description: KEY_RULE,
})

/** Content of a touchpoint: any JSON value, in which `core/content` says what stands for something else. */
export const Content = Type.Unsafe<Json>({
  description:
    'Any JSON value; null leaves the place as it is. {"$item": "id"} stands for that catalog item, {"$list": …} and {"$recent": …} for lists of items, {"$blocks": […]} for blocks in the person’s order, {"$price": "id"} and {"$offer": true} for what the person gets; a text may be Liquid, such as "Hi {{ person.firstName }}".',
})
