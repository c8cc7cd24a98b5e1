import { createHash } from 'node:crypto'
import { type CheckRow, type Finding, holds, unchecked } from '../check-table.ts'
import { isSameBytes } from '../same-bytes.ts'
import type { IntegrityVerdict } from './integrity-verdict.ts'
import type { OpenedToken } from './open-integrity-token.ts'
import type { PlayIntegrityPolicy } from './policy.ts'

export type IntegritySubject = {
  readonly opened: OpenedToken
  /** Undefined where the token could not be opened or read. */
  readonly verdict: IntegrityVerdict | undefined
  /** What the token must be bound to. */
  readonly clientData: Uint8Array | undefined
  /** Milliseconds. */
  readonly at: number
  readonly policy: PlayIntegrityPolicy | undefined
}

type VerdictSubject = IntegritySubject & {
  readonly verdict: IntegrityVerdict
  readonly policy: PlayIntegrityPolicy
}

/** How far Google's clock may be ahead of ours. */
const leewayMs = 60_000
const unevaluated = 'UNEVALUATED'

/** Everything that is checked of a Play Integrity token. */
export const integrityChecks: readonly CheckRow<IntegritySubject>[] = [
  {
    name: 'configured',
    code: 'play_integrity_not_configured',
    kind: 'proof',
    run: ({ policy }) => {
      const isThere = policy !== undefined
      return holds(isThere, 'keys of the Play Console', isThere ? 'there' : 'none')
    },
  },
  {
    name: 'decryption',
    code: 'play_integrity_decryption_failed',
    kind: 'proof',
    run: ({ opened, policy }) =>
      policy === undefined
        ? notReached
        : holds(opened.isDecrypted, 'encrypted for the app', opened.fault ?? 'it is'),
  },
  {
    name: 'signature',
    code: 'play_integrity_signature_invalid',
    kind: 'proof',
    run: ({ opened: { isDecrypted, payload, fault } }) =>
      isDecrypted ? holds(payload !== undefined, 'signed by Google', fault ?? 'it is') : notReached,
  },
  {
    name: 'verdict',
    code: 'play_integrity_verdict_malformed',
    kind: 'proof',
    run: ({ opened: { payload }, verdict }) => {
      if (payload === undefined) return notReached
      const isRead = verdict !== undefined
      return holds(isRead, 'a verdict as Google documents it', isRead ? 'one' : 'something else')
    },
  },
  {
    name: 'request',
    code: 'attestation_challenge_mismatch',
    kind: 'proof',
    run: ofVerdict(({ verdict: { requestHash, nonce }, clientData }) => {
      const found = requestHash ?? nonce
      if (clientData === undefined) return unchecked(shown(found))
      const expected = createHash('sha256').update(clientData).digest('base64url')
      const isBound =
        found !== undefined &&
        isSameBytes(Buffer.from(withoutPadding(found)), Buffer.from(expected))
      return holds(isBound, `requestHash or nonce ${expected}`, shown(found))
    }),
  },
  {
    name: 'package',
    code: 'play_integrity_package_foreign',
    kind: 'policy',
    run: ofVerdict(({ verdict: { requestPackageName, packageName }, policy: { packages } }) => {
      const found = `${shown(requestPackageName)}, recognised ${shown(packageName)}`
      if (packages === undefined) return unchecked(found)
      const isOurs = [requestPackageName, packageName ?? requestPackageName].every(
        (name) => name !== undefined && packages.includes(name),
      )
      return holds(isOurs, packages.join(', '), found)
    }),
  },
  {
    name: 'age',
    code: 'play_integrity_token_old',
    kind: 'policy',
    run: ofVerdict(({ verdict: { timestamp }, policy: { maxAgeSeconds }, at }) => {
      const age = timestamp === undefined ? undefined : at - timestamp
      const found = age === undefined ? 'no time' : `${Math.floor(age / 1_000)} seconds`
      if (maxAgeSeconds === undefined) return unchecked(found)
      const isFresh = age !== undefined && age <= maxAgeSeconds * 1_000 && age >= -leewayMs
      return holds(isFresh, `at most ${maxAgeSeconds} seconds`, found)
    }),
  },
  {
    name: 'appRecognition',
    code: 'play_integrity_app_unrecognised',
    kind: 'policy',
    run: ofVerdict(({ verdict, policy }) =>
      oneOf(verdict.appRecognition, policy.appRecognition ?? ['PLAY_RECOGNIZED']),
    ),
  },
  {
    name: 'signerDigests',
    code: 'play_integrity_signer_foreign',
    kind: 'policy',
    run: ofVerdict(({ verdict: { signerDigests: found }, policy: { signerDigests } }) => {
      const listed = shown(found.join(', '))
      if (signerDigests === undefined) return unchecked(listed)
      const isOurs = found.some((digest) => signerDigests.includes(digest))
      return holds(isOurs, signerDigests.join(', '), listed)
    }),
  },
  {
    name: 'versionCode',
    code: 'play_integrity_version_too_old',
    kind: 'policy',
    run: ofVerdict(({ verdict: { versionCode }, policy: { minimumVersionCode: minimum } }) => {
      const found = shown(versionCode?.toString())
      if (minimum === undefined) return unchecked(found)
      const isEnough = versionCode !== undefined && versionCode >= minimum
      return holds(isEnough, `at least ${minimum}`, found)
    }),
  },
  {
    name: 'deviceRecognition',
    code: 'play_integrity_device_unrecognised',
    kind: 'policy',
    run: ofVerdict(({ verdict: { deviceRecognition: found }, policy }) => {
      const required = policy.deviceRecognition ?? ['MEETS_DEVICE_INTEGRITY']
      const listed = shown(found.join(', '))
      if (required.length === 0) return unchecked(listed)
      const isThere = required.every((one) => one !== unevaluated && found.includes(one))
      return holds(isThere, required.join(', '), listed)
    }),
  },
  {
    name: 'appLicensing',
    code: 'play_integrity_app_unlicensed',
    kind: 'policy',
    run: ofVerdict(({ verdict, policy }) => oneOf(verdict.appLicensing, policy.appLicensing)),
  },
]

const notReached = unchecked('not reached', '')

/** A check that can be made only where there is a verdict. */
function ofVerdict(run: (subject: VerdictSubject) => Finding) {
  return (subject: IntegritySubject): Finding => {
    const { verdict, policy } = subject
    if (verdict === undefined || policy === undefined) return notReached
    return run({ ...subject, verdict, policy })
  }
}

function oneOf(found: string | undefined, allowed: readonly string[] | undefined): Finding {
  if (allowed === undefined) return unchecked(shown(found))
  const isAllowed = found !== undefined && found !== unevaluated && allowed.includes(found)
  return holds(isAllowed, allowed.join(', '), shown(found))
}

/** Google keeps the padding of a nonce as the app sent it. */
const withoutPadding = (text: string): string => text.replace(/={1,2}$/, '')
const shown = (text: string | undefined): string =>
  text === undefined || text === '' ? 'none' : text.slice(0, 200)
