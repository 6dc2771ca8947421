import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const BIN = fileURLToPath(new URL('../../bin/espalier.js', import.meta.url))

function espalier(args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const result = { out: '', err: '' }
    child.stdout.on('data', chunk => {
      result.out += chunk
    })
    child.stderr.on('data', chunk => {
      result.err += chunk
    })
    child.on('error', reject)
    child.on('close', code => resolve({ code, ...result }))
  })
}

it('the demo goes through the whole loop, ends by itself and leaves nothing behind', { timeout: 300_000 }, async () => {
  const { code, out, err } = await espalier(['demo', '--exit', '--scale', 'small'])
  expect(code, err).toBe(0)
  expect(out).toMatch(/The warehouse holds exactly the rest: [\d,]+ events of \d+ people/)
  expect(out).toMatch(/(\d+) came on two devices, and \1 of them saw the same on both/)
  for (const experience of ['sale-hero', 'welcome-hero', 'picked-for-you', 'cart-rescue']) {
    expect(out).toMatch(new RegExp(`^${experience} .*(yes|no)$`, 'm'))
  }
  // Sizes of the groups are as designed, or something in the loop loses people.
  expect(out).not.toContain('do not fit the design')
  expect(out).toMatch(/known as .*anonymousId:.*userId:customer-\d+/)
  const folder = /data in (\S+)\./.exec(out)?.[1]
  expect(folder).toBeDefined()
  expect(existsSync(folder!)).toBe(false)
})
