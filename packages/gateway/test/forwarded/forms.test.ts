import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type ForwardedChain,
  maxCertificateBytes,
  maxCertificates,
} from '../../src/forwarded/forwarded-chain.ts'
import { formNames, forms } from '../../src/forwarded/forms.ts'
import {
  type ForwardedForm,
  forwardedChainReader,
} from '../../src/forwarded/read-forwarded-chain.ts'
import { lookUpHeader, countHeader } from '../../src/exchange/header-lookup.ts'

/** A DER sequence of so many bytes of content. */
function der(content: Uint8Array): Buffer {
  const { length } = content
  const head =
    length < 0x80
      ? [0x30, length]
      : length < 0x100
        ? [0x30, 0x81, length]
        : [0x30, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

const leaf = der(Buffer.alloc(700, 0xfb))
const issuer = der(Buffer.alloc(100, 0xff))
const other = der(Buffer.alloc(3, 1))

const pem = (bytes: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${(bytes.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`
/** As `ngx_escape_uri` and Envoy do. */
const escaped = (text: string) => encodeURIComponent(text)
/** As AWS does: the characters of base64 stay. */
const awsEscaped = (text: string) =>
  escaped(text).replaceAll('%2B', '+').replaceAll('%2F', '/').replaceAll('%3D', '=')
const sequence = (bytes: Buffer) => `:${bytes.toString('base64')}:`
const base64 = (bytes: Buffer) => bytes.toString('base64')

function read(form: ForwardedForm, ...rawHeaders: string[]): ForwardedChain {
  return forwardedChainReader(form)({
    header: (name) => lookUpHeader(rawHeaders, name),
    headerCount: (name) => countHeader(rawHeaders, name),
  })
}

function assertChain(read: ForwardedChain, ...expected: Buffer[]): void {
  assert.equal(read.state, 'read', read.state === 'refused' ? read.found : '')
  assert(read.state === 'read')
  assert.deepEqual(read.chain, expected)
}

function assertRefused(read: ForwardedChain, found?: RegExp): void {
  assert.equal(read.state, 'refused')
  assert(read.state === 'refused')
  assert.equal(read.code, 'forwarded_certificate_invalid')
  if (found !== undefined) assert.match(read.found, found)
}

test('RFC 9440: the certificate and its chain are byte sequences', () => {
  const form = { form: 'rfc9440' } as const
  assertChain(read(form, 'Client-Cert', sequence(leaf)), leaf)
  const chain = `${sequence(issuer)} ,\t${sequence(other)}`
  assertChain(
    read(form, 'Client-Cert', sequence(leaf), 'Client-Cert-Chain', chain),
    leaf,
    issuer,
    other,
  )
  assertRefused(read(form, 'Client-Cert', base64(leaf)))
  assertRefused(read(form, 'Client-Cert', `${sequence(leaf)};a=1`))
  assertRefused(read(form, 'Client-Cert', sequence(leaf), 'Client-Cert-Chain', ':!:'))
})

test('Google Cloud writes RFC 9440 under names that its operator chooses', () => {
  const form = {
    form: 'rfc9440',
    field: 'X-Client-Cert-Leaf',
    chainField: 'X-Client-Cert-Chain',
  } as const
  const names = ['x-client-cert-leaf', sequence(leaf), 'X-CLIENT-CERT-CHAIN', sequence(issuer)]
  assertChain(read(form, ...names), leaf, issuer)
  // The name that stands in the RFC means nothing then.
  assert.equal(read(form, 'Client-Cert', sequence(other)).state, 'none')
})

test('Envoy: Cert, Chain, quoted and not, and what stands beside them', () => {
  const form = { form: 'xfcc' } as const
  const field = 'X-Forwarded-Client-Cert'
  const cert = `Cert="${escaped(pem(leaf))}"`
  const chain = `Chain="${escaped(pem(leaf) + pem(issuer))}"`
  assertChain(read(form, field, `By=spiffe://a/b;Hash=00;${cert};URI=spiffe://c/d;URI=e`), leaf)
  assertChain(read(form, field, `${cert};${chain}`), leaf, issuer)
  assertChain(read(form, field, `${chain};DNS=a;DNS=b`), leaf, issuer)
  assertChain(read(form, field, `cert=${escaped(pem(leaf))}`), leaf)
  assert.equal(read(form, field, 'By=spiffe://a/b').state, 'none')
  assertRefused(read(form, field, 'Hash=00;Subject="CN=x"'), /without Cert/)
  assertRefused(read(form, field, `Cert="${escaped(pem(other))}";${chain}`), /not the first/)
  assertRefused(read(form, field, `${cert};${cert}`), /twice/)
})

test('Envoy: of several hops the last is believed, or as many as are configured', () => {
  const field = 'X-Forwarded-Client-Cert'
  const element = (bytes: Buffer) => `Hash=00;Cert="${escaped(pem(bytes))}"`
  const text = [other, leaf, issuer].map(element).join(',')
  assertChain(read({ form: 'xfcc' }, field, text), issuer)
  assertChain(read({ form: 'xfcc', hops: 2 }, field, text), leaf)
  assertRefused(read({ form: 'xfcc', hops: 4 }, field, text), /3 elements for 4/)
})

test('Envoy: a subject cannot smuggle in an element or a pair', () => {
  const form = { form: 'xfcc' } as const
  const field = 'X-Forwarded-Client-Cert'
  const forged = `Cert=${escaped(pem(other))}`
  const cert = `Cert="${escaped(pem(leaf))}"`
  for (const subject of [
    `CN=x,${forged}`,
    `CN=x;${forged}`,
    `CN=\\",${forged},\\"`,
    `CN=\\\\\\";${forged}`,
  ]) {
    assertChain(read(form, field, `Subject="${subject}";${cert}`), leaf)
  }
  // A subject that was not escaped breaks the quotes: nothing is read then.
  assertRefused(read(form, field, `Subject="CN="x",${forged};${cert}"`))
  assertRefused(read(form, field, `Subject="CN=x;${cert}`))
})

test('nginx: PEM, escaped, under a name that its operator chooses', () => {
  assertChain(read({ form: 'nginx' }, 'ssl-client-cert', escaped(pem(leaf))), leaf)
  const form = { form: 'nginx', field: 'X-SSL-Cert' } as const
  assertChain(read(form, 'X-SSL-Cert', escaped(pem(leaf))), leaf)
  // $ssl_client_cert, which folds lines by tabs.
  assertChain(read(form, 'X-SSL-Cert', pem(leaf).replaceAll('\n', '\n\t')), leaf)
  assert.equal(read(form, 'X-SSL-Cert', '').state, 'none')
  assertRefused(read(form, 'X-SSL-Cert', '(null)'), /no certificate/)
  assertRefused(read(form, 'X-SSL-Cert', `${escaped(pem(leaf))}%0`), /escape/)
  assertRefused(read(form, 'X-SSL-Cert', '-----BEGIN CERTIFICATE-----AAAA'), /without its end/)
  assertRefused(read(form, 'X-SSL-Cert', `words ${pem(leaf)}`))
})

test('Traefik 2 and 3: base64 of DER, joined by commas', () => {
  const form = { form: 'traefik' } as const
  const field = 'X-Forwarded-Tls-Client-Cert'
  assertChain(read(form, field, `${base64(leaf)},${base64(issuer)}`), leaf, issuer)
  assertChain(read(form, field, escaped(`${base64(leaf)},${base64(issuer)}`)), leaf, issuer)
  assertRefused(read(form, field, `${base64(leaf)},`))
})

test('AWS: a plus is a plus, and the two modes have a field each', () => {
  assertChain(
    read({ form: 'aws-alb' }, 'X-Amzn-Mtls-Clientcert', awsEscaped(pem(leaf) + pem(issuer))),
    leaf,
    issuer,
  )
  const verified = { form: 'aws-alb-verified' } as const
  assertChain(read(verified, 'X-Amzn-Mtls-Clientcert-Leaf', awsEscaped(pem(leaf))), leaf)
  assert.equal(read(verified, 'X-Amzn-Mtls-Clientcert', awsEscaped(pem(leaf))).state, 'none')
  const cloudFront = { form: 'aws-cloudfront' } as const
  assertChain(read(cloudFront, 'CloudFront-Viewer-Cert-Pem', escaped(pem(leaf))), leaf)
})

test('Cloudflare, HAProxy and Caddy: base64 of DER', () => {
  assertChain(read({ form: 'cloudflare' }, 'Cf-Client-Cert-Der-Base64', base64(leaf)), leaf)
  assertChain(read({ form: 'der' }, 'X-SSL-Client-Cert', base64(leaf)), leaf)
  assertRefused(read({ form: 'der' }, 'X-SSL-Client-Cert', `${base64(leaf)},${base64(issuer)}`))
})

test('a field that came twice is refused, whatever the form', () => {
  for (const name of formNames) {
    const { field } = forms[name]
    assertRefused(read({ form: name }, field, 'a', field, 'a'), /twice/)
  }
})

test('what is no single DER sequence is refused', () => {
  const hostile = [
    Buffer.alloc(0),
    Buffer.from([0x30]),
    Buffer.from([0x31, 0]),
    Buffer.from([0x30, 0x80, 0, 0]),
    Buffer.from([0x30, 0x81, 1, 0]),
    Buffer.from([0x30, 0x82, 0, 0x80, ...Buffer.alloc(0x80)]),
    Buffer.from([0x30, 0x84, 0, 0, 0, 1, 0]),
    Buffer.concat([leaf, Buffer.from([0])]),
    leaf.subarray(0, -1),
    Buffer.concat([leaf, issuer]),
    der(Buffer.alloc(maxCertificateBytes)),
  ]
  for (const bytes of hostile) {
    assertRefused(read({ form: 'rfc9440' }, 'Client-Cert', sequence(bytes)))
    assertRefused(read({ form: 'nginx' }, 'ssl-client-cert', escaped(pem(bytes))))
  }
})

test('base64 that another decoder would read otherwise is refused', () => {
  const text = base64(leaf)
  for (const hostile of [
    text.slice(0, -1),
    `${text}=`,
    ` ${text}`,
    text.replace('+', '-'),
    `${text.slice(0, 8)}\n${text.slice(8)}`,
    `${text}====`,
  ]) {
    if (hostile !== text) assertRefused(read({ form: 'der' }, 'X-SSL-Client-Cert', hostile))
  }
})

test('more certificates than any chain has, and more characters than any field, are refused', () => {
  const many = Array.from({ length: maxCertificates + 1 }, () => base64(other)).join(',')
  assertRefused(read({ form: 'traefik' }, 'X-Forwarded-Tls-Client-Cert', many), /more than 8/)
  const huge = ':' + 'A'.repeat(200_000) + ':'
  assertRefused(read({ form: 'rfc9440' }, 'Client-Cert', huge), /characters/)
})

test('no text makes any form throw, and what it reads is bounded', () => {
  const pieces = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.constantFrom(',', ';', '"', '\\', '%', '%2', ':', '=', 'Cert=', 'Chain="', 'Hash=0', '%00'),
    fc.constantFrom(sequence(leaf), base64(leaf), escaped(pem(leaf)), pem(other)),
  )
  const text = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      fc.constantFrom(...formNames),
      text,
      text,
      fc.integer({ min: 1, max: 8 }),
      (...given) => {
        const [name, certificate, chain, hops] = given
        const form = forms[name]
        const result = read(
          { form: name, hops },
          form.field,
          certificate,
          'client-cert-chain',
          chain,
        )
        if (result.state !== 'read') return
        assert(result.chain.length >= 1 && result.chain.length <= maxCertificates)
        for (const bytes of result.chain) {
          assert(bytes.length <= maxCertificateBytes)
          assert.equal(bytes[0], 0x30)
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

test('every chain comes back out of every form that was written of it', () => {
  const certificate = fc.uint8Array({ minLength: 0, maxLength: 600 }).map((bytes) => der(bytes))
  const chains = fc.array(certificate, { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(chains, (chain) => {
      const [first] = chain as [Buffer]
      const rest = chain.slice(1).map(sequence).join(', ')
      const pems = chain.map(pem).join('')
      assertChain(
        read({ form: 'rfc9440' }, 'client-cert', sequence(first), 'client-cert-chain', rest),
        ...chain,
      )
      const xfcc = `By=a;Chain="${escaped(pems)}"`
      assertChain(read({ form: 'xfcc' }, 'x-forwarded-client-cert', xfcc), ...chain)
      assertChain(read({ form: 'aws-alb' }, 'x-amzn-mtls-clientcert', awsEscaped(pems)), ...chain)
      const joined = chain.map(base64).join(',')
      assertChain(read({ form: 'traefik' }, 'x-forwarded-tls-client-cert', joined), ...chain)
    }),
    { numRuns: 300 },
  )
})
