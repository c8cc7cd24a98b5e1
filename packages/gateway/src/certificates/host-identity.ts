import { createServer, type SecureContext, type Server } from 'node:tls'
import type { HostPlan, Plan } from '../configuration/plan.ts'
import { hostSecureContext } from '../edge/tls-context.ts'
import { certificateId } from './certificate-id.ts'
import type { Credentials, KeyPairPem } from './credentials.ts'

/** What a host shows to clients, and how it staples. */
export type HostIdentity = {
  /** Undefined where its certificate is still to be obtained. */
  readonly secureContext: SecureContext | undefined
  /** Asked for the OCSP response by each TLS socket that is made with it; undefined where there is none. */
  readonly stapler: Server | undefined
}

export type IdentitySources = {
  readonly minVersion: Plan['minVersion']
  readonly trustFingerprint: string
  readonly ticketSecret: Uint8Array
  readonly credentials: Credentials
}

/** @throws Problem `config_invalid` where certificate and key cannot be used */
export function hostIdentity(host: HostPlan, sources: IdentitySources): HostIdentity {
  const { minVersion, trustFingerprint, ticketSecret, credentials } = sources
  const pair = host.pair ?? ownMember(credentials.issued, host.name)
  if (pair === undefined) return { secureContext: undefined, stapler: undefined }
  return {
    secureContext: hostSecureContext(host, pair, { minVersion, trustFingerprint, ticketSecret }),
    stapler: staplerFor(pair, credentials),
  }
}

type Staple = (error: Error | null, response: Buffer) => void

// `server` of a TLSSocket is where node asks for what to staple, by the event OCSPRequest: a server of TLS, of
// no other kind, that never listens, and serves nothing else. Where there is nothing to staple, none of it is paid for.
function staplerFor({ certificate }: KeyPairPem, { staples }: Credentials): Server | undefined {
  if (Object.keys(staples).length === 0) return undefined
  const staple = ownMember(staples, certificateId(certificate))
  if (staple === undefined) return undefined
  const response = Buffer.from(staple)
  const answer = (_leaf: Buffer, _issuer: Buffer, done: Staple) => done(null, response)
  return createServer().on('OCSPRequest', answer)
}

function ownMember<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
