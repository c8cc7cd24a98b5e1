import type { HopPlan } from '../configuration/listener-plan.ts'
import type { RequestHead } from '../exchange/request-head.ts'
import { readClientAddress } from '../forwarded/client-address.ts'
import {
  forwardedChainReader,
  forwardedFields,
  type ReadForwardedChain,
} from '../forwarded/read-forwarded-chain.ts'
import type { Refusal } from '../pipeline/stage.ts'
import type { NetworkTree } from '../addresses/network-tree.ts'
import type { Host } from '../worker/host.ts'
import type { Connection } from './connection.ts'
import { HopCaller } from './hop-caller.ts'
import { type HopFault, networkTreeOf, type ProofChecks, proofChecks } from './hop-proof.ts'

/** A request behind a proxy: for which host it is, and who sent it. */
export type Admitted = { readonly host: Host; readonly caller: HopCaller }

/** As many callers as are remembered, with what was worked out about them. */
const maxRemembered = 4_096

/** The proxy in front of a listener: what proves that it is it, and what it says of its clients. */
export class Hop {
  readonly plan: HopPlan
  readonly #checks: ProofChecks
  readonly #trusted: NetworkTree | undefined
  readonly #readChain: ReadForwardedChain
  readonly #fields: readonly string[]
  readonly #callers = new Map<string, HopCaller>()
  readonly #verdicts = new WeakMap<Connection, ReturnType<ProofChecks['connection']>>()

  constructor(plan: HopPlan) {
    this.plan = plan
    this.#checks = proofChecks(plan)
    this.#trusted = plan.trusted.length === 0 ? undefined : networkTreeOf(plan.trusted)
    this.#readChain = forwardedChainReader(plan.form)
    this.#fields = forwardedFields(plan.form)
  }

  /** Whether the proxy shows a certificate of its own in the handshake. */
  get asksForCertificate(): boolean {
    return this.plan.proof.kind === 'mutualTls'
  }

  /** What is said against a connection being the proxy's: worked out once, and again when it ran out. */
  connectionFault(connection: Connection, now: number): HopFault | undefined {
    const known = this.#verdicts.get(connection)
    if (known !== undefined && now <= known.until) return known.fault
    const verdict = this.#checks.connection(connection)
    this.#verdicts.set(connection, verdict)
    return verdict.fault
  }

  /**
   * Who sent a request that came over a connection of this listener. That the certificate is any good
   * is for the device stage to say, exactly as if the device had connected itself.
   */
  admit(
    connection: Connection,
    head: RequestHead,
    hostFor: (name: string) => Host | undefined,
  ): Admitted | Refusal {
    const fault = this.connectionFault(connection, Date.now()) ?? this.#checks.request(head)
    if (fault !== undefined)
      return { code: 'hop_unauthenticated', check: this.plan.proof.kind, ...fault }
    const host = hostFor(hostNameOf(head.authority))
    if (host === undefined) return unknownHost(head.authority)
    const address = this.#addressOf(connection, head)
    if (typeof address !== 'string') return address
    const scheme = schemeOf(head)
    const told = this.#fields.map((field) => head.header(field) ?? '').join('\n')
    const key = `${host.plan.name} ${scheme} ${address} ${connection.peerAddress}\n${told}`
    const known = this.#callers.get(key)
    if (known !== undefined) {
      known.host = host
      return { host, caller: known }
    }
    const chain = this.#readChain(head)
    if (chain.state === 'refused') return unreadableChain(chain, this.#fields)
    const der = chain.state === 'read' ? chain.chain[0] : undefined
    const hop = connection.peerAddress
    const caller = new HopCaller({ host, address, scheme, der, hop })
    // Strangers are not remembered, with a certificate or without: they could push out everyone else.
    if (caller.currentLeaf()?.device !== undefined) this.#remember(key, caller)
    return { host, caller }
  }

  #addressOf(connection: Connection, head: RequestHead): string | Refusal {
    const { address: field } = this.plan
    if (field === 'connection') return connection.address
    const read = readClientAddress(field, head.header(field), this.#trusted)
    if (read.state === 'read') return read.address
    const expected = `the address of the client in ${field}`
    return { code: 'forwarded_address_invalid', check: field, expected, found: read.found }
  }

  #remember(key: string, caller: HopCaller): void {
    if (this.#callers.size >= maxRemembered) {
      const oldest = this.#callers.keys().next().value
      if (oldest !== undefined) this.#callers.delete(oldest)
    }
    this.#callers.set(key, caller)
  }
}

function hostNameOf(authority: string | undefined): string {
  const name = (authority ?? '').replace(/:\d{0,5}$/, '').toLowerCase()
  return name.endsWith('.') ? name.slice(0, -1) : name
}

// The last proxy's word is the last one. One that says nothing ends TLS for its clients: that is what it is for.
function schemeOf(head: RequestHead): 'https' | 'http' {
  const said = head.header('x-forwarded-proto')
  if (said === undefined) return 'https'
  const last = said
    .slice(said.lastIndexOf(',') + 1)
    .trim()
    .toLowerCase()
  return last === 'https' ? 'https' : 'http'
}

function unknownHost(authority: string | undefined): Refusal {
  return {
    code: 'misdirected_request',
    check: 'authority',
    expected: 'the name of a host of this gateway',
    found: (authority ?? 'none').slice(0, 300),
  }
}

function unreadableChain(
  { code, found }: { readonly code: Refusal['code']; readonly found: string },
  fields: readonly string[],
): Refusal {
  return {
    code,
    check: fields[0] ?? '',
    expected: 'a certificate in the form of the listener',
    found,
  }
}
