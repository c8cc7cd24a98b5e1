import path from 'node:path'
import { certificatesFromPem, parseGatewayUri } from '@sallyport/pki'
import type { GatewayConfig } from '../configuration/gateway-config.ts'
import { makePlan } from '../configuration/make-plan.ts'
import type { Log } from '../log/log.ts'
import { HaproxyAgent } from './haproxy-agent.ts'

export type HaproxyAgentPlace = {
  /** Of the lists; absolute, as HAProxy's configuration names them. */
  readonly directory: string
  /** By default `haproxy.sock` in that folder. */
  readonly socket?: string
}

/**
 * An agent under the identity of the gateway that a configuration describes.
 *
 * @throws Problem `config_invalid`, `config_unreadable`
 */
export function haproxyAgent(
  config: GatewayConfig,
  { directory, socket = path.join(directory, 'haproxy.sock') }: HaproxyAgentPlace,
  log: Log,
): HaproxyAgent {
  const { authority, plan } = makePlan(config)
  return new HaproxyAgent({
    name: nameOf(authority.certificate) ?? config.value.gateway.name,
    directory,
    socket,
    authority,
    allowDevelopment: plan.allowDevelopment,
    log,
  })
}

/** The authority knows a gateway by its certificate: an agent may have one of its own beside a configuration of another's. */
function nameOf(certificate: string): string | undefined {
  const uris = certificatesFromPem(certificate)[0]?.uris ?? []
  return uris.map((uri) => parseGatewayUri(uri)?.name).find((name) => name !== undefined)
}
