import { createHash, sign } from 'node:crypto'
import { derContext, derOctetString, derSequence, parseCertificate } from '@sallyport/pki'
import {
  appAssertion,
  appAttestation,
  defaultIosPhone,
  makeAppAttestKey,
  makeDevelopmentRoot,
  writeCbor,
} from '@sallyport/virtual-device'
import { readAssertionObject } from '../../../src/apple-app-attest/assertion-object.ts'
import { readAttestationObject } from '../../../src/apple-app-attest/attestation-object.ts'
import {
  type AppAttestKey,
  appraiseAppAttestation,
  appraiseAssertion,
  trustAnchor,
} from '../../../src/index.ts'
import { authority, certificate, extension, party } from '../../apple-mda/managed-chain.ts'
import type { FuzzVector } from '../fuzz-vector.ts'

const at = Date.UTC(2026, 10, 21, 12)
const clientData = Buffer.from('what the app vouches for')
const clientDataHash = createHash('sha256').update(clientData).digest()
const key = makeAppAttestKey()
const { keyId, spki } = key
const { appId } = defaultIosPhone
const policy = { appIds: [appId], validationCategories: [4] }

const root = party('Test App Attestation Root CA')
const subordinate = party('Test App Attestation CA 1')
const credential = { name: party('credential').name, spki }
const rootDer = certificate({ issuer: root, subject: root, extensions: authority() })
const intermediate = certificate({
  issuer: root,
  subject: subordinate,
  extensions: authority(0),
})
const trust = {
  appAttest: { anchors: [trustAnchor(parseCertificate(rootDer))] },
  appAttestReceipts: { anchors: [] },
}

const nonceOf = (authenticatorData: Buffer) =>
  createHash('sha256').update(authenticatorData).update(clientDataHash).digest()

/** An attestation whose leaf vouches for these authenticator data, whatever they are. */
function attestationOf(authenticatorData: Buffer): Buffer {
  const nonce = derSequence(derContext(1, derOctetString(nonceOf(authenticatorData))))
  const leaf = certificate({
    issuer: subordinate,
    subject: credential,
    extensions: [extension('1.2.840.113635.100.8.2', nonce)],
  })
  const statement = new Map([['x5c', [leaf, intermediate]]])
  return writeCbor(
    new Map<string, string | Buffer | typeof statement>([
      ['fmt', 'apple-appattest'],
      ['attStmt', statement],
      ['authData', authenticatorData],
    ]),
  )
}

/** An assertion that the key made over these authenticator data, whatever they are. */
function assertionOf(authenticatorData: Buffer): Buffer {
  const signature = sign('sha256', nonceOf(authenticatorData), key.privateKey)
  return writeCbor(
    new Map([
      ['signature', signature],
      ['authenticatorData', authenticatorData],
    ]),
  )
}

const phone = { osVersion: '27.1' }
const registered: AppAttestKey = { keyId, spki, counter: 4, environment: 'production', appId }
const attested = readAttestationObject(
  appAttestation({ root: makeDevelopmentRoot({ now: at }), key, clientData, at, phone }),
)
const asserted = readAssertionObject(appAssertion({ key, clientData, counter: 5, phone }))

/** Authenticator data of iOS 27, signed anew whatever becomes of them. */
export const authenticatorDataVectors: readonly FuzzVector[] = [
  {
    name: 'app-attest authenticator data: of an attestation',
    // It comes without a receipt: everything else is checked all the same.
    isAccepted: false,
    parts: [attested.authenticatorData.bytes],
    appraise: async ([bytes = Buffer.alloc(0)]) => {
      const { accepted, checks, claims, facts } = appraiseAppAttestation({
        attestation: attestationOf(bytes),
        keyId,
        clientData,
        at,
        trust,
        policy,
      })
      return { accepted, checks, told: [claims, facts] }
    },
  },
  {
    name: 'app-attest authenticator data: of an assertion',
    isAccepted: true,
    parts: [asserted.authenticatorData.bytes],
    appraise: async ([bytes = Buffer.alloc(0)]) => {
      const { accepted, checks, claims } = appraiseAssertion({
        assertion: assertionOf(bytes),
        clientData,
        key: registered,
        keyId,
        policy,
      })
      return { accepted, checks, told: claims }
    },
  },
]
