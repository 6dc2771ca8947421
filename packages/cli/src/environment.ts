import { homedir } from 'node:os'
import { join } from 'node:path'

/** The environment variables the command reads, all of them (those of `start` are the server's options). */
export interface Environment {
  readonly url: string
  readonly secretKey: string | undefined
  /** Folder for what may be lost: how far an interrupted import came. */
  readonly cache: string
  readonly colour: boolean | undefined
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return {
    url: env.ESPALIER_URL || 'http://127.0.0.1:8080',
    secretKey: env.ESPALIER_SECRET_KEY || undefined,
    cache: join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'espalier'),
    colour: env.NO_COLOR ? false : env.FORCE_COLOR ? true : undefined,
  }
}
