import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Problem } from '../problem.ts'

/** What Node says of a request that it could not read as HTTP. */
type Unread = Error & { readonly code?: string }

/** Answers what is no HTTP, or too slow or too much of it, and so reaches no route; then its connection is closed. */
export function answerMalformed(error: Unread, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (socket.writable) {
    const { status, body } = textOf(problemOf(error))
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8`
    socket.write(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  socket.destroy(error)
}

function textOf(problem: Problem): { status: number; body: string } {
  return { status: problem.status, body: JSON.stringify(problem.body()) }
}

function problemOf(cause: Unread): Problem {
  switch (cause.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('invalid', 'The request did not arrive in time.', {
        status: 408,
        mend: 'Send it in one go, in smaller parts where the line is slow.',
        cause,
      })
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('invalid', 'The address and the headers are together larger than 16 KB.', {
        status: 431,
        mend: 'Send fewer or shorter headers, cookies among them; what is long belongs in the body.',
        cause,
      })
    default:
      return new Problem('invalid', `The request is no HTTP that can be read: ${cause.message}.`, {
        mend: 'Let an HTTP client write it: lengths, chunks and headers as HTTP/1.1 has them, without TLS here.',
        cause,
      })
  }
}
