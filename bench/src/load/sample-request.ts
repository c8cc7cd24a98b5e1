/** The request of every load: of the size that an app's API call has. */
export const sampleRequest = {
  method: 'GET',
  path: '/v1/orders?limit=20',
  fields: [
    ['user-agent', 'WalletApp/2.1.0 (Android 16; Pixel 10)'],
    ['accept', 'application/json'],
    ['accept-encoding', 'gzip'],
    ['accept-language', 'en-GB'],
    ['authorization', `Bearer ${'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9'.padEnd(180, 'a')}`],
  ],
} as const

/** The same request in HTTP/1.1. */
export function http1Request(authority: string, path: string = sampleRequest.path): Buffer {
  const fields = sampleRequest.fields.map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(
    `${sampleRequest.method} ${path} HTTP/1.1\r\nhost: ${authority}\r\n${fields.join('')}\r\n`,
    'latin1',
  )
}
