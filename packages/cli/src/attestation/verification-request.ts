import type { AttestationPolicy, TrustMaterial } from '@sallyport/attestation'
import { Problem } from '@sallyport/problem'
import { enrollmentProofBase } from '@sallyport/wire'
import type { Input } from '../command.ts'
import { numberOption, textOption } from '../input.ts'
import { timeBefore } from '../time-input.ts'
import type { ConfiguredApp } from './configured-app.ts'
import { given, parseBytes, parseKeyId } from './option-values.ts'
import { policyOf } from './policy-options.ts'
import { readPublicKey } from './public-key-argument.ts'
import { trustFromFiles } from './trust-from-files.ts'

/** What `attestation verify` was asked, by its options. What was not asked for is not there. */
export type VerificationRequest = {
  readonly challenge?: Buffer
  /** DER SubjectPublicKeyInfo of the key to be certified. */
  readonly spki?: Buffer
  readonly clientData?: Buffer
  /** base64 as Apple writes it. */
  readonly keyId?: string
  /** DER SubjectPublicKeyInfo of the App Attest key that asserts. */
  readonly publicKey?: Buffer
  readonly counter?: number
  /** Milliseconds. */
  readonly at: number
  readonly trust: TrustMaterial
  readonly policy: AttestationPolicy
}

/**
 * @param app of the configuration, where one was named
 * @throws Problem `command_usage`, and what files of keys, roots and lists are refused with
 */
export function readVerificationRequest(
  input: Input,
  app: ConfiguredApp | undefined,
  now: number,
): VerificationRequest {
  const read = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const text = textOption(input, name)
    return text === undefined ? undefined : parse(text)
  }
  return given({
    challenge: read('challenge', (text) => parseBytes(text, '--challenge')),
    clientData: read('clientData', (text) => parseBytes(text, '--client-data')),
    spki: read('spki', (text) => readPublicKey(text, '--spki')),
    publicKey: read('publicKey', (text) => readPublicKey(text, '--public-key')),
    keyId: read('keyId', (text) => parseKeyId(text, '--key-id')),
    counter: numberOption(input, 'counter', { least: 0, most: 4_294_967_295 }),
    at: timeBefore(input, 'at', now) ?? now,
    trust: trustFromFiles(
      given({
        roots: textOption(input, 'roots'),
        statusList: textOption(input, 'statusList'),
        configured: app,
      }),
    ),
    policy: policyOf(input, app?.policy ?? {}),
  })
}

/**
 * What evidence vouches for where it cannot attest the key itself: what --client-data says or, as phones
 * enrol, what is made of challenge and key; the challenge alone where nothing says which key.
 *
 * @throws Problem `command_usage` where options say it twice
 */
export function clientDataOf(request: VerificationRequest): Uint8Array | undefined {
  const { clientData, challenge, spki } = request
  if (clientData === undefined) {
    return challenge === undefined || spki === undefined
      ? challenge
      : enrollmentProofBase(challenge, spki)
  }
  if (challenge === undefined && spki === undefined) return clientData
  throw new Problem('command_usage', {
    detail: '--client-data says all that the evidence vouches for',
    expected: 'either --client-data, or --challenge and --spki',
  })
}
