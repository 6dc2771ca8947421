import { describe, expect, it } from 'vitest'
import { GROUP, Turns } from './turns.ts'

/** One that notes what it does, and when others did theirs. */
async function request(name: number, turns: Turns, notes: string[], alone?: Promise<unknown>): Promise<void> {
  await turns.gathered()
  notes.push(`works ${name}`)
  if (alone !== undefined) await alone
  await turns.worked()
  notes.push(`answers ${name}`)
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i)

describe('requests that arrive in one turn of the loop', () => {
  it('are all worked on before the first is answered', async () => {
    const [turns, notes] = [new Turns(), [] as string[]]
    await Promise.all(range(3).map(i => request(i, turns, notes)))
    expect(notes).toEqual(['works 0', 'works 1', 'works 2', 'answers 0', 'answers 1', 'answers 2'])
  })

  it('wait for no more than a group of others, however many there are', async () => {
    const [turns, notes] = [new Turns(), [] as string[]]
    await Promise.all(range(2 * GROUP + 1).map(i => request(i, turns, notes)))
    expect(notes.indexOf('answers 0')).toBe(GROUP)
    expect(notes.indexOf(`works ${GROUP}`)).toBe(2 * GROUP)
    expect(notes).toHaveLength(2 * (2 * GROUP + 1))
  })

  it('do not wait for one that waits for something else', async () => {
    const [turns, notes] = [new Turns(), [] as string[]]
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    const slow = request(0, turns, notes, held)
    await Promise.all([1, 2].map(i => request(i, turns, notes)))
    expect(notes).toEqual(['works 0', 'works 1', 'works 2', 'answers 1', 'answers 2'])
    release()
    await slow
    expect(notes.at(-1)).toBe('answers 0')
  })

  it('are followed by those of the next turn', async () => {
    const [turns, notes] = [new Turns(), [] as string[]]
    await request(0, turns, notes)
    await request(1, turns, notes)
    expect(notes).toEqual(['works 0', 'answers 0', 'works 1', 'answers 1'])
  })
})
