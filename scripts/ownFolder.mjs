// Each test file has a temporary folder of its own, which is gone after it with all that was left there, whoever made it.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const { TMPDIR } = process.env
const folder = mkdtempSync(join(tmpdir(), 'espalier-test-'))
// PostgreSQL runs as another account.
chmodSync(folder, 0o755)
process.env.TMPDIR = folder

afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})
