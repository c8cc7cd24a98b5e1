import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AttestationPolicy, PlayIntegrityPolicy } from '@sallyport/attestation'
import { resolvePath } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import type { AndroidAppConfig, PlayIntegrityConfig } from './android-app-config.ts'
import type { AppConfig } from './app-config.ts'
import type { AppleAppConfig } from './apple-app-config.ts'

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
    Object.entries(apps).map(([appId, app]) => [appId, attestationPolicy(directory, app)]),
  )
}

function attestationPolicy(directory: string, app: AppConfig): AttestationPolicy {
  const { insecureDevelopmentDevices, android, apple, attestation } = app
  const { minimumAssurance } = attestation
  return {
    insecureDevelopmentDevices,
    ...(minimumAssurance === undefined ? {} : { minimumAssurance }),
    ...(android === undefined ? {} : androidPolicy(directory, android)),
    ...(apple === undefined ? {} : applePolicy(apple)),
  }
}

function androidPolicy(
  directory: string,
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
      : { playIntegrity: { ...app, ...playIntegrityPolicy(directory, playIntegrity) } }),
  }
}

/** Lower-case hex without colons. */
function bareDigest(digest: string): string {
  return digest.replaceAll(':', '').toLowerCase()
}

function playIntegrityPolicy(
  directory: string,
  config: PlayIntegrityConfig,
): Omit<PlayIntegrityPolicy, 'packages' | 'signerDigests'> {
  return {
    ...config,
    decryptionKey: readKey(directory, config.decryptionKeyFile, isDecryptionKey),
    verificationKey: readKey(directory, config.verificationKeyFile, isVerificationKey),
  }
}

const maxKeyCharacters = 1_024

/** A key as the Play Console shows it: base64, over as many lines as the file has. */
function readKey(directory: string, file: string, isKey: (bytes: Buffer) => boolean): string {
  const path = resolvePath(directory, file)
  let text: string
  try {
    text = readFileSync(path, 'utf8').replaceAll(/\s/g, '')
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new Problem('config_unreadable', { detail: `${path}: ${said}`, cause })
  }
  const isBase64 = text.length <= maxKeyCharacters && /^[A-Za-z0-9+/]+={0,2}$/.test(text)
  if (isBase64 && isKey(Buffer.from(text, 'base64'))) return text
  throw new Problem('config_unreadable', {
    detail: `${path} does not hold the key of Play Integrity that it should`,
    expected: 'decryption key or verification key, each as the Play Console shows it: base64',
    found: `${text.length} characters that are something else`,
  })
}

/** AES-256: the verdicts come as A256KW. */
const isDecryptionKey = (bytes: Buffer): boolean => bytes.length === 32

/** P-256: the verdicts come as ES256. */
function isVerificationKey(bytes: Buffer): boolean {
  try {
    const key = createPublicKey({ key: bytes, format: 'der', type: 'spki' })
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  } catch {
    return false
  }
}

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
