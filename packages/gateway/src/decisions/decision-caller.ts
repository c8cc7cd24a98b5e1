import { jsonString } from '../log/json-string.ts'
import type { Caller } from '../pipeline/caller.ts'
import { forwardedField } from '../pipeline/identity-fields.ts'
import type { Refusal } from '../pipeline/stage.ts'
import { PresentedCertificate } from '../trust/presented-certificate.ts'
import type { PresentedLeaf } from '../trust/presented-leaf.ts'
import type { Host } from '../worker/host.ts'

/** The client of a proxy that asked: who the proxy says it is, its certificate verified by us. */
export class DecisionCaller implements Caller {
  readonly address: string
  /** Questions about anything else are refused. */
  readonly scheme = 'https'
  readonly serverName: string
  readonly forwarded: string
  readonly logMembers: string
  acceptedAuthority: string | undefined
  statusVersion = -1
  statusRefusal: Refusal | undefined
  addressVersion = -1
  addressGoodUntil = 0
  addressRefusal: Refusal | undefined
  readonly #host: Host
  readonly #certificate: PresentedCertificate

  /** @param proxy the name of the caller that asks, for the log */
  constructor(proxy: string, address: string, host: Host, der: Buffer | undefined) {
    this.address = address
    this.#host = host
    this.#certificate = new PresentedCertificate(der)
    // The proxy's configuration names the host: nobody connects to it without naming one.
    this.serverName = host.plan.name
    this.forwarded = forwardedField({ address, host, scheme: 'https' })
    this.logMembers = `"address":${jsonString(address)},"host":${jsonString(host.plan.name)},"proxy":"${proxy}"`
  }

  get hasCertificate(): boolean {
    return this.#certificate.isThere
  }

  currentLeaf(): PresentedLeaf | undefined {
    return this.#certificate.leafUnder(this.#host.trust, this)
  }
}
