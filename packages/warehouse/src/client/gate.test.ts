import { describe, expect, it } from 'vitest'
import { Gate } from './gate.ts'

function work() {
  let finish: () => void = () => undefined
  let begun = false
  const done = new Promise<void>(resolve => {
    finish = resolve
  })
  return {
    run: () => {
      begun = true
      return done
    },
    finish: () => finish(),
    get begun() {
      return begun
    },
  }
}
const settle = () => new Promise(resolve => setImmediate(resolve))

describe('a gate', () => {
  it('R11 lets so many run and so many wait, and refuses more', async () => {
    const gate = new Gate('queries', { running: 1, waiting: 1 })
    const [one, two, three] = [work(), work(), work()]
    const first = gate.pass(one.run)
    const second = gate.pass(two.run)
    await expect(gate.pass(three.run)).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('queries'),
    })
    expect([one.begun, two.begun, gate.waiting]).toEqual([true, false, 1])
    one.finish()
    await first
    await settle()
    expect(two.begun).toBe(true)
    two.finish()
    await second
    expect(three.begun).toBe(false)
  })

  it('goes on after work that fails', async () => {
    const gate = new Gate('queries', { running: 1, waiting: 1 })
    await expect(gate.pass(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await gate.pass(async () => 7)).toBe(7)
  })

  it('closed lets what runs finish and holds what comes', async () => {
    const gate = new Gate('inserts', { running: 2, waiting: 4 })
    const [one, two] = [work(), work()]
    const first = gate.pass(one.run)
    let idle = false
    const closed = gate.close().then(() => {
      idle = true
    })
    const second = gate.pass(two.run)
    await settle()
    expect([idle, two.begun]).toEqual([false, false])
    one.finish()
    await Promise.all([first, closed])
    await settle()
    expect(two.begun).toBe(false)
    gate.open()
    await settle()
    expect(two.begun).toBe(true)
    two.finish()
    await second
  })
})
