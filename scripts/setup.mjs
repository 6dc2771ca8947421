// Makes a fresh clone ready: installs what package-lock.json names and builds, each only when something changed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 15)) {
  console.error(`Espalier needs Node 20.15 or newer; this is ${process.version}. Install it and run the command again.`)
  process.exit(1)
}

/** @param {string} command @param {string[]} args @param {string} doing */
function run(command, args, doing) {
  console.error(doing)
  // Standard output belongs to the command that follows, so progress goes to standard error.
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (result.status !== 0) {
    const why = result.error?.message ?? `ended with ${result.status ?? result.signal}`
    console.error(`${doing} failed: \`${command} ${args.join(' ')}\` ${why}.`)
    process.exit(result.status ?? 1)
  }
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const installed = join(root, 'node_modules', '.espalier-setup')
if (!existsSync(installed) || readFileSync(installed, 'utf8') !== lock) {
  run(
    'npm',
    ['ci', '--no-audit', '--no-fund'],
    'Installing packages (chDB alone is 543 MB; this takes a minute or two)',
  )
  writeFileSync(installed, lock)
}
// Fewer checkers than the usual four take less of few cores: each goes through what the others need as well.
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', '--checkers', '2'], 'Building')
