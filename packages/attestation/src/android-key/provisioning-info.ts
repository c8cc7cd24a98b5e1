import type { Certificate } from '@sallyport/pki'
import { CborError } from '../cbor/cbor-error.ts'
import { isCborMap } from '../cbor/cbor-value.ts'
import { decodeCbor } from '../cbor/decode-cbor.ts'

/** The extension that Google's server gives the batch key of a remotely provisioned phone. */
const provisioningInfoOid = '1.3.6.1.4.1.11129.2.1.30'
const certificatesIssuedKey = 1

/** How many attestation certificates Google gave this phone within 30 days; many are a farm's sign. */
export type ProvisioningInfo = { readonly certificatesIssued: number }

/**
 * ProvisioningInfo, a CBOR map. Undefined where there is none, and where it is not of the published
 * form: nothing is decided by it.
 * Source: https://developer.android.com/privacy-and-security/security-key-attestation#provisioning_attestation_ext_schema
 */
export function readProvisioningInfo(batch: Certificate): ProvisioningInfo | undefined {
  const extension = batch.extensions.get(provisioningInfoOid)
  if (extension === undefined) return undefined
  try {
    const map = decodeCbor(extension.value)
    const issued = isCborMap(map) ? map.get(certificatesIssuedKey) : undefined
    return typeof issued === 'number' ? { certificatesIssued: issued } : undefined
  } catch (error) {
    if (error instanceof CborError) return undefined
    throw error
  }
}
