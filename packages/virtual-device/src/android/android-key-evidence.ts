import { type Evidence, toBase64url } from '@sallyport/wire'
import type { DevelopmentRoot } from '../development-root.ts'
import { type AndroidPhone, defaultAndroidPhone } from './android-phone.ts'
import { type AttestationBatch, makeAttestationBatch } from './attestation-batch.ts'
import { attestedCertificate, describeKey } from './attested-certificate.ts'
import {
  androidHostilities,
  type AndroidHostility,
  type AndroidHostilitySteps,
} from './hostile-android.ts'

export type AndroidKeyOptions = {
  readonly root: DevelopmentRoot
  /** What `setAttestationChallenge` is given. */
  readonly challenge: Uint8Array
  /** DER SubjectPublicKeyInfo of the key that is attested. */
  readonly spki: Uint8Array
  /** When the key is made; milliseconds, default now. */
  readonly at?: number
  /** What is different from `defaultAndroidPhone`. */
  readonly phone?: Partial<AndroidPhone>
  /** Where several keys or phones are attested by one key; default one made for this. */
  readonly batch?: AttestationBatch
  readonly hostility?: AndroidHostility
}

/** An Android Key Attestation as `KeyStore.getCertificateChain()` returns it: DER, leaf first. */
export function androidKeyChain(options: AndroidKeyOptions): Buffer[] {
  const { root, challenge, spki, at = Date.now(), hostility } = options
  const steps: AndroidHostilitySteps = hostility === undefined ? {} : androidHostilities[hostility]
  const phone = { ...defaultAndroidPhone, ...options.phone, ...steps.phone }
  const batch = options.batch ?? makeAttestationBatch({ ...phone, root, at })
  const asked = { root, batch, phone, challenge, spki, at }
  const request = steps.request?.(asked) ?? asked
  const honest = describeKey(request)
  const description = steps.description?.(honest) ?? honest
  const leaf = attestedCertificate(request.batch, request.spki, description)
  const chain = [leaf, ...request.batch.chain]
  const whole = [...(steps.chain?.(chain, request) ?? chain)]
  return phone.chainHasRoot ? whole : whole.slice(0, -1)
}

/** The same as the device API carries it: `{format: 'android-key', chain}`. */
export function androidKeyEvidence(options: AndroidKeyOptions): Evidence {
  return { format: 'android-key', chain: androidKeyChain(options).map(toBase64url) }
}
