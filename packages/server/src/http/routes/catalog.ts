import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { refuseControl } from '../check.ts'
import { route } from '../route.ts'

const ItemId = Type.String({ minLength: 1, maxLength: 200 })
const Money = Type.Number({ minimum: 0, maximum: 1e9 })
const Text = Type.String({ maxLength: 1000 })
const Url = Type.String({ maxLength: 2000, pattern: '^(https?:)?/', description: 'http(s) or a path of the site.' })

/** An item of the catalog. Fields of a product feed are checked; what else the business needs is kept as it is. */
const Item = Type.Object(
  {
    id: Type.String({ ...ItemId, description: 'Not `.` or `..`: no address can name those.' }),
    title: Type.Optional(Text),
    description: Type.Optional(Type.String({ maxLength: 10_000 })),
    price: Type.Optional(Money),
    cost: Type.Optional(Money),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$' })),
    stock: Type.Optional(Type.Number({ minimum: 0, maximum: 1e9, description: 'Pieces; 0: sold out.' })),
    image: Type.Optional(Url),
    url: Type.Optional(Url),
    brand: Type.Optional(Text),
    categories: Type.Optional(Type.Array(Text, { maxItems: 50 })),
  },
  { additionalProperties: true, description: 'Further attributes are kept as they are.' },
)

const StoredItem = Type.Object(
  { ...Item.properties, updated: Type.Integer({ description: 'Epoch milliseconds.' }) },
  { additionalProperties: true, description: 'With its further attributes.' },
)

export const putItems = route({
  method: 'POST',
  path: '/v1/catalog',
  access: 'secret',
  tag: 'Catalog',
  summary: 'Add or replace items',
  description: 'Contents refer to an item by {"$item": "id"} and show it as it is then, on every node within 2 s.',
  body: Type.Object({ items: Type.Array(Item, { minItems: 1, maxItems: 1000 }) }, { additionalProperties: false }),
  answer: { description: 'They are stored.', schema: Type.Object({ stored: Type.Integer() }) },
  async handle({ workspace, body }, { store, definitions, now }) {
    for (const [index, { id }] of body.items.entries()) {
      const path = `body.items[${index}].id`
      refuseControl(id, path)
      // Clients take them out of `/v1/catalog/..`, encoded as well, and ask for something else.
      if (id === '.' || id === '..') {
        throw new Problem('invalid', `${path} is "${id}", which no address can name.`, {
          path,
          mend: 'Call it otherwise.',
        })
      }
    }
    const updated = now()
    await store.catalog.put(
      workspace,
      body.items.map(({ id, ...rest }) => ({ id, updated, body: rest })),
    )
    await definitions.refresh(workspace)
    return { stored: body.items.length }
  },
})

export const listItems = route({
  method: 'GET',
  path: '/v1/catalog',
  access: 'read',
  tag: 'Catalog',
  summary: 'The items, page by page, by id',
  query: Type.Object(
    {
      after: Type.Optional(Type.String({ maxLength: 200, description: 'Id of the last item of the page before.' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    },
    { additionalProperties: false },
  ),
  answer: {
    description: 'Ask for the next page with `after` = `next`.',
    schema: Type.Object({
      items: Type.Array(StoredItem),
      total: Type.Integer(),
      next: Type.Optional(Type.String()),
    }),
  },
  async handle({ workspace, query }, { store }) {
    const limit = query.limit ?? 100
    const page = await store.catalog.page(workspace, query.after, limit)
    const last = page.at(-1)
    return {
      items: page.map(({ id, updated, body }) => ({ ...body, id, updated })),
      total: await store.catalog.count(workspace),
      ...(page.length === limit && last !== undefined ? { next: last.id } : {}),
    }
  },
})

const ItemRef = Type.Object({ id: ItemId })

export const getItem = route({
  method: 'GET',
  path: '/v1/catalog/{id}',
  access: 'read',
  tag: 'Catalog',
  summary: 'One item',
  params: ItemRef,
  answer: { description: 'The item.', schema: StoredItem },
  errors: ['not_found'],
  async handle({ workspace, params }, { store }) {
    const [item] = await store.catalog.get(workspace, [params.id])
    if (item === undefined) throw new Problem('not_found', `There is no item "${params.id}".`)
    return { ...item.body, id: item.id, updated: item.updated }
  },
})

export const removeItem = route({
  method: 'DELETE',
  path: '/v1/catalog/{id}',
  access: 'secret',
  tag: 'Catalog',
  summary: 'Remove an item',
  description: 'Contents that refer to it show the touchpoint’s default instead.',
  params: ItemRef,
  answer: { status: 204, description: 'It is gone.' },
  errors: ['not_found'],
  async handle({ workspace, params }, { store, definitions }) {
    const [item] = await store.catalog.get(workspace, [params.id])
    if (item === undefined) throw new Problem('not_found', `There is no item "${params.id}".`)
    await store.catalog.remove(workspace, [params.id])
    await definitions.refresh(workspace)
  },
})
