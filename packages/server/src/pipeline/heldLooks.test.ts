import { expect, it } from 'vitest'
import { HeldLooks } from './heldLooks.ts'

it('R11 has one look of a workspace under way, and each who asks has an answer of a look that began after', async () => {
  const looks: { workspace: string; asked: readonly { key: string }[]; answer: () => void; fail: () => void }[] = []
  const held = new Set<string>()
  const counters = {
    held: (workspace: string, asked: readonly { counter: string; key: string }[]) =>
      new Promise<readonly boolean[]>((resolve, reject) => {
        const found = asked.map(({ key }) => held.has(key))
        looks.push({ workspace, asked, answer: () => resolve(found), fail: () => reject(new Error('down')) })
      }),
  }
  const under = new HeldLooks(counters, () => 0)
  const ask = (...keys: string[]) =>
    under.held(
      'main',
      keys.map(key => ({ counter: 'stock', key })),
    )
  const turns = () => new Promise(resolve => setImmediate(resolve))
  const first = [ask('a', 'b'), ask(), ask('c')]
  await turns()
  expect(looks.map(({ asked }) => asked.map(({ key }) => key))).toEqual([['a', 'b', 'c']])
  held.add('c').add('e')
  const second = [ask('c'), ask('d', 'e')]
  const elsewhere = under.held('other', [{ counter: 'stock', key: 'c' }])
  await turns()
  expect(looks.map(({ workspace }) => workspace)).toEqual(['main', 'other'])
  looks[1]!.answer()
  expect(await elsewhere).toEqual([true])
  looks[0]!.answer()
  expect(await Promise.all(first)).toEqual([[false, false], [], [false]])
  await turns()
  expect(looks).toHaveLength(3)
  const third = ask('e')
  looks[2]!.answer()
  expect(await Promise.all(second)).toEqual([[true], [false, true]])
  await turns()
  // A look that fails fails for those who asked it, and the next is another.
  const fourth = ask('a')
  looks[3]!.fail()
  await expect(third).rejects.toThrow('down')
  await turns()
  looks[4]!.answer()
  expect(await fourth).toEqual([false])
  const fifth = ask('c')
  await turns()
  looks[5]!.answer()
  expect(await fifth).toEqual([true])
})
