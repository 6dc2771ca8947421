// Makes a fresh clone ready: installs what package-lock.json names and builds, each only when something changed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 12)) {
  console.error(
    `Espalier needs Node 20.12 or newer; this is ${process.version}. Install a newer Node and run the command again.`,
  )
  process.exit(1)
}

/** @param {string} command @param {string[]} args @param {string} doing */
function run(command, args, doing) {
  console.error(doing)
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.status !== 0) {
    console.error(`${doing} failed: \`${command} ${args.join(' ')}\` ended with ${result.status ?? result.signal}.`)
    process.exit(result.status ?? 1)
  }
}

// A stamp of the lock file and the Node version: another Node may need other native builds.
const stamp = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(process.versions.modules)
  .digest('hex')
const stampFile = join(root, 'node_modules', '.espalier-setup')
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  run('npm', ['ci', '--no-audit', '--no-fund'], 'Installing packages (chDB alone is 543 MB, this takes a minute) ...')
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, stamp)
}
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], 'Building ...')
