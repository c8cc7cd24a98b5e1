import type { LoadTarget } from './load.ts'

/** The request of every load: of the size that an app's API call has. */
export const sampleRequest = {
  method: 'GET',
  path: '/v1/orders?limit=20',
  fields: [
    ['user-agent', 'WalletApp/2.1.0 (Android 16; Pixel 10)'],
    ['accept', 'application/json'],
    ['accept-encoding', 'gzip'],
    ['accept-language', 'en-GB'],
  ],
} as const

/** Its fields, with the access token of the user. */
export function sampleFields({
  authorization,
}: LoadTarget['site']): readonly (readonly [name: string, value: string])[] {
  return [...sampleRequest.fields, ['authorization', authorization]]
}

/** The same request in HTTP/1.1. */
export function http1Request(site: LoadTarget['site']): Buffer {
  const fields = sampleFields(site).map(([name, value]) => `${name}: ${value}\r\n`)
  const { method, path } = sampleRequest
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nhost: ${site.serverName}\r\n${fields.join('')}\r\n`,
    'latin1',
  )
}
