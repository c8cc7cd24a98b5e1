import type { RequestHead } from '../exchange/request-head.ts'
import { readEscapedPem } from '../forwarded/escaped-pem.ts'
import {
  type ForwardedChain,
  maxFieldCharacters,
  noChain,
  unreadable,
} from '../forwarded/forwarded-chain.ts'
import { checkTold } from './check-told.ts'
import type { DecisionAnswer } from './decider.ts'
import type { AskedRequest } from './decision-head.ts'

/** `CheckRequest`, as proto-loader gives it: only what is read here. */
export type CheckRequest = {
  readonly attributes?: {
    readonly source?: {
      readonly address?: { readonly socketAddress?: { readonly address?: string } }
      readonly certificate?: string
    }
    readonly request?: { readonly http?: CheckedHttp }
    readonly contextExtensions?: Readonly<Record<string, string>>
  }
}
type CheckedHttp = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly headerMap?: { readonly headers?: readonly HeaderValue[] }
  readonly path?: string
  readonly host?: string
  readonly scheme?: string
  readonly protocol?: string
}
type HeaderValue = { readonly key?: string; readonly value?: string; readonly rawValue?: Buffer }

/** What a request was, or why the call says too little. */
export function askedRequest({
  attributes,
}: CheckRequest): AskedRequest | { readonly bad: string } {
  const http = attributes?.request?.http
  const address = attributes?.source?.address?.socketAddress?.address
  if (http?.method === undefined || http.method === '') return { bad: 'no method' }
  if (http.path === undefined || http.path === '') return { bad: 'no path' }
  if (address === undefined || address === '') return { bad: 'no address of the client' }
  if (http.scheme !== 'https') return { bad: 'the scheme is not https: devices come over TLS' }
  return checkTold({
    httpVersion: versions.get(http.protocol ?? '') ?? '1.1',
    method: http.method,
    target: http.path,
    authority: http.host === '' ? undefined : http.host,
    rawHeaders: fieldsOf(http),
    contentLength: undefined,
    address,
    shown: shownCertificate(attributes?.source?.certificate),
  })
}

const versions: ReadonlyMap<string, RequestHead['httpVersion']> = new Map([
  ['HTTP/1.0', '1.0'],
  ['HTTP/1.1', '1.1'],
  ['HTTP/2', '2'],
  ['HTTP/3', '2'],
])

/** Envoy writes the leaf as PEM, percent-encoded. */
function shownCertificate(text: string | undefined): ForwardedChain {
  if (text === undefined || text === '') return noChain
  return text.length > maxFieldCharacters
    ? unreadable(`${text.length} characters`)
    : readEscapedPem(text)
}

// With encode_raw_headers every field comes by itself, so that two Authorization fields can be told from one.
function fieldsOf({ headers, headerMap }: CheckedHttp): string[] {
  const fields: string[] = []
  const add = (key: string, value: string): void => {
    if (!key.startsWith(':') && key !== 'host') fields.push(key, value)
  }
  if (headerMap?.headers !== undefined && headerMap.headers.length > 0) {
    for (const { key = '', value = '', rawValue } of headerMap.headers) {
      const isRaw = rawValue !== undefined && rawValue.length > 0
      add(key, isRaw ? rawValue.toString('latin1') : value)
    }
  } else for (const [key, value] of Object.entries(headers ?? {})) add(key, value)
  return fields
}

type HeaderOption = {
  readonly header: { readonly key: string; readonly value: string }
  /** Replaces what the request or answer has of this name. */
  readonly appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD'
}

/** `CheckResponse`. The codes are those of google.rpc.Code. */
export type CheckResponse = {
  readonly status: { readonly code: number }
  readonly okResponse?: {
    readonly headers: readonly HeaderOption[]
    readonly headersToRemove: readonly string[]
    readonly responseHeadersToAdd: readonly HeaderOption[]
  }
  readonly deniedResponse?: {
    readonly status: { readonly code: number }
    readonly headers: readonly HeaderOption[]
    readonly body: string
  }
}

const ok = 0
const permissionDenied = 7

export function checkResponse(answer: DecisionAnswer, removed: readonly string[]): CheckResponse {
  const { isAllowed, toService, toClient, upstream, status, body } = answer
  if (!isAllowed) {
    return {
      status: { code: permissionDenied },
      deniedResponse: {
        status: { code: status },
        headers: options(toClient),
        body: body.toString(),
      },
    }
  }
  const set = upstream === undefined ? toService : [...toService, 'Sallyport-Upstream', upstream]
  const names = new Set<string>()
  for (let index = 0; index < set.length; index += 2) names.add((set[index] ?? '').toLowerCase())
  return {
    status: { code: ok },
    okResponse: {
      headers: options(set),
      headersToRemove: removed.filter((name) => !names.has(name)),
      responseHeadersToAdd: options(toClient),
    },
  }
}

function options(fields: readonly string[]): HeaderOption[] {
  const list: HeaderOption[] = []
  for (let index = 0; index < fields.length; index += 2) {
    // Not raw_value, which Envoy does not read in an answer.
    const header = { key: (fields[index] ?? '').toLowerCase(), value: fields[index + 1] ?? '' }
    list.push({
      header,
      appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD',
    })
  }
  return list
}
