import {
  type AttestationPolicy,
  bareDigest,
  type PlayIntegrityPolicy,
  readDecryptionKey,
  readVerificationKey,
} from '@sallyport/attestation'
import { configProblem } from '@sallyport/problem'
import type { AndroidAppConfig, PlayIntegrityConfig } from './android-app-config.ts'
import type { AppConfig } from './app-config.ts'
import type { AppleAppConfig } from './apple-app-config.ts'
import { readNamedFile } from './named-file.ts'

/** By app id. */
export type AttestationPolicies = ReadonlyMap<string, AttestationPolicy>

/**
 * What each app asks of evidence, with the keys that its configuration names read.
 *
 * @throws Problem `config_unreadable` where a file is missing, or holds no key
 */
export function attestationPolicies(
  directory: string,
  apps: Readonly<Record<string, AppConfig>>,
): AttestationPolicies {
  return new Map(
    Object.entries(apps).map(([appId, app]) => [appId, attestationPolicy(directory, appId, app)]),
  )
}

function attestationPolicy(directory: string, appId: string, app: AppConfig): AttestationPolicy {
  const { insecureDevelopmentDevices, android, apple, attestation } = app
  const { minimumAssurance } = attestation
  return {
    insecureDevelopmentDevices,
    ...(minimumAssurance === undefined ? {} : { minimumAssurance }),
    ...(android === undefined ? {} : androidPolicy(directory, appId, android)),
    ...(apple === undefined ? {} : applePolicy(apple)),
  }
}

function androidPolicy(
  directory: string,
  appId: string,
  { playIntegrity, ...config }: AndroidAppConfig,
): Pick<AttestationPolicy, 'android' | 'playIntegrity'> {
  const app = {
    packages: config.packages,
    signerDigests: config.signerDigests.map(bareDigest),
  }
  return {
    android: { ...config, ...app, verifiedBootKeys: config.verifiedBootKeys.map(bareDigest) },
    ...(playIntegrity === undefined
      ? {}
      : { playIntegrity: { ...app, ...playIntegrityPolicy(directory, appId, playIntegrity) } }),
  }
}

function playIntegrityPolicy(
  directory: string,
  appId: string,
  config: PlayIntegrityConfig,
): Omit<PlayIntegrityPolicy, 'packages' | 'signerDigests'> {
  const key = (member: keyof typeof keyReaders) => {
    const path = ['apps', appId, 'android', 'playIntegrity', member]
    const text = readNamedFile(directory, config[member], path)
    if (keyReaders[member](text) !== undefined) return text
    throw configProblem('config_unreadable', path, 'it is not that key of Play Integrity', {
      expected: 'the key as the Play Console shows it: base64',
      found: `${text.length} characters that are something else`,
    })
  }
  return {
    ...config,
    decryptionKey: key('decryptionKeyFile'),
    verificationKey: key('verificationKeyFile'),
  }
}

const keyReaders = {
  decryptionKeyFile: readDecryptionKey,
  verificationKeyFile: readVerificationKey,
} as const

function applePolicy({
  teamId,
  bundleIds,
  environments,
  validationCategories,
  managedDevices,
}: AppleAppConfig): Pick<AttestationPolicy, 'apple' | 'managedDevices'> {
  return {
    apple: {
      appIds: teamId === undefined ? [] : bundleIds.map((bundleId) => `${teamId}.${bundleId}`),
      environments,
      ...(validationCategories === undefined ? {} : { validationCategories }),
    },
    ...(managedDevices === undefined ? {} : { managedDevices }),
  }
}
