// Runs the tests under other Node versions, whose builds come as npm packages: `npm run test:nodes -- 22 24`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const versions = process.argv.slice(2).filter(a => /^\d+$/.test(a))
const rest = process.argv.slice(2).filter(a => !/^\d+$/.test(a))
const platform = `${process.platform}-${process.arch}`
const folder = mkdtempSync(join(tmpdir(), 'espalier-nodes-'))
let failed = false
try {
  for (const version of versions.length > 0 ? versions : ['22', '24']) {
    const prefix = join(folder, version)
    const install = spawnSync('npm', ['install', '--prefix', prefix, '--no-save', `node-${platform}@${version}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    if (install.status !== 0) {
      console.error(`There is no npm package with Node ${version} for ${platform}, or it could not be installed.`)
      failed = true
      continue
    }
    const bin = join(prefix, 'node_modules', `node-${platform}`, 'bin')
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
    const name = spawnSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).stdout.trim()
    console.log(`Node ${name}`)
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const test = spawnSync(join(bin, 'node'), [vitest, 'run', ...rest], {
      cwd: root,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    failed ||= test.status !== 0
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)
