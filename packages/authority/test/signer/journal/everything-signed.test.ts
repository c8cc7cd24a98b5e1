import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, test } from 'node:test'
import { encodeRevoked } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import { newId, toBase64url } from '@sallyport/wire'
import type { SignedThing } from '../../../src/signer/journal/journal-record.ts'
import { type Signer, type SignerOperation, signerOperations } from '../../../src/signer/signer.ts'
import { certificateIn, makeSigner, newSpki, signerBounds } from '../../fixture/signer.ts'
import { journalFolder } from './journal-folder.ts'

let folder = journalFolder()
beforeEach(() => {
  folder = journalFolder()
})
afterEach(() => folder.remove())

const bounds = () => ({
  ...signerBounds,
  apps: {
    ...signerBounds.apps,
    wallet: {
      insecureDevelopmentDevices: true,
      certificate: { lifetimeDays: 7, keyKinds: ['ec-p256'] },
      protocols: { scep: { keyKinds: ['rsa-2048'] } },
    },
  },
})

type Made = Awaited<ReturnType<typeof makeSigner>>
type Signing = (made: Made, signer: Signer) => Promise<Record<string, string>>

const dayMs = 86_400_000
const list = (issuer: Made['wallet']) => ({
  issuer,
  number: 12,
  thisUpdate: Date.now(),
  nextUpdate: Date.now() + dayMs,
  entries: toBase64url(encodeRevoked([])),
})

/** Each operation that signs a certificate or a list; by the name of what its record is called. */
const signing: Partial<Record<SignerOperation, readonly [SignedThing['kind'], string, Signing]>> = {
  root: ['root', 'device-root', (_, signer) => signer.root({ kind: 'device' })],
  issuingCa: [
    'issuing-ca',
    'device-root',
    ({ roots }, signer) =>
      signer.issuingCa({
        appId: 'bank',
        kind: 'device',
        lane: '',
        generation: 2,
        root: roots.device,
      }),
  ],
  deviceCertificate: [
    'device',
    'device-ca-wallet-1',
    async ({ wallet }, signer) =>
      signer.deviceCertificate({
        issuer: wallet,
        spki: await newSpki(),
        deviceId: newId('device'),
        assurance: 'tee',
        predecessors: [],
      }),
  ],
  revocationList: [
    'list',
    'device-ca-wallet-1',
    ({ wallet }, signer) => signer.revocationList(list(wallet)),
  ],
  rootRevocationList: [
    'list',
    'device-root',
    ({ roots }, signer) => signer.rootRevocationList(list(roots.device)),
  ],
  responderCertificate: [
    'responder',
    'device-ca-wallet-1',
    async ({ wallet }, signer) =>
      signer.responderCertificate({ issuer: wallet, spki: await newSpki() }),
  ],
  serverCertificate: [
    'server',
    'service-root',
    async ({ roots }, signer) =>
      signer.serverCertificate({
        root: roots.service,
        spki: await newSpki(),
        names: ['authority.example.com'],
        days: 1,
      }),
  ],
  gatewayCertificate: [
    'gateway',
    'service-root',
    async ({ roots }, signer) =>
      signer.gatewayCertificate({
        root: roots.service,
        spki: await newSpki(),
        name: 'gateway-9',
        days: 1,
      }),
  ],
  scepRa: [
    'scep-ra',
    'unattested-ca-wallet.intune-1',
    ({ unattested }, signer) => signer.scepRa({ issuer: unattested, generation: 1 }),
  ],
}

const answersSigned = (operation: SignerOperation) => {
  const { output } = signerOperations[operation]
  return 'certificate' in output.properties || 'list' in output.properties
}

test('there is a test here for every operation that answers a certificate or a list', () => {
  const operations = Object.keys(signerOperations) as SignerOperation[]
  assert.deepEqual(Object.keys(signing).toSorted(), operations.filter(answersSigned).toSorted())
})

for (const [operation, entry] of Object.entries(signing)) {
  const [kind, ca, sign] = entry
  test(`${operation} is in the journal as it was answered`, async () => {
    const journal = folder.start()
    const made = await makeSigner({ journal, bounds })
    const { certificate, list: signedList } = await sign(made, made.signer)
    const der = Buffer.from(certificate ?? signedList ?? '', 'base64url')
    const record = (await folder.read()).records.at(-1)
    assert.deepEqual(
      [record?.kind, record?.ca, record?.sha256],
      [kind, ca, createHash('sha256').update(der).digest('base64url')],
    )
    if (certificate === undefined) assert.equal(record?.serial, '12')
    else {
      const { serial, notAfter } = certificateIn({ certificate })
      assert.deepEqual([record?.serial, record?.until], [serial, notAfter])
    }
  })

  test(`${operation} answers nothing that the journal did not take`, async () => {
    let isFull = false
    const journal = {
      append: () =>
        isFull ? Promise.reject(new Problem('signer_journal_unwritable')) : Promise.resolve(),
    }
    const made = await makeSigner({ journal, bounds })
    isFull = true
    await assert.rejects(sign(made, made.signer), (error) => {
      assert.ok(isProblem(error) && error.code === 'signer_journal_unwritable', String(error))
      return true
    })
    isFull = false
    await sign(made, made.signer)
  })
}
