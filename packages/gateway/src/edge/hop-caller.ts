import { jsonString } from '../log/json-string.ts'
import type { Caller } from '../pipeline/caller.ts'
import { forwardedField } from '../pipeline/identity-fields.ts'
import type { Refusal } from '../pipeline/stage.ts'
import { PresentedCertificate } from '../trust/presented-certificate.ts'
import type { PresentedLeaf } from '../trust/presented-leaf.ts'
import type { Host } from '../worker/host.ts'

/** Whom a proxy in front speaks for: told with each request, and believed as far as the proxy is. */
export class HopCaller implements Caller {
  readonly address: string
  readonly serverName: string
  readonly scheme: 'https' | 'http'
  readonly logMembers: string
  readonly forwarded: string
  /** Replaced when a new configuration is taken over. */
  host: Host

  acceptedAuthority: string | undefined
  statusVersion = -1
  statusRefusal: Refusal | undefined
  addressVersion = -1
  addressGoodUntil = 0
  addressRefusal: Refusal | undefined

  readonly #certificate: PresentedCertificate

  constructor(options: {
    readonly host: Host
    readonly address: string
    readonly scheme: 'https' | 'http'
    readonly der: Buffer | undefined
    /** The address of the proxy. */
    readonly hop: string
  }) {
    const { host, address, scheme, der, hop } = options
    this.host = host
    this.serverName = host.plan.name
    this.address = address
    this.scheme = scheme
    this.#certificate = new PresentedCertificate(der)
    this.logMembers = `"address":${jsonString(address)},"hop":${jsonString(hop)},"host":${jsonString(host.plan.name)}`
    this.forwarded = forwardedField({ address, host, scheme })
  }

  get hasCertificate(): boolean {
    return this.#certificate.isThere
  }

  /** As with a connection's own certificate: held against the host's present trust, once for each. */
  currentLeaf(): PresentedLeaf | undefined {
    return this.#certificate.leafUnder(this.host.trust, this)
  }
}
