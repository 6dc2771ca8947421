import Type from 'typebox'
import type { Json } from '../json.ts'

/** Content of a touchpoint: any JSON value, in which `core/content` says what stands for something else. */
export const Content = Type.Unsafe<Json>({
  description:
    'Any JSON value; null leaves the place as it is. {"$item": "id"} stands for that catalog item, {"$list": …} and {"$recent": …} for lists of items, {"$blocks": […]} for blocks in the person’s order, {"$price": "id"} and {"$offer": true} for what the person gets; a text may be Liquid, such as "Hi {{ person.firstName }}". A name that is one of these but for a slip is refused.',
})
