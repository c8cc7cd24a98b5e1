import {
  appraiseAndroidKey,
  appraiseManagedDevice,
  appraisePlayIntegrity,
} from '@sallyport/attestation'
import { Problem } from '@sallyport/problem'
import type { Input } from '../command.ts'
import { appAttest } from './app-attest-verifier.ts'
import { given } from './option-values.ts'
import { clientDataOf } from './verification-request.ts'
import type { Verifier } from './verifier.ts'

/** Options of evidence, which proves something and ends at a root. */
const judged: readonly string[] = ['roots', 'minimumAssurance']

const androidKey: Verifier = {
  format: 'android-key',
  options: [
    ...judged,
    'package',
    'signerDigest',
    'statusList',
    'allowAttestKey',
    'keyKind',
    'minimumPatchLevel',
    'requireLockedBootloader',
    'requireVerifiedBoot',
  ],
  verify(file, { challenge, spki, at, trust, policy: { android = {}, minimumAssurance } }) {
    if (file.kind !== 'chain') return undefined
    const asked = given({ challenge, spki, minimumAssurance })
    const { chain } = file
    return appraiseAndroidKey({ ...asked, chain, at, trust: trust.android, policy: android })
  },
}

const appleMda: Verifier = {
  format: 'apple-mda',
  options: judged,
  verify(file, { challenge, spki, at, trust, policy: { managedDevices = {}, minimumAssurance } }) {
    if (file.kind !== 'chain') return undefined
    const asked = { challenge, spki, minimumAssurance }
    const { chain } = file
    const policy = managedDevices
    return appraiseManagedDevice({ ...asked, chain, at, trust: trust.managedDevices, policy })
  },
}

const playIntegrity: Verifier = {
  format: 'play-integrity',
  options: ['package', 'signerDigest', 'clientData', 'decryptionKeyFile', 'verificationKeyFile'],
  verify(file, request) {
    if (file.kind !== 'token') return undefined
    const { token } = file
    const { at, policy } = request
    if (policy.playIntegrity === undefined) {
      throw new Problem('command_usage', {
        detail: 'A token of Play Integrity is encrypted',
        expected: '--decryption-key-file and --verification-key-file, from the Play Console',
      })
    }
    const clientData = clientDataOf(request)
    return appraisePlayIntegrity({ token, clientData, at, policy: policy.playIntegrity })
  },
}

/** Every format that can be verified from a file. */
export const verifiers: readonly Verifier[] = [androidKey, appAttest, appleMda, playIntegrity]

/** @throws Problem `command_usage` where no such format is verified from files */
export function verifierOf(format: string): Verifier {
  const verifier = verifiers.find((candidate) => candidate.format === format)
  if (verifier !== undefined) return verifier
  throw new Problem('command_usage', {
    detail: 'There is no such format',
    expected: verifiers.map((candidate) => candidate.format).join(', '),
    found: format,
  })
}

/**
 * An option that a format does not look at must not seem to have been checked.
 *
 * @throws Problem `command_usage`
 */
export function refuseForeignOptions(input: Input, { format, options }: Verifier): void {
  const particular = new Set(verifiers.flatMap((verifier) => verifier.options))
  const foreign = Object.keys(input.options).filter(
    (name) => particular.has(name) && !options.includes(name),
  )
  if (foreign.length === 0) return
  throw new Problem('command_usage', {
    detail: `${foreign.map(flagOf).join(', ')} asks for nothing that ${format} has`,
    expected: `options of ${format} alone`,
  })
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
