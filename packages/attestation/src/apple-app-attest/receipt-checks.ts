import { nameText } from '@sallyport/pki'
import { chainChecks } from '../chain/chain-checks.ts'
import { type CheckRow, holds, unchecked } from '../check-table.ts'
import { isSignedContent } from '@sallyport/pki/cms'
import type { SignedData } from '@sallyport/pki/cms'
import type { CertificateChain } from '../chain/certificate-chain.ts'
import { isSameBytes } from '../same-bytes.ts'
import type { ReceiptFields } from './receipt-fields.ts'

/** What a receipt must be for. A member that is not there is not checked. */
export type ReceiptDemands = {
  /** `TEAMID.bundle.id` */
  readonly appId?: string | undefined
  /** DER SubjectPublicKeyInfo of the attested key. */
  readonly spki?: Uint8Array
  /** It must have been made within so long before this time; milliseconds. */
  readonly fresh?: { readonly at: number; readonly maxAgeMs: number }
}

/** What the checks of a receipt look at. */
export type ReceiptSubject = {
  readonly signedData: SignedData
  readonly fields: ReceiptFields
  /** Of the signer. Its dates are asked at the time at which the receipt was made. */
  readonly chain: CertificateChain
  readonly demands: ReceiptDemands
}

/** id-data (RFC 5652 §4): the only content that may be signed without signed attributes (§5.3). */
const dataType = '1.2.840.113549.1.7.1'

/**
 * In the certificate of Apple's signer of these receipts, and there alone. Without it, whoever has a
 * certificate of Apple's for another purpose under the same root could sign receipts.
 */
export const receiptSignerExtension = '1.2.840.113635.100.12.15'

/** The checks of an App Attest receipt, in the order in which a result lists them. */
export const receiptChecks: readonly CheckRow<ReceiptSubject>[] = [
  ...chainChecks,
  {
    name: 'signer',
    code: 'app_attest_receipt_signer_unknown',
    kind: 'proof',
    run: ({ chain: { certificates } }) => {
      const [signer, ...issuers] = certificates
      const isSigner = signer?.extensions.has(receiptSignerExtension) === true && !signer.isCa
      return holds(
        isSigner && issuers.every(({ isCa }) => isCa),
        `a certificate for receipts (${receiptSignerExtension}), issued by CAs`,
        signer === undefined ? '' : nameText(signer.subject),
      )
    },
  },
  {
    name: 'signature',
    code: 'app_attest_receipt_signature_invalid',
    kind: 'proof',
    run: ({ signedData, chain: { certificates } }) => {
      const [signer] = certificates
      const isSigned = signer !== undefined && isSignedContent(signedData, signer)
      return holds(
        isSigned && signedData.contentType === dataType,
        'the content, signed by that certificate',
        isSigned ? `content type ${signedData.contentType}` : 'another content, or another signer',
      )
    },
  },
  {
    name: 'appId',
    code: 'app_attest_receipt_app_mismatch',
    kind: 'proof',
    run: ({ fields, demands: { appId } }) =>
      appId === undefined
        ? unchecked(fields.appId)
        : holds(fields.appId === appId, appId, fields.appId),
  },
  {
    name: 'key',
    code: 'app_attest_receipt_key_mismatch',
    kind: 'proof',
    run: ({ fields: { certificate }, demands: { spki } }) =>
      spki === undefined
        ? unchecked(certificate.spkiSha256)
        : holds(
            isSameBytes(certificate.spki, spki),
            'a receipt for the attested key',
            certificate.spkiSha256,
          ),
  },
  {
    name: 'fresh',
    code: 'app_attest_receipt_too_old',
    kind: 'policy',
    run: ({ fields: { creationTime }, demands: { fresh } }) => {
      const found = new Date(creationTime).toISOString()
      if (fresh === undefined) return unchecked(found)
      const { at, maxAgeMs } = fresh
      return holds(
        at - creationTime <= maxAgeMs,
        `made at ${new Date(at - maxAgeMs).toISOString()} or later`,
        found,
      )
    },
  },
]
