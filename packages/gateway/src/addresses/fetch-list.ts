import https from 'node:https'
import type { FetchedList } from './address-plan.ts'

/** The largest lists that are published have 3 MiB. */
const maxBytes = 16 * 1024 * 1024

/** From the first look-up of its name to the last byte. */
export const fetchTimeoutMs = 60_000

/**
 * Fetches a list. Redirects are not followed: whoever moves a list tells where to, and its operator
 * writes that down.
 *
 * @throws Error in words for the operator: what the server did instead
 */
export function fetchList({ url, ca }: FetchedList, timeoutMs = fetchTimeoutMs): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const headers = { accept: 'text/plain, */*', 'user-agent': 'sallyport' }
    const options = { signal, headers, agent: false, ...(ca === undefined ? {} : { ca }) }
    const failed = (error: Error) =>
      reject(signal.aborted ? new Error(`no whole list within ${timeoutMs / 1_000} s`) : error)
    const request = https.get(url, options, (response) => {
      const { statusCode = 0 } = response
      if (statusCode !== 200) {
        request.destroy()
        reject(new Error(`answered ${statusCode}${redirected(response.headers.location)}`))
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
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    })
    request.on('error', failed)
  })
}

function redirected(location: string | undefined): string {
  return location === undefined ? '' : `, to ${location.slice(0, 200)}: redirects are not followed`
}
