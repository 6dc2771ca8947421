import { expect, it } from 'vitest'
import { ProgressLine } from './progressLine.ts'

function shown(live: boolean, share: number | undefined): string {
  const parts: string[] = []
  let now = 0
  const line = new ProgressLine({ live, columns: 80, err: part => parts.push(part) }, () => now)
  now = 5_000
  line.update('Backing up', share, () => '7.2 MB')
  return parts.join('')
}

it('says how far it is, and no share where nobody knows the whole', () => {
  expect(shown(false, 0.4)).toBe('Backing up: 40 %, 7.2 MB\n')
  expect(shown(false, undefined)).toBe('Backing up: 7.2 MB\n')
  expect(shown(true, 0.5)).toMatch(/^\rBacking up █+░+ {2}50 % {2}7\.2 MB$/)
  expect(shown(true, undefined)).toMatch(/^\rBacking up +7\.2 MB$/)
})
