import type { Certificate } from '@sallyport/pki'
import type { TrustAnchor } from '../trust.ts'
import type { DateRule } from './dates.ts'

/** Certificates that evidence brought, and how they are to be judged. */
export type CertificateChain = {
  /** Leaf first. At least one. */
  readonly certificates: readonly Certificate[]
  /**
   * How many at the front were made by the phone itself, default none. Phones of 2018 write only a part
   * of the issuer's name into them.
   */
  readonly deviceMade?: number
  /** Undefined: it ends at nothing that is configured. */
  readonly end: ChainEnd | undefined
  /** The time of the appraisal, milliseconds. */
  readonly at: number
  /** Which dates of the certificate at a position count. */
  readonly dateRule: (position: number) => DateRule
}

/** The configured root that a chain ends at. */
export type ChainEnd = {
  readonly anchor: TrustAnchor
  /** The last certificate is one of the anchor's key, as against issued by it. */
  readonly isIncluded: boolean
}
