import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRoot, generateKey, signingKeyOf } from '@sallyport/pki'
import { toBase64url, type TrustedIssuer } from '@sallyport/wire'
import { unlistedNames } from '../../src/agent/haproxy-lists.ts'

const issuer = async (commonName: string, status?: 'issued'): Promise<TrustedIssuer> => {
  const key = signingKeyOf(await generateKey('ec-p256'))
  const { der } = await createRoot({ key, commonName, kind: 'device', now: Date.now() })
  const more = status === undefined ? {} : { status }
  return {
    certificate: toBase64url(der),
    kind: 'device',
    trustDomain: 'example.com',
    appId: 'demo',
    ...more,
  }
}
const hex = (text: string) => Buffer.from(text).toString('hex').toUpperCase()

test('CAs without a list are named as HAProxy writes their names', async () => {
  const issuers = [await issuer('Devices of demo, example.com'), await issuer('Listed', 'issued')]
  assert.deepEqual(unlistedNames(issuers), [hex('/CN=Devices of demo, example.com')])
})

test('a name that a CA with a list has as well, in whatever case, is none of them', async () => {
  const issuers = [await issuer('Devices'), await issuer('DEVICES', 'issued')]
  assert.deepEqual(unlistedNames(issuers), [])
})

test('nor is one that HAProxy might write otherwise', async () => {
  assert.deepEqual(unlistedNames([await issuer('Geräte'), await issuer('a/CN=b')]), [])
})
