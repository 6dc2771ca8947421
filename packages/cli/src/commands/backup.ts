import { createWriteStream, renameSync, rmSync, statSync } from 'node:fs'
import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { createGunzip, constants as zlib } from 'node:zlib'
import { CliError, isDiskFull } from '../errors.ts'
import { ProgressLine } from '../output/progressLine.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

export const backup: Register = (program, shell) => {
  const command = program
    .command('backup <file>')
    .description('write a consistent copy of everything to a .tar.gz, while the server goes on')
    .option('--force', 'replace the file if it exists', false)
  withClientOptions(command, shell).action(async (file: string, options: ClientOptions & { force: boolean }) => {
    const there = statSync(file, { throwIfNoEntry: false })
    if (there && !there.isFile()) throw new CliError(`${file} is not a file`, { mend: 'Name one that ends in .tar.gz' })
    if (there && !options.force) {
      throw new CliError(`${file} exists`, { mend: 'Name another file, or replace it with --force' })
    }
    // Told now, not when the server has made its copy.
    await access(dirname(file), constants.W_OK)
    const response = await apiOf(options, shell).download('/v1/backup', 'application/gzip')
    const line = new ProgressLine(shell)
    const part = `${file}.part`
    let bytes = 0
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        line.update('Backing up', undefined, () => sizeOf(bytes))
        done(null, chunk)
      },
    })
    try {
      const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>)
      await pipeline(body, counted, createWriteStream(part))
      await verify(part)
    } catch (cause) {
      rmSync(part, { force: true })
      if (isDiskFull(cause)) {
        throw new CliError(`The disk is full at ${part}`, { mend: 'Free some space, or name a file elsewhere', cause })
      }
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new CliError(`The backup broke off: ${reason}`, {
        mend: 'Run it again; `espalier doctor` says what is down',
        cause,
      })
    } finally {
      line.clear()
    }
    renameSync(part, file)
    if (options.json) return printJson(shell, { file, bytes })
    shell.out(`${file}: ${sizeOf(bytes)}\n`)
  })
}

/** Unpacks it to nowhere: a server that stopped midway leaves a gzip without its end. */
async function verify(path: string): Promise<void> {
  const { createReadStream } = await import('node:fs')
  const gunzip = createGunzip({ finishFlush: zlib.Z_NO_FLUSH })
  await pipeline(createReadStream(path), gunzip, async function* (chunks) {
    for await (const _ of chunks) yield* []
  })
}

function sizeOf(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1e6).toFixed(1)} MB`
}
