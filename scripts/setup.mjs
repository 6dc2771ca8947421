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

const lockFile = join(root, 'package-lock.json')
const lock = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
const stamp = join(root, 'node_modules', '.espalier-setup')

/**
 * Whether `npm install` was here already: what npm says it installed is what the lock file names. To install anew would
 * take the packages away from under a server that runs from this folder.
 */
function isInstalled() {
  const told = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(told)) return false
  const { packages: there } = JSON.parse(readFileSync(told, 'utf8'))
  const { packages: wanted } = JSON.parse(readFileSync(lockFile, 'utf8'))
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true
    const found = there[path]
    // Optional ones are those of other systems too.
    if (found === undefined) return entry.optional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  if (!isInstalled()) {
    run(
      'npm',
      ['ci', '--no-audit', '--no-fund'],
      'Installing packages (chDB alone is 543 MB; this takes a minute or two)',
    )
  }
  writeFileSync(stamp, lock)
}
// Fewer checkers than the usual four take less of few cores: each goes through what the others need as well.
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', '--checkers', '2'], 'Building')
