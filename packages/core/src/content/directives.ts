import Type from 'typebox'
import { EventFilter } from '../filter/filter.ts'
import type { Json } from '../json.ts'
import { slipOf } from '../problem/suggest.ts'
import type { Condition } from '../segment/condition.ts'

const closed = { additionalProperties: false } as const
const ItemId = Type.String({ minLength: 1, maxLength: 200 })
const EventName = Type.String({ minLength: 1, maxLength: 200 })

/** How many items a list may name, and how many a recently-viewed list shows at most (R11). */
export const MAX_LISTED = 500
export const MAX_RECENT = 50

/** What becomes of a list of items before it is shown: the same for a list and for what was recently viewed. */
const selection = {
  where: Type.Optional({ ...EventFilter, description: 'Conditions on the item: all must hold.' }),
  inStock: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'Leave out items whose stock is 0. Without stock an item is never out.',
    }),
  ),
  without: Type.Optional(
    Type.Array(EventName, {
      minItems: 1,
      maxItems: 10,
      description: 'Events whose recent items are left out, such as Order Completed: what was bought.',
    }),
  ),
  prefer: Type.Optional(
    Type.Array(
      Type.Object(
        {
          attribute: Type.String({ minLength: 1, maxLength: 200 }),
          trait: Type.String({ minLength: 1, maxLength: 200 }),
        },
        closed,
      ),
      {
        minItems: 1,
        maxItems: 5,
        description: 'Items whose attribute is, or holds, what the person’s trait is, or holds, come first.',
      },
    ),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LISTED, description: 'At most so many items.' })),
  atLeast: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_LISTED, description: 'Fewer items are none: `else`, or the fallback.' }),
  ),
  else: Type.Optional(Type.Unknown({ description: 'Content instead, where fewer than `atLeast` are left.' })),
}

/** A list of items for one person: `{"$list": {"items": ["a", "b"], "prefer": [{"attribute": "categories", "trait": "likes"}], "limit": 4}}`. */
export const ListDirective = Type.Object(
  {
    items: Type.Array(ItemId, { minItems: 1, maxItems: MAX_LISTED, uniqueItems: true }),
    order: Type.Optional(
      Type.Object(
        {
          by: Type.String({ minLength: 1, maxLength: 200, description: 'An attribute of the item, such as price.' }),
          direction: Type.Optional(Type.Enum(['up', 'down'], { type: 'string', default: 'up' })),
        },
        { ...closed, description: 'As written unless set. Items without the attribute come last.' },
      ),
    ),
    ...selection,
  },
  closed,
)
export type ListDirective = Type.Static<typeof ListDirective>

/** `{"$recent": {"events": ["Product Viewed"], "limit": 4}}`: the items of the person's recent events, newest first, each once. */
export const RecentDirective = Type.Object(
  {
    events: Type.Optional(Type.Array(EventName, { minItems: 1, maxItems: 10, default: ['Product Viewed'] })),
    ...selection,
  },
  closed,
)
export type RecentDirective = Type.Static<typeof RecentDirective>

const Rank = Type.Number({ minimum: -1e6, maximum: 1e6 })

/** One of several blocks, its conditions left open: `conditionProblems` says better what is wrong with one. */
export const Block = Type.Object(
  {
    key: Type.String({ minLength: 1, maxLength: 100 }),
    when: Type.Optional(Type.Unknown()),
    rank: Type.Optional(
      Type.Union(
        [
          Rank,
          Type.Object({ trait: Type.String({ minLength: 1, maxLength: 200 }) }, closed),
          Type.Array(Type.Object({ when: Type.Unknown(), rank: Rank }, closed), { minItems: 1, maxItems: 20 }),
        ],
        {
          description: 'A number, {"trait": "name"} of a numeric trait, or [{"when": condition, "rank": number}, ...].',
        },
      ),
    ),
    content: Type.Optional(Type.Unknown()),
  },
  closed,
)

/** A block: without content it is shown as its key. */
export interface Block {
  readonly key: string
  /** Hidden where it does not hold. */
  readonly when?: Condition
  /** The highest comes first, equals as written; 0 unless set: a number, a numeric trait, or that of the first that holds. */
  readonly rank?: number | { readonly trait: string } | readonly { readonly when: Condition; readonly rank: number }[]
  readonly content?: Json
}

/** `{"$blocks": [{"key": "reviews", "when": {...}, "content": ...}, ...]}`. How many blocks there may be (R11). */
export const MAX_BLOCKS = 100

/** Names of the directives. An object with one of them means it and nothing else. */
export const DIRECTIVES = ['$item', '$text', '$blocks', '$list', '$recent', '$price', '$offer'] as const
export type DirectiveName = (typeof DIRECTIVES)[number]

/** What some call a directive that is called otherwise here. */
const ALSO_CALLED: Readonly<Record<string, DirectiveName>> = { $template: '$text' }

/** The directive that a name was meant for; undefined for one of plain content, which may begin with a dollar sign too. */
export function meantBy(name: string): DirectiveName | undefined {
  if (!name.startsWith('$')) return undefined
  const slip = slipOf(name, [...DIRECTIVES, ...Object.keys(ALSO_CALLED)])
  return slip === undefined ? undefined : (ALSO_CALLED[slip] ?? (slip as DirectiveName))
}

/** The directive an object is; undefined for plain content. */
export function directiveOf(value: object): DirectiveName | undefined {
  return DIRECTIVES.find(name => Object.hasOwn(value, name))
}
