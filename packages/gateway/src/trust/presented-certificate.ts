import type { HostTrust } from './host-trust.ts'
import type { PresentedLeaf } from './presented-leaf.ts'

/** The certificate that a caller showed, as the trust of its host sees it: verified once for each trust. */
export class PresentedCertificate {
  readonly #der: Buffer | undefined
  #leaf: PresentedLeaf | undefined
  #trust: HostTrust | undefined

  /** @param der undefined where none was presented */
  constructor(der: Buffer | undefined) {
    this.#der = der
  }

  get isThere(): boolean {
    return this.#der !== undefined
  }

  /** What was found of the caller's status counts no more where another trust has looked. */
  leafUnder(trust: HostTrust, caller: { statusVersion: number }): PresentedLeaf | undefined {
    if (this.#der !== undefined && this.#trust !== trust) {
      this.#leaf = trust.verify(this.#der)
      this.#trust = trust
      caller.statusVersion = -1
    }
    return this.#leaf
  }
}
