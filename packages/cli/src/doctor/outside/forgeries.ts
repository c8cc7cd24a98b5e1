/** What somebody outside claims to be: a certificate without its key. */
export type ForgedIdentity = { readonly name: string; readonly der: Buffer }

/** Fields that claim an identity which the connection does not have. */
export type Forgery = { readonly name: string; readonly fields: readonly string[] }

/** By name of whoever writes such fields where they are believed. */
const certificateForms: Readonly<Record<string, (der: Buffer) => readonly string[]>> = {
  'Client-Cert (RFC 9440)': (der) => [
    `Client-Cert: :${der.toString('base64')}:`,
    `Client-Cert-Chain: :${der.toString('base64')}:`,
  ],
  'X-Client-Cert-Leaf (Google Cloud)': (der) => [
    `X-Client-Cert-Leaf: :${der.toString('base64')}:`,
    'X-Client-Cert-Present: true',
    'X-Client-Cert-Chain-Verified: true',
  ],
  'X-Forwarded-Client-Cert (Envoy)': (der) => [
    `X-Forwarded-Client-Cert: By=a;Hash=00;Cert="${escaped(der)}";Chain="${escaped(der)}"`,
  ],
  'ssl-client-cert (nginx)': (der) => [
    `ssl-client-cert: ${escaped(der)}`,
    `X-SSL-Cert: ${escaped(der)}`,
    'ssl-client-verify: SUCCESS',
    'X-SSL-Client-Verify: SUCCESS',
  ],
  'X-SSL-Client-Cert (HAProxy, Caddy)': (der) => [`X-SSL-Client-Cert: ${der.toString('base64')}`],
  'X-Forwarded-Tls-Client-Cert (Traefik)': (der) => [
    `X-Forwarded-Tls-Client-Cert: ${der.toString('base64')}`,
  ],
  'X-Amzn-Mtls-Clientcert (AWS)': (der) => [
    `X-Amzn-Mtls-Clientcert: ${escaped(der)}`,
    `X-Amzn-Mtls-Clientcert-Leaf: ${escaped(der)}`,
  ],
  'CloudFront-Viewer-Cert-Pem (AWS)': (der) => [`CloudFront-Viewer-Cert-Pem: ${escaped(der)}`],
  'Cf-Client-Cert-Der-Base64 (Cloudflare)': (der) => [
    `Cf-Client-Cert-Der-Base64: ${der.toString('base64')}`,
    'Cf-Cert-Verified: true',
  ],
}

// Who believes the field answers otherwise, be it only that the address cannot be read.
const plainForgeries: readonly Forgery[] = [
  { name: 'X-Forwarded-For: 127.0.0.1', fields: ['X-Forwarded-For: 127.0.0.1'] },
  { name: 'X-Forwarded-For: not an address', fields: ['X-Forwarded-For: unreadable'] },
  { name: 'Forwarded: not an address', fields: ['Forwarded: for=_unreadable;proto=https'] },
  {
    name: 'Forwarded: for=127.0.0.1',
    fields: ['Forwarded: for=127.0.0.1;host=localhost;proto=http'],
  },
  {
    name: 'X-Real-IP and its kin',
    fields: ['X-Real-IP: 127.0.0.1', 'Cf-Connecting-IP: 127.0.0.1'],
  },
  { name: 'X-Forwarded-Host', fields: ['X-Forwarded-Host: localhost'] },
  { name: 'X-Forwarded-Proto: http', fields: ['X-Forwarded-Proto: http'] },
  {
    name: 'Sallyport-Device',
    fields: ['Sallyport-Device: dev_aaaaaaaaaaaaaaaaaaaaaaaaaa; app=app; assurance=strongbox'],
  },
  {
    name: 'Sallyport-Hop-Secret',
    fields: ['Sallyport-Hop-Secret: 00000000000000000000000000000000'],
  },
]

export function forgeries(identities: readonly ForgedIdentity[]): Forgery[] {
  const certificates = identities.flatMap(({ name, der }) =>
    Object.entries(certificateForms).map(([form, fieldsOf]) => ({
      name: `${form} with ${name}`,
      fields: [...fieldsOf(der), 'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: https'],
    })),
  )
  return [...certificates, ...plainForgeries]
}

const address2 = Buffer.from([192, 0, 2, 1, 192, 0, 2, 2, 0x9c, 0x40, 1, 0xbb])

/** Headers of the PROXY protocol, which stand before the ClientHello where they are believed. */
export const preambles: readonly { readonly name: string; readonly bytes: Buffer }[] = [
  {
    name: 'PROXY protocol, version 1',
    bytes: Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 40000 443\r\n'),
  },
  {
    name: 'PROXY protocol, version 2',
    bytes: Buffer.concat([
      Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'),
      Buffer.from([0x21, 0x11, 0, address2.length]),
      address2,
    ]),
  },
]

function escaped(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return encodeURIComponent(
    `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  )
}
