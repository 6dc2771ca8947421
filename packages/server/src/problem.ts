/**
 * The error catalogue: every code the HTTP API answers with, its status and what the caller can do. Codes are stable; the
 * messages may become clearer.
 */
export const problems = {
  not_json: { status: 400, mend: 'Send one JSON object in UTF-8.' },
  not_utf8: { status: 400, mend: 'Encode the body in UTF-8.' },
  bad_encoding: {
    status: 400,
    mend: 'Compress with gzip or deflate and say so in Content-Encoding, or send it plain.',
  },
  too_deep: { status: 400, mend: 'Nest objects and arrays at most 64 deep.' },
  too_large: { status: 413, mend: 'Send smaller parts.' },
  invalid: { status: 400, mend: 'Correct the field that `path` names; /openapi.json describes it.' },
  body_invalid: { status: 400, mend: 'Send {"batch": [...]} with up to 2,500 events.' },
  batch_missing: { status: 400, mend: 'Send {"batch": [...]} with up to 2,500 events.' },
  batch_too_long: { status: 400, mend: 'Send the events in several requests of up to 2,500.' },
  context_invalid: { status: 400, mend: 'Send a JSON object as context, or none.' },
  context_too_large: { status: 400, mend: 'Send the context with the events that need it.' },
  nothing_kept: { status: 400, mend: 'Correct the items as `errors` says; nothing of this request was stored.' },
  no_key: { status: 401, mend: 'Send the key as HTTP Basic user, as Bearer token or as writeKey in the body.' },
  unknown_key: { status: 401, mend: 'Use a key that `espalier keys list` names; a revoked one stays revoked.' },
  wrong_key: { status: 403, mend: 'This needs a secret key, which belongs on servers only.' },
  not_admin: { status: 403, mend: 'Use the key of the option adminKey; without that option nobody may.' },
  user_hash_required: {
    status: 403,
    mend: 'Send userHash, the hex HMAC-SHA256 of the userId under the identity secret, made on your server.',
  },
  link_required: { status: 403, mend: 'Use a secret key, or a link made with one by POST /v1/links.' },
  bad_link: { status: 403, mend: 'Make a new link by POST /v1/links.' },
  consent_refused: { status: 403, mend: 'Nothing: the person may permit it, and nobody else can.' },
  offer_expired: { status: 410, mend: 'Nothing: its time is over, and what was reserved for it is free again.' },
  offer_used: { status: 409, mend: 'Nothing: it is for once, and another code of it was used.' },
  not_found: { status: 404, mend: 'Check how it is written.' },
  method_not_allowed: { status: 405, mend: 'Use a method that the header Allow names.' },
  conflict: { status: 409, mend: 'Somebody else published meanwhile: pull, compare and push again.' },
  not_merged: {
    status: 422,
    mend: 'Name sources of this person, or identifiers of theirs, but not all; GET /v1/profiles/{ref}/identity lists them.',
  },
  identity_refused: { status: 422, mend: 'GET /v1/profiles/{ref}/identity says who they are.' },
  log_expired: { status: 422, mend: 'It cannot be undone any more: whose the removed events were is not known.' },
  log_too_long: {
    status: 422,
    mend: 'Such a person is hardly one: block the identifier that unites them in the settings.',
  },
  invalid_definition: { status: 422, mend: 'Correct what `errors` names; nothing was published.' },
  missing_rates: { status: 422, mend: 'Import the missing daily rates by POST /v1/rates.' },
  report_too_large: {
    status: 422,
    mend: 'Ask for a shorter time with from and to, or let the operator raise warehouseMemory.',
  },
  too_busy: { status: 429, mend: 'Wait as long as Retry-After says and send it again; nothing of it was stored.' },
  held_back: {
    status: 429,
    mend: 'Wait as long as Retry-After says and send it again; the option newPeople sets the rate.',
  },
  full: { status: 429, mend: 'Nothing more can be stored until the operator makes room or the warehouse catches up.' },
  unsupported: { status: 501, mend: 'This engine cannot do it; the message says what can.' },
  unavailable: { status: 503, mend: 'Try again shortly; `espalier doctor` says what is down.' },
  warehouse_unavailable: {
    status: 503,
    mend: 'Reports wait for the warehouse; events and decisions go on. `espalier doctor` says more.',
  },
  report_timeout: { status: 504, mend: 'Ask for a shorter time with from and to, or again when less is going on.' },
  internal: { status: 500, mend: 'This is our mistake: the server’s log has the details under this requestId.' },
} as const satisfies Record<string, { status: number; mend: string }>

export type ProblemCode = keyof typeof problems

/** What a body may hold beside `error`; the OpenAPI document describes each. */
export type ExtraMember = 'success' | 'errors' | 'missingRates'

export interface ProblemDetails {
  /** Where in the request, as a path such as `touchpoints[2]`. */
  readonly path?: string
  readonly mend?: string
  /** Overrides the code's usual status: tracking answers 400 where others answer 413. */
  readonly status?: number
  /** Seconds until it is worth trying again. */
  readonly retryAfter?: number
  /** What more the body holds beside `error`. */
  readonly extra?: Readonly<Partial<Record<ExtraMember, unknown>>>
  readonly cause?: unknown
}

/** An error a caller can act on; everything else that is thrown is `internal`. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly details: ProblemDetails

  constructor(code: ProblemCode, message: string, details: ProblemDetails = {}) {
    super(message, { cause: details.cause })
    this.name = 'Problem'
    this.code = code
    this.details = details
  }

  get status(): number {
    return this.details.status ?? problems[this.code].status
  }

  body(): Record<string, unknown> {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(this.details.path === undefined ? {} : { path: this.details.path }),
        mend: this.details.mend ?? problems[this.code].mend,
      },
      ...this.details.extra,
    }
  }
}

/** What is wrong with one item of a batch. */
export interface ItemError {
  readonly index: number
  readonly code: string
  readonly message: string
}

/** The server cannot start: one line that says why and what to do. The CLI prints it and exits with 1. */
export class StartError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StartError'
  }
}
