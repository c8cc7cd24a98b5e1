import { createHash } from 'node:crypto'
import { renderUnicodeCompact } from 'uqr'

/** What a phone must know to enrol: all of it fits into one QR code. */
export type Invitation = {
  /** Origin of the gateway. */
  gateway: string
  /** Origin of the authority's device listener. */
  authority: string
  appId: string
  /** A one-time enrolment token. */
  token: string
  /** The CA that both are verified with, DER. */
  ca: Uint8Array
}

/**
 * The invitation as a link: `sallyport:enroll?gateway=…&authority=…&app=…&token=…&ca=sha256:…`. The hash
 * is of the CA's DER, in base64url: a phone that downloads the CA over plain HTTP compares it.
 */
export function invitationLink(invitation: Invitation): string {
  const { gateway, authority, appId, token, ca } = invitation
  const hash = createHash('sha256').update(ca).digest('base64url')
  const query = new URLSearchParams({ gateway, authority, app: appId, token, ca: `sha256:${hash}` })
  return `sallyport:enroll?${query.toString()}`
}

/** The link as a QR code of block characters, two rows a line, for a terminal. */
export function invitationCode(link: string): string {
  return renderUnicodeCompact(link, { ecc: 'L', border: 2 })
}
