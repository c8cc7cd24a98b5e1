import type { ConfigFile } from '@sallyport/config'
import { type GatewayConfig, makePlan } from '@sallyport/gateway'

/**
 * What no schema can say of the gateway's part of a file: upstreams that are not there, certificates
 * without their key. Does nothing where there is no such part.
 *
 * @throws Problem `config_invalid`, `config_unreadable` with its place
 */
export function checkGateway(config: ConfigFile<Record<string, unknown>>): void {
  if (describesGateway(config)) makePlan(config)
}

type Described = ConfigFile<Record<string, unknown> & GatewayConfig['value']>

function describesGateway(config: ConfigFile<Record<string, unknown>>): config is Described {
  return config.value['gateway'] !== undefined
}
