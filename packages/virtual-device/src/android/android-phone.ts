import { createHash } from 'node:crypto'
import type { SecurityLevel, VerifiedBootState } from './key-description.ts'

/** What a virtual Android phone is, and what app runs on it. */
export type AndroidPhone = {
  readonly model: string
  /** As the app reads it: `16`. */
  readonly osVersion: string
  /** `2026-11-05`: of system, vendor and boot image alike. */
  readonly patchLevel: string
  readonly packageName: string
  readonly packageVersion: number
  /** SHA-256 of the certificate that the app is signed with, lower-case hex. */
  readonly signerDigest: string
  readonly deviceLocked: boolean
  readonly verifiedBootState: VerifiedBootState
  /** SHA-256 of the key that the system is signed with, lower-case hex. */
  readonly verifiedBootKey: string
  /** 1 to 4 of Keymaster, 100 to 500 of KeyMint. */
  readonly attestationVersion: number
  /** Where its keys live. */
  readonly securityLevel: SecurityLevel
  /** `remote`: keys of weeks from Google's server. `factory`: one of years, shared by many phones. */
  readonly provisioning: 'remote' | 'factory'
  /** Whether chains end with the root, as `getCertificateChain()` has it, or below it. */
  readonly chainHasRoot: boolean
  /** Of a phone that a company owns, whose keys attest it. Others tell nobody. */
  readonly serialNumber?: string
  /** Whether each use of a key asks for the user. */
  readonly userAuthentication: boolean
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** Google publishes on the fifth or so: the last one that there is. */
function lastPatchLevel(now: number): string {
  const date = new Date(now - 5 * 86_400_000)
  return `${date.toISOString().slice(0, 7)}-05`
}

/** A locked phone of today, of no maker, with an app of no one. */
export const defaultAndroidPhone: AndroidPhone = {
  model: 'Virtual phone',
  osVersion: '16',
  patchLevel: lastPatchLevel(Date.now()),
  packageName: 'com.example.sallyport.demo',
  packageVersion: 1,
  signerDigest: digestOf('the signer of the virtual app'),
  deviceLocked: true,
  verifiedBootState: 'verified',
  verifiedBootKey: digestOf('the maker of the virtual phone'),
  attestationVersion: 400,
  securityLevel: 'tee',
  provisioning: 'remote',
  chainHasRoot: true,
  userAuthentication: false,
}
