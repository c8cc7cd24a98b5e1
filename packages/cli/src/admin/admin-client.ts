import { request } from 'node:https'
import { isReasonCode, Problem } from '@sallyport/problem'
import { type AdminOperations, adminOperations, type Proposal } from './admin-operations.ts'

/** Answers of the admin API are pages; anything larger is not from it. */
const maxAnswerBytes = 16 * 1024 * 1024

export type AdminClient = {
  readonly url: string
  /** Calls an operation of the API; the decoded body of its answer. */
  call<Name extends keyof AdminOperations>(
    name: Name,
    ...given: Given<AdminOperations[Name]>
  ): Promise<AdminOperations[Name]['answer']>
  /** The authority's clock less ours in milliseconds, as of the last answer; to the second. */
  clockOffsetMs(): number | undefined
}

/** What a call is given beside the name of its operation: nothing where nothing must be. */
type Given<Operation> =
  object extends Omit<Operation, 'answer'>
    ? [input?: Omit<Operation, 'answer'>]
    : [input: Omit<Operation, 'answer'>]

type Parts = {
  path?: Readonly<Record<string, string | number>>
  query?: Query
  body?: unknown
}

type Query = Readonly<Record<string, string | number | undefined>>

export type AdminClientOptions = {
  /** Origin, https. */
  url: string
  /** PEM. The public CAs where it is left out. */
  ca?: string
  /** Sent as a bearer token. */
  token?: string
  timeoutMs?: number
}

/**
 * A client of the admin API: JSON over verified TLS, one connection a request.
 *
 * Calls throw the Problem that the authority answered with, `connection_failed` where it could not
 * be reached or verified. Answers are not validated: they come from our own authority, over TLS.
 */
export function createAdminClient(options: AdminClientOptions): AdminClient {
  let offsetMs: number | undefined
  const ask = async <T>(method: string, path: string, body?: string): Promise<T> => {
    const answer = await exchange(options, method, path, body)
    if (answer.date !== undefined) offsetMs = answer.date - Date.now()
    const value = decode(answer.body, options.url)
    if (answer.status === 202) throw proposed(value)
    if (answer.status >= 200 && answer.status < 300) return value as T
    throw refusal(answer.status, value, `${method} ${path.split('?')[0]}`)
  }
  return {
    url: options.url,
    call(name, ...[input]) {
      const { method, path } = adminOperations[name]
      const parts: Parts = input ?? {}
      const at = filled(path, parts.path ?? {}) + queryString(parts.query ?? {})
      const body = method === 'GET' ? undefined : JSON.stringify(parts.body ?? {})
      return ask(method, at, body)
    },
    clockOffsetMs: () => offsetMs,
  }
}

/** A path of the description with its parameters in it. */
function filled(path: string, parameters: NonNullable<Parts['path']>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(parameters[name])),
  )
}

function queryString(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 0) return ''
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`
}

/** `date`: the header of that name, milliseconds. */
type Answer = { status: number; body: string; date: number | undefined }

function exchange(
  options: AdminClientOptions,
  method: string,
  path: string,
  body: string | undefined,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const sent = request(new URL(path, options.url), {
    method,
    agent: false,
    signal: AbortSignal.timeout(options.timeoutMs ?? 15_000),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    headers: {
      accept: 'application/json',
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  })
  const fail = (cause: Error): void => reject(unreachable(options.url, cause))
  sent.on('error', fail)
  sent.on('response', (response) => {
    const chunks: Buffer[] = []
    let length = 0
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > maxAnswerBytes) sent.destroy(new Error('the answer is too large'))
      else chunks.push(chunk)
    })
    response.on('error', fail)
    response.on('end', () => {
      const date = Date.parse(response.headers.date ?? '')
      resolve({
        status: response.statusCode ?? 0,
        body: Buffer.concat(chunks).toString('utf8'),
        // The header was cut off to the second: half a second of it is missing on average.
        date: Number.isNaN(date) ? undefined : date + 500,
      })
    })
  })
  sent.end(body)
  return promise
}

function decode(body: string, url: string): unknown {
  if (body === '') return {}
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new Problem('connection_failed', {
      detail: `${url} answered with something other than JSON: it is not the admin listener`,
      cause,
    })
  }
}

/** Nothing was done yet: the call is kept until somebody else agrees. */
function proposed(value: unknown): Problem {
  const { proposal } = value as { proposal: Proposal }
  return new Problem('second_person_needed', {
    detail: `${proposal.why}. Proposed as ${proposal.id}, until ${proposal.expiresAt}`,
    expected: `of somebody else: sallyport proposals agree ${proposal.id}`,
  })
}

/** The authority's refusal as it would have been thrown there. */
function refusal(status: number, value: unknown, what: string): Problem {
  const body = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  const text = (name: string): string | undefined => {
    const member = body[name]
    return typeof member === 'string' ? member : undefined
  }
  const code = text('code')
  const [detail, expected, found] = [text('detail'), text('expected'), text('found')]
  if (code !== undefined && isReasonCode(code)) {
    return new Problem(code, {
      ...(detail === undefined ? {} : { detail }),
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
    })
  }
  return new Problem('internal_error', {
    detail: `${what} was answered with ${status}${detail === undefined ? '' : `: ${detail}`}`,
  })
}

/** What went wrong below HTTP, by the code of the error: what a person would try next. */
const hints: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: start it with `sallyport serve`',
  ENOTFOUND: 'the name does not resolve',
  ABORT_ERR: 'no answer in time',
  TIMEOUT_ERR: 'no answer in time',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not from the CA in admin.caFile',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not from the CA in admin.caFile',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not from the CA in admin.caFile',
  CERT_SIGNATURE_FAILURE: 'its certificate is not from the CA in admin.caFile',
  CERT_HAS_EXPIRED:
    'its certificate has expired (renew it there: `sallyport certificates renew`), or the clock here is ahead',
  CERT_NOT_YET_VALID:
    'its certificate is not valid yet: one of the clocks, here or there, is wrong',
  EPROTO: 'what listens there does not speak TLS: it is not the admin listener',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

function unreachable(url: string, cause: Error): Problem {
  const code = 'code' in cause ? String(cause.code) : cause.name
  const hint = hints[code] ?? cause.message
  return new Problem('connection_failed', { detail: `${url}: ${hint} (${code})`, cause })
}
