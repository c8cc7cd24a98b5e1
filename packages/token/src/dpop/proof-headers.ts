import type { BindingFault } from '../confirmation/binding-fault.ts'
import { type ProofHeader, readProofHeader } from './proof-header.ts'

const maxRemembered = 2_048

/**
 * Headers of proofs that verified before: reading one costs as much as verifying a signature, and a phone
 * writes the same one each time. Last used, last forgotten; one whose signature never verified is not kept,
 * so that strangers push nobody out.
 */
export class ProofHeaders {
  readonly #known = new Map<string, ProofHeader>()

  read(text: string): ProofHeader | BindingFault {
    const known = this.#known.get(text)
    if (known === undefined) return readProofHeader(text)
    this.#known.delete(text)
    this.#known.set(text, known)
    return known
  }

  remember(text: string, header: ProofHeader): void {
    if (this.#known.has(text)) return
    if (this.#known.size >= maxRemembered) {
      const [oldest] = this.#known.keys()
      if (oldest !== undefined) this.#known.delete(oldest)
    }
    this.#known.set(text, header)
  }
}
