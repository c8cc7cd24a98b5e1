import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'

const directory = new URL('../../test/fixtures/', import.meta.url)

/** Of `test/fixtures`, as bytes. */
export const readFixture = (name: string): Buffer => readFileSync(new URL(name, directory))

/** One entry of `app-attest/*.yaml`. Times are RFC 3339. */
export type AppAttestEntry = {
  readonly file: string
  readonly id: string
  readonly timestamp: string
  readonly environment: 'development'
  readonly teamIdentifier: string
  readonly bundleIdentifier: string
  readonly keyIdBase64: string
  /** PEM */
  readonly publicKey: string
} & (
  | {
      readonly type: 'attestation'
      readonly attestationBase64: string
      readonly clientDataBase64: string
      readonly clientDataHashSha256Base64: string
      readonly iOSVersion: number
    }
  | {
      readonly type: 'assertion'
      readonly assertionBase64: string
      readonly clientDataBase64: string
      readonly clientDataHashSha256Base64: string
      readonly counter: number
    }
  | {
      readonly type: 'receipt'
      readonly receiptBase64: string
      readonly properties: {
        readonly clientHashBase64: string
        readonly creationTime: string | Date
        readonly environment: string
        readonly expirationTime: string | Date
        readonly notBefore: string | null
        readonly riskMetric: number | null
        readonly token: string
        readonly type: string
      }
    }
)

export const appAttestFiles = ['ios-14.2.yaml', 'ios-14.3-beta-2.yaml', 'ios-14.3.yaml']

export const appAttestEntries: readonly AppAttestEntry[] = appAttestFiles.flatMap((file) => {
  const documents = parseAllDocuments(readFixture(`app-attest/${file}`).toString('utf8'))
  return documents.map((document) => ({ ...(document.toJS() as AppAttestEntry), file }))
})

export const appIdOf = ({ teamIdentifier, bundleIdentifier }: AppAttestEntry): string =>
  `${teamIdentifier}.${bundleIdentifier}`

/** DER SubjectPublicKeyInfo of the attested key. */
export const spkiOf = ({ publicKey }: AppAttestEntry): Buffer =>
  createPublicKey(publicKey).export({ format: 'der', type: 'spki' })
