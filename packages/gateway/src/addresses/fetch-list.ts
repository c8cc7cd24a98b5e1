import type { IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import type { FetchedList } from './address-plan.ts'

/** The largest lists that are published have 3 MiB. */
const maxBytes = 16 * 1024 * 1024

/** From the first look-up of its name to the last byte. */
export const fetchTimeoutMs = 60_000

/** By which a server tells whether a list is still the one that it gave (RFC 9110 §8.8). */
export type Validators = {
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
}

export type FetchedText = { readonly text: string; readonly validators: Validators }

export type FetchOptions = {
  /** Of the list that is held; empty where none is. */
  readonly held?: Validators
  readonly timeoutMs?: number
}

/**
 * Fetches a list, unless it is still the one that is held. Redirects are not followed: whoever moves a
 * list tells where to, and its operator writes that down.
 *
 * @returns undefined where the server says that nothing has changed (304)
 * @throws Error in words for the operator: what the server did instead
 */
export function fetchList(
  { url, ca }: FetchedList,
  { held = {}, timeoutMs = fetchTimeoutMs }: FetchOptions = {},
): Promise<FetchedText | undefined> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const conditions = conditionsOf(held)
    const headers = { accept: 'text/plain, */*', 'user-agent': 'sallyport', ...conditions }
    const options = { signal, headers, agent: false, ...(ca === undefined ? {} : { ca }) }
    const failed = (error: Error) =>
      reject(signal.aborted ? new Error(`no whole list within ${timeoutMs / 1_000} s`) : error)
    const request = https.get(url, options, (response) => {
      const { statusCode = 0 } = response
      const isUnchanged = statusCode === 304 && Object.keys(conditions).length > 0
      if (isUnchanged || statusCode !== 200) {
        request.destroy()
        if (isUnchanged) resolve(undefined)
        else reject(new Error(`answered ${statusCode}${redirected(response.headers.location)}`))
        return
      }
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxBytes) {
          request.destroy()
          reject(new Error(`more than ${maxBytes} bytes`))
        } else chunks.push(chunk)
      })
      response.on('error', failed)
      response.on('aborted', () => failed(new Error('the server broke off')))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ text, validators: validatorsOf(response.headers) })
      })
    })
    request.on('error', failed)
  })
}

/** RFC 9110 §13.1.2: where there is an entity tag, it alone decides. */
function conditionsOf({ etag, lastModified }: Validators): Record<string, string> {
  if (etag !== undefined) return { 'if-none-match': etag }
  return lastModified === undefined ? {} : { 'if-modified-since': lastModified }
}

const validator = /^[\x20-\x7e]{1,256}$/

function validatorsOf(headers: IncomingHttpHeaders): Validators {
  const { etag = '', 'last-modified': lastModified = '' } = headers
  return {
    ...(validator.test(etag) ? { etag } : {}),
    ...(validator.test(lastModified) ? { lastModified } : {}),
  }
}

function redirected(location: string | undefined): string {
  return location === undefined ? '' : `, to ${location.slice(0, 200)}: redirects are not followed`
}
