import type { Kysely } from 'kysely'
import type { AppraisalRow, Tables } from '../store/tables.ts'
import type { Caller } from '../authority.ts'
import type { AppConfig } from '../config/app-config.ts'
import type { Admission } from '../enrollment/admission.ts'
import type { KeyRequest } from '../enrollment/key-request.ts'
import type { Protocol } from './protocol-config.ts'

/** An enrolment by a standard protocol, when everything that the protocol itself asks for holds. */
export type ProtocolOrder = {
  protocol: Protocol
  appId: string
  app: AppConfig
  request: Pick<KeyRequest, 'spki' | 'spkiSha256'>
  admission: Admission
  /** Of the evidence that the admission rests on, where there was any. */
  appraisal?: AppraisalRow | undefined
  /**
   * Names the order within its protocol, at most 200 characters: asked again with the same key it is
   * answered with the same certificate, and with another key it is refused.
   */
  reference: string
  /** Who let it in, for the audit log and for what one credential may enrol: `token:<id>`, `account:<id>`, `mdm:<name>`. */
  authorizedBy: string
  /** Whether the message may be one of long ago: neither it nor what let it in is good only once. */
  mayBeKept?: boolean | undefined
  /** How many devices `authorizedBy` may enrol in an hour. */
  maxPerHour: number
  /** Uses up what it was let in by, in the write of the enrolment, or of the wait for someone's approval. */
  use?: ((store: Kysely<Tables>, use: OrderUse) => Promise<void>) | undefined
  /** Writes what became of it where its protocol keeps that: in the write of the wait, and in that of the certificate. */
  record?: ((store: Kysely<Tables>, outcome: OrderUse) => Promise<void>) | undefined
  /** Who let it in by their word, after it waited. */
  approvalId?: string | undefined
  caller: Caller
}

/** A certificate, or a wait for one. */
export type OrderUse = {
  /** The id of a device, or of an approval. */
  usedFor: string
  /** Of the certificate; undefined where there is none yet. */
  thumbprint?: string
  now: number
}

/** How an order is written where used challenges are: no challenge of ours has a colon. */
export function orderName({
  protocol,
  appId,
  reference,
}: Pick<ProtocolOrder, 'protocol' | 'appId' | 'reference'>): string {
  return `${protocol}:${appId}:${reference}`
}
