import type { Json } from '@espalier/core'
import { CliError, UsageError } from '../errors.ts'

/** One item of an answer that refuses: what the server says of it. */
export interface Problem {
  readonly code: string
  readonly message: string
  readonly path?: string
  readonly mend?: string
}

/** The server refused, with its own words. */
export class ApiError extends CliError {
  readonly status: number
  readonly code: string
  /** The whole answer, for callers that know more of it. */
  readonly body: unknown
  constructor(status: number, problem: Problem, body: unknown, named: Named = {}) {
    const { path, message, mend } = problem
    // What stands in a path was named on the command line, and is named in the message.
    const where = path && !path.startsWith('path.') && !message.startsWith(path) ? `${path}: ` : ''
    super(asGiven(where + message, named), mend ? { mend: mend === API_MEND ? CLI_MEND : mend } : {})
    this.name = 'ApiError'
    this.status = status
    this.code = problem.code
    this.body = body
  }
}

/** Of what is wrong with a field, for who wrote the request. */
const API_MEND = 'Correct the field that `path` names; /openapi.json describes it.'
const CLI_MEND = 'Correct it; the command’s --help says what it takes'

/**
 * Fields of a request, such as `query.rhythmDays`, `body.touchpoints` or `body.preview.at`, by what they are called on the command line. A
 * field that is not named there has an option of its own name; but of a body only where any are named, or it comes from a file.
 */
export type Named = Readonly<Record<string, string>>

/** What the server says of fields, said of what they were given with. */
function asGiven(text: string, named: Named): string {
  const nameOf = (part: string, name: string) =>
    named[`${part}.${name}`] ?? `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
  const asked = text.replace(/\bquery\.(\w+)/g, (_, name: string) => nameOf('query', name))
  if (Object.keys(named).length === 0) return asked
  return asked.replace(FIELD, (field: string, name: string, rest: string) => {
    const within = rest.replace(/^\[\d+\]/, '').replace(/^\./, ' ')
    return named[field] ?? nameOf('body', name) + within
  })
}

/** A field of a body, and where in it. */
const FIELD = /\bbody\.(\w+)((?:\[\d+\]|\.[\w-]+)*)/g

export interface ApiOptions {
  readonly url: string
  readonly key: string | undefined
  /** Waits for milliseconds: injectable, so that tests do not sleep. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>
}

export interface RequestOptions {
  /** An object, or JSON text. */
  readonly body?: Json
  /** Aborted, nothing is tried again; a request under way is finished. */
  readonly signal?: AbortSignal
  /** How often to try again when the server asks for time (429, 503) or does not answer; 0 unless set. */
  readonly retries?: number
  /** Hears, before each wait for another try, what the server said, or that nobody answers. */
  readonly waiting?: ((reason: string) => void) | undefined
  readonly named?: Named
}

/** A client of the HTTP API, with errors a person can act on. */
export class Api {
  readonly url: string
  readonly #key: string | undefined
  readonly #wait: (ms: number, signal?: AbortSignal) => Promise<void>

  constructor(options: ApiOptions) {
    this.url = normalized(options.url)
    this.#key = options.key
    this.#wait = options.wait ?? pause
  }

  /** `has`: what every answer to this has; one without it is another site's. */
  async get<T extends object>(path: string, has: keyof T & string, options: RequestOptions = {}): Promise<T> {
    return this.asExpected<T>(await this.request('GET', path, options), has)
  }

  /** As `get`. */
  async post<T extends object>(
    path: string,
    body: Json,
    has: keyof T & string,
    options: RequestOptions = {},
  ): Promise<T> {
    return this.asExpected<T>(await this.request('POST', path, { ...options, body }), has)
  }

  /** The parsed answer; throws `ApiError` when the server refuses, `CliError` when nobody answers. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<unknown> {
    const text = await this.#answered(method, path, options, response => response.text())
    if (text === '') return undefined
    try {
      return JSON.parse(text) as unknown
    } catch (cause) {
      throw new CliError(`${this.url} answered something that is not JSON`, { mend: OTHER_SITE, cause })
    }
  }

  /** The answer as what has this member; throws where another site gave it. */
  asExpected<T extends object>(answer: unknown, has: keyof T & string): T {
    if (typeof answer === 'object' && answer !== null && Object.hasOwn(answer, has)) return answer as T
    throw this.#otherSite()
  }

  #otherSite(): CliError {
    return new CliError(`${this.url} answered something that no Espalier does`, { mend: OTHER_SITE })
  }

  /** What is no more afterwards: there is nothing to answer. */
  async remove(path: string): Promise<void> {
    if ((await this.request('DELETE', path)) !== undefined) throw this.#otherSite()
  }

  /** A successful response of this type, its body not read yet. */
  async download(path: string, type: string): Promise<Response> {
    const response = await this.#answered('GET', path, {}, async response => response)
    if (response.headers.get('content-type')?.startsWith(type)) return response
    await response.body?.cancel()
    throw this.#otherSite()
  }

  /** What `read` makes of a successful response; one that breaks off meanwhile is asked for again, as one that never came. */
  async #answered<T>(
    method: string,
    path: string,
    options: RequestOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const isLast = () => attempt >= (options.retries ?? 0) || options.signal?.aborted === true
      let asked: string | null = null
      let problem: Error
      let isForLater = true
      try {
        const response = await this.#fetch(method, path, options)
        if (response.ok) return await read(response)
        asked = response.headers.get('retry-after')
        const refusal = await this.#refusal(response, path, options.named)
        problem = refusal
        isForLater = BUSY.has(response.status) || (GATEWAY.has(response.status) && refusal.code === UNEXPECTED)
      } catch (error) {
        problem = this.#unreachable(error)
      }
      if (!isForLater || isLast()) throw problem
      options.waiting?.(problem.message)
      await this.#wait(retryAfter(asked, attempt), options.signal)
      if (options.signal?.aborted) throw new CliError('Interrupted')
    }
  }

  async #fetch(method: string, path: string, options: RequestOptions): Promise<Response> {
    const { body } = options
    const headers: Record<string, string> = { accept: 'application/json' }
    if (this.#key) headers.authorization = `Bearer ${this.#key}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    return fetch(this.url + path, {
      method,
      headers,
      // What is sent on loses its body, or its key.
      redirect: 'manual',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }

  #unreachable(cause: unknown): Error {
    const code = codeOf(cause)
    const said = code === '' ? '' : ` (${code})`
    if (PLAIN_ANSWER.has(code)) {
      return new CliError(`${this.url} does not answer by TLS${said}`, {
        mend: 'Write http:// in --url or ESPALIER_URL, or name the port that has TLS',
        cause,
      })
    }
    if (CERTIFICATE.test(code)) {
      return new CliError(`The certificate of ${this.url} is not trusted${said}`, {
        mend: 'Let NODE_EXTRA_CA_CERTS name the file of the authority that signed it, or have the certificate mended',
        cause,
      })
    }
    return new CliError(`No Espalier answers at ${this.url}${said}`, {
      mend: 'Start one with `espalier start`, or name another with --url or ESPALIER_URL',
      cause,
    })
  }

  async #refusal(response: Response, path: string, named: Named | undefined): Promise<ApiError> {
    const { status } = response
    const text = await response.text()
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch {
      body = undefined
    }
    const problem = (body as { error?: Problem } | undefined)?.error
    if (status === 401 && !this.#key) {
      return new ApiError(401, { code: 'unauthorized', message: 'A secret key is needed', mend: KEY_MEND }, body)
    }
    if (typeof problem?.message !== 'string') return new ApiError(status, this.#unexpected(response, path), body)
    const base = new URL(this.url).pathname
    if (status === 404 && base !== '/' && problem.message.includes(` ${base}/`)) {
      const mend = `Write --url without ${base}: this server has nothing below it`
      return new ApiError(status, { code: problem.code, message: problem.message, mend }, body)
    }
    return new ApiError(status, problem, body, named)
  }

  /** An answer that no Espalier gives. */
  #unexpected(response: Response, path: string): Problem {
    const { status, statusText } = response
    const target = response.headers.get('location')
    if (status >= 300 && status < 400 && target !== null) {
      const { href } = new URL(target, this.url)
      const mend = href.endsWith(path) ? `Name ${href.slice(0, -path.length)} with --url or ESPALIER_URL` : OTHER_SITE
      return { code: UNEXPECTED, message: `${this.url} sends on to ${href}`, mend }
    }
    const message = `${this.url} answered ${status} ${statusText}`.trim()
    if (status === 404) return { code: UNEXPECTED, message, mend: `${OTHER_SITE}, and one of this version` }
    if (!GATEWAY.has(status) && !BUSY.has(status)) return { code: UNEXPECTED, message, mend: OTHER_SITE }
    return { code: UNEXPECTED, message, mend: 'A proxy finds no Espalier behind it: see that one runs there' }
  }
}

/** Of an answer that is not Espalier's. */
const UNEXPECTED = 'unexpected'
const OTHER_SITE = 'Check that --url names an Espalier server, not a proxy or another site'
/** The server asks for time. */
const BUSY = new Set([429, 503])
/** A proxy says that the server did not answer. */
const GATEWAY = new Set([502, 504])
/** Something without TLS answered. */
const PLAIN_ANSWER = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'])
const CERTIFICATE = /CERT|ISSUER|VERIFY_LEAF_SIGNATURE|ERR_TLS/

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}

const KEY_MEND = 'Give it with --key or ESPALIER_SECRET_KEY; `espalier start` shows it once when it makes it'

/** Milliseconds to wait: what the server asked for (seconds), else doubling from 0.2 s to 10 s. */
function retryAfter(header: string | null, attempt: number): number {
  const seconds = header === null ? Number.NaN : Number(header)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 60) * 1000 : Math.min(200 * 2 ** attempt, 10_000)
}

/** Over after so many milliseconds, or when it is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
    if (signal?.aborted) done()
  })
}

function normalized(url: string): string {
  try {
    const { protocol, origin, pathname, search, hash, username, password } = new URL(url)
    if (username !== '' || password !== '') {
      throw new UsageError('--url holds a user or a password', 'Leave it out, and give the key with --key')
    }
    const isPlain = (protocol === 'http:' || protocol === 'https:') && search === '' && hash === ''
    if (isPlain) return origin + pathname.replace(/\/+$/, '')
  } catch (error) {
    if (error instanceof CliError) throw error
  }
  throw new UsageError(`${url} is not the address of a server`, 'Write it as http://127.0.0.1:8080')
}
