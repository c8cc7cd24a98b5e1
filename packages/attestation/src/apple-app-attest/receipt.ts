import { DerError } from '@sallyport/pki'
import type { AttestationCheck, Claims } from '../attestation-result.ts'
import { strictChain } from '../chain/strict-chain.ts'
import { runChecks } from '../check-table.ts'
import { readSignedData } from '@sallyport/pki/cms'
import { signerChain } from '@sallyport/pki/cms'
import { malformedResult, wellFormed } from '../malformed-result.ts'
import type { TrustAnchor } from '../trust.ts'
import { receiptChecks, type ReceiptDemands, type ReceiptSubject } from './receipt-checks.ts'
import { readReceiptFields, receiptClaims, type ReceiptFields } from './receipt-fields.ts'

/** Those of phones have four KiB. */
export const maxReceiptBytes = 16_384

export type ReadReceiptOptions = ReceiptDemands & {
  /** Roots that Apple signs receipts under: Apple Root CA - G3. */
  readonly anchors: readonly TrustAnchor[]
}

/** A receipt, and every check of it. */
export type ReceiptResult = {
  /** No check failed. */
  readonly accepted: boolean
  /** In the order of the table of checks. */
  readonly checks: readonly AttestationCheck[]
  /** Undefined: it could not be read. */
  readonly fields: ReceiptFields | undefined
  readonly claims: Claims
}

/**
 * Reads and verifies an App Attest receipt: CMS SignedData, BER or DER, at most 16 KiB, signed by
 * Apple's signer of such receipts. It stays good for as long as it is kept: its certificates are asked
 * for the time at which it was made. Hostile bytes are failed checks. Not checked: `notBefore` and
 * `expirationTime`, which are for Apple.
 *
 * https://developer.apple.com/documentation/devicecheck/assessing-fraud-risk
 */
export function readReceipt(bytes: Uint8Array, options: ReadReceiptOptions): ReceiptResult {
  const expected = `a receipt of at most ${maxReceiptBytes} bytes`
  if (bytes.length > maxReceiptBytes) {
    return unreadable({ code: 'attestation_too_large', expected, found: `${bytes.length} bytes` })
  }
  let subject: ReceiptSubject
  try {
    subject = readSubject(bytes, options)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    return unreadable({ code: 'app_attest_receipt_malformed', expected, found: error.message })
  }
  const { checks, accepted } = runChecks(receiptChecks, subject)
  return {
    accepted,
    checks: [wellFormed(expected, `${bytes.length} bytes`), ...checks],
    fields: subject.fields,
    claims: receiptClaims(subject.fields),
  }
}

function readSubject(
  bytes: Uint8Array,
  { anchors, ...demands }: ReadReceiptOptions,
): ReceiptSubject {
  const signedData = readSignedData(bytes)
  const fields = readReceiptFields(signedData.content)
  const certificates = signerChain(signedData)
  if (certificates.length === 0) throw new DerError("the signer's certificate missing", 0)
  const chain = strictChain(certificates, anchors, fields.creationTime)
  return { signedData, fields, chain, demands }
}

function unreadable(fault: Parameters<typeof malformedResult>[2]): ReceiptResult {
  const { checks } = malformedResult('', receiptChecks, fault)
  return { accepted: false, checks, fields: undefined, claims: {} }
}
