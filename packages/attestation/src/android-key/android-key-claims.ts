import type { Claims, EvidenceFacts } from '../attestation-result.ts'
import { certificateClaims } from '../chain/certificate-claims.ts'
import { claimOf } from '../claim-of.ts'
import type { AndroidKeySubject } from './android-key-subject.ts'
import type { AuthorizationList } from './authorization-list.ts'
import { patchLevelText, patchLevelTime } from './patch-level.ts'
import { readProvisioningInfo } from './provisioning-info.ts'

/** Everything that was parsed. The members of `keyDescription` are those of `KeyDescription`. */
export function androidKeyClaims(subject: AndroidKeySubject): Claims {
  const { chain, shape, key, description, attester } = subject
  const info = shape.batch === undefined ? undefined : readProvisioningInfo(shape.batch)
  return {
    provisioning: shape.provisioning ?? null,
    ...(info === undefined ? {} : { provisioningInfo: claimOf(info) }),
    key: key.kind,
    ...(description === undefined ? {} : { keyDescription: claimOf(description) }),
    ...(attester === undefined ? {} : { attestKeyDescription: claimOf(attester) }),
    certificates: certificateClaims(chain.certificates),
  }
}

/** What is remembered, once it is proven. */
export function androidKeyFacts({
  chain,
  shape: { provisioning, batch },
  description,
}: AndroidKeySubject): EvidenceFacts {
  const enforced: Partial<AuthorizationList> = description?.hardwareEnforced ?? {}
  const { attestationIdModel, osVersion, osPatchLevel } = enforced
  const identifiers = [
    enforced.attestationIdSerial,
    enforced.attestationIdImei,
    enforced.attestationIdSecondImei,
    enforced.attestationIdMeid,
  ].filter((one) => one !== undefined)
  return {
    ...(identifiers.length === 0 ? {} : { identifiers }),
    serials: chain.certificates.map(({ serial }) => serial),
    ...(batch === undefined ? {} : { batch: batch.spkiSha256 }),
    ...(provisioning === undefined ? {} : { provisioning }),
    ...(attestationIdModel === undefined ? {} : { model: attestationIdModel }),
    // 0: a system image that was built without a version.
    ...(osVersion === undefined || osVersion === 0 ? {} : { osVersion: osVersionText(osVersion) }),
    ...(patchLevelTime(osPatchLevel) === undefined
      ? {}
      : { osPatchLevel: patchLevelText(osPatchLevel) }),
  }
}

/** 80100 is 8.1: two digits each of major, minor and sub-minor version, and trailing zeros say nothing. */
function osVersionText(version: number): string {
  const parts = [Math.floor(version / 10_000), Math.floor(version / 100) % 100, version % 100]
  return parts.join('.').replace(/(\.0)+$/, '')
}
