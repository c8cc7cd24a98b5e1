import assert from 'node:assert/strict'
import type { KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { createRoot } from '../src/issue/issue-authority.ts'
import { keyPairFault } from '../src/key-pair-fault.ts'
import { toPem } from '../src/pem.ts'
import { generateKey, signingKeyOf } from '../src/signing-key.ts'

test('a certificate is used with its own key alone, and why not is said', async () => {
  const own = await generateKey('ec-p256')
  const other = await generateKey('ec-p256')
  const root = { commonName: 'Test', kind: 'service', now: Date.now() } as const
  const certificate = toPem(
    'CERTIFICATE',
    (await createRoot({ key: signingKeyOf(own), ...root })).der,
  )
  const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString()
  assert.equal(keyPairFault(certificate, pem(own.privateKey)), undefined)
  assert.equal(keyPairFault(certificate, pem(other.privateKey)), 'a key of another certificate')
  assert.notEqual(keyPairFault('no certificate', pem(own.privateKey)), undefined)
  assert.notEqual(keyPairFault(certificate, 'no key'), undefined)
})
