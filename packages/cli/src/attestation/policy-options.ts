import { readFileSync } from 'node:fs'
import {
  type AttestationPolicy,
  patchLevelPattern,
  readDecryptionKey,
  readVerificationKey,
} from '@sallyport/attestation'
import { Problem } from '@sallyport/problem'
import { assurances } from '@sallyport/wire'
import type { Input } from '../command.ts'
import { choiceOption, isGiven, textOption, textOptions } from '../input.ts'
import { given, parseDigest } from './option-values.ts'

type AndroidKeyPolicy = NonNullable<AttestationPolicy['android']>
type AppAttestPolicy = NonNullable<AttestationPolicy['apple']>
type PlayIntegrityPolicy = NonNullable<AttestationPolicy['playIntegrity']>

/**
 * The policy that options ask for: what an app of the configuration asks for, if one was named, and in
 * place of each member of it what an option says.
 *
 * @throws Problem `command_usage`; file errors
 */
export function policyOf(input: Input, app: AttestationPolicy): AttestationPolicy {
  const minimumAssurance = choiceOption(input, 'minimumAssurance', assurances)
  const playIntegrity = playIntegrityPolicy(input, app.playIntegrity)
  return {
    ...app,
    ...given({ minimumAssurance, playIntegrity }),
    android: { ...app.android, ...androidPolicy(input) },
    apple: { ...app.apple, ...applePolicy(input) },
  }
}

function androidPolicy(input: Input): AndroidKeyPolicy {
  return given({
    ...appIdentity(input),
    keyKinds: textOptions(input, 'keyKind'),
    minimumOsPatchLevel: patchLevel(input),
    requireLockedBootloader: isGiven(input, 'requireLockedBootloader') || undefined,
    requireVerifiedBoot: isGiven(input, 'requireVerifiedBoot') || undefined,
    allowAttestKey: isGiven(input, 'allowAttestKey') || undefined,
  })
}

function applePolicy(input: Input): AppAttestPolicy {
  const environment = choiceOption(input, 'environment', ['production', 'development'])
  return given({
    appIds: textOptions(input, 'appId'),
    environments: environment === undefined ? undefined : [environment],
  })
}

/** Undefined where no option asks for it: it is nothing without its keys. */
function playIntegrityPolicy(
  input: Input,
  app: PlayIntegrityPolicy | undefined,
): PlayIntegrityPolicy | undefined {
  const decryptionKey = keyText(input, 'decryptionKeyFile', readDecryptionKey)
  const verificationKey = keyText(input, 'verificationKeyFile', readVerificationKey)
  const keys = {
    decryptionKey: decryptionKey ?? app?.decryptionKey,
    verificationKey: verificationKey ?? app?.verificationKey,
  }
  if (keys.decryptionKey === undefined || keys.verificationKey === undefined) return undefined
  return { ...app, ...appIdentity(input), ...(keys as Record<keyof typeof keys, string>) }
}

function appIdentity(input: Input): {
  packages?: readonly string[]
  signerDigests?: readonly string[]
} {
  const digests = textOptions(input, 'signerDigest')
  return given({
    packages: textOptions(input, 'package'),
    signerDigests: digests?.map((text) => parseDigest(text, '--signer-digest')),
  })
}

const patchLevelForm = new RegExp(patchLevelPattern)

function patchLevel(input: Input): string | undefined {
  const text = textOption(input, 'minimumPatchLevel')
  if (text === undefined || patchLevelForm.test(text)) return text
  throw new Problem('command_usage', {
    detail: '--minimum-patch-level is none',
    expected: 'a month or a day, such as 2026-05 or 2026-05-05',
    found: text,
  })
}

/** A key as the Play Console shows it. @throws Problem `command_usage` where the file holds another; file errors */
function keyText(
  input: Input,
  name: 'decryptionKeyFile' | 'verificationKeyFile',
  read: (text: string) => unknown,
): string | undefined {
  const file = textOption(input, name)
  if (file === undefined) return undefined
  const text = readFileSync(file, 'utf8')
  if (read(text) !== undefined) return text
  throw new Problem('command_usage', {
    detail: `${file} is not that key of Play Integrity`,
    expected: 'the key as the Play Console shows it: base64',
  })
}
