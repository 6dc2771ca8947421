import { expect, it } from 'vitest'
import { migrations } from '../schema/migrate.ts'
import type { Warehouse } from '../warehouse.ts'

/** Alone in being about the whole warehouse: it leaves a signature behind, which no other case looks at. */
export function ownerContract(open: () => Warehouse): void {
  it('nobody owns it until somebody signs, then whoever signed last; its schema stays what it is', async () => {
    const warehouse = open()
    const ids = async () => (await warehouse.owners()).map(({ id }) => id)
    const everywhere = (id: string | undefined) => Array.from(unsigned, () => id)
    const unsigned = await ids()
    expect(new Set(unsigned)).toEqual(new Set([undefined]))
    await warehouse.sign('one')
    await warehouse.sign('one')
    expect(await ids()).toEqual(everywhere('one'))
    // At once, and perhaps within the same millisecond.
    await warehouse.sign('two')
    expect(await ids()).toEqual(everywhere('two'))
    expect((await warehouse.owners())[0]!.where).toMatch(/^(The warehouse|Shard 1 \(http.*\))$/)
    expect((await warehouse.stats()).schema).toBe(migrations.length)
  })
}
