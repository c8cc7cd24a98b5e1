import { type CollectEvidence, EvidenceError } from '@sallyport/sdk'
import type { DevelopmentRoot } from '../development-root.ts'
import type { PlatformParts } from '../virtual-phone.ts'
import { appAssertionEvidence, appAttestationEvidence } from './app-attest-evidence.ts'
import { appAttestService } from './app-attest-service.ts'
import type { AppAttestHostility } from './hostile-ios.ts'
import { defaultIosPhone, type IosPhone } from './ios-phone.ts'
import { managedDeviceEvidence } from './managed-device-evidence.ts'

/**
 * A virtual phone with an App Attest key that vouches for its TLS keys: attested once, asserting from then
 * on. Under management Apple attests the TLS keys themselves.
 */
export type VirtualIphone = {
  readonly platform: 'ios'
  readonly root: DevelopmentRoot
  /** What is different from `defaultIosPhone`. */
  readonly facts?: Partial<IosPhone>
  /** Under management: it brings Managed Device Attestations instead. */
  readonly isManaged?: boolean
  /** The time at Apple, milliseconds. Default: the time. */
  readonly platformNow?: () => number
  /** While it says so, Apple attests no key. Assertions need nobody. */
  readonly isServiceAway?: () => boolean
  /** Asked for every attestation and assertion. */
  readonly hostility?: () => AppAttestHostility | undefined
}

export function iphoneParts(phone: VirtualIphone, directory: string): PlatformParts {
  const facts = { ...defaultIosPhone, ...phone.facts }
  const service = appAttestService(directory)
  return {
    facts: { platform: 'ios', osVersion: facts.osVersion, deviceModel: facts.model },
    keyStore: (keys) => ({
      ...keys,
      delete: async (id) => {
        await keys.delete(id)
        await service.forget(id)
      },
    }),
    evidence:
      phone.isManaged === true
        ? collectManaged(phone, facts)
        : collectAppAttest(phone, facts, service),
  }
}

/** A chain for each key and challenge. */
function collectManaged(phone: VirtualIphone, facts: IosPhone): CollectEvidence {
  const { root, platformNow = Date.now } = phone
  return async ({ key, challenge }) => {
    requireService(phone)
    const spki = await key.publicKey()
    return managedDeviceEvidence({ root, challenge, spki, at: platformNow(), phone: facts })
  }
}

function requireService(phone: VirtualIphone): void {
  if (phone.isServiceAway?.() !== true) return
  throw new EvidenceError('unavailable', 'DCError.serverUnavailable')
}

/** An attestation of a new key to enrol; an assertion by the same one to renew. */
function collectAppAttest(
  phone: VirtualIphone,
  facts: IosPhone,
  service: ReturnType<typeof appAttestService>,
): CollectEvidence {
  const { root, platformNow = Date.now } = phone
  return async ({ key: tlsKey, renewedKeyId, clientData }) => {
    const hostility = phone.hostility?.()
    const common = {
      clientData,
      phone: facts,
      ...(hostility === undefined ? {} : { hostility }),
    }
    if (renewedKeyId === undefined) {
      requireService(phone)
      const key = await service.generate(tlsKey.id)
      return appAttestationEvidence({ ...common, root, key, at: platformNow() })
    }
    const asserting = await service.advance(renewedKeyId, tlsKey.id)
    if (asserting === undefined) throw new EvidenceError('key-lost', 'DCError.invalidKey')
    return appAssertionEvidence({ ...common, ...asserting })
  }
}
