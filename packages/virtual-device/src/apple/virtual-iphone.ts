import { type CollectEvidence, EvidenceError } from '@sallyport/sdk'
import type { DevelopmentRoot } from '../development-root.ts'
import type { PlatformParts } from '../virtual-phone.ts'
import { appAssertionEvidence, appAttestationEvidence } from './app-attest-evidence.ts'
import { appAttestService } from './app-attest-service.ts'
import type { AppAttestHostility } from './hostile-ios.ts'
import { defaultIosPhone, type IosPhone } from './ios-phone.ts'

/** A virtual phone with an App Attest key that vouches for its TLS keys: attested once, asserting from then on. */
export type VirtualIphone = {
  readonly platform: 'ios'
  readonly root: DevelopmentRoot
  /** What is different from `defaultIosPhone`. */
  readonly facts?: Partial<IosPhone>
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
    evidence: collect(phone, facts, service),
  }
}

/** An attestation of a new key to enrol; an assertion by the same one to renew. */
function collect(
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
      if (phone.isServiceAway?.() === true) {
        throw new EvidenceError('unavailable', 'DCError.serverUnavailable')
      }
      const key = await service.generate(tlsKey.id)
      return appAttestationEvidence({ ...common, root, key, at: platformNow() })
    }
    const asserting = await service.advance(renewedKeyId, tlsKey.id)
    if (asserting === undefined) throw new EvidenceError('key-lost', 'DCError.invalidKey')
    return appAssertionEvidence({ ...common, ...asserting })
  }
}
