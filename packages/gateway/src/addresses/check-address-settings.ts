import type { GatewayConfig } from '../configuration/gateway-config.ts'
import { checkedNetworks } from './make-address-plan.ts'

/** Networks of routes and hosts, which a schema knows by their characters alone. @throws Problem `config_invalid` */
export function checkAddressSettings(config: GatewayConfig): void {
  for (const [name, host] of Object.entries(config.value.gateway.hosts)) {
    const at = `/gateway/hosts/${name}`
    checkStages(config, `${at}/stages`, host.stages)
    for (const [index, route] of host.routes.entries()) {
      checkStages(config, `${at}/routes/${index}/stages`, route.stages)
    }
  }
}

function checkStages(config: GatewayConfig, at: string, stages: object | undefined): void {
  if (stages === undefined || !('address' in stages)) return
  const settings = stages.address as Partial<Record<'allow' | 'deny', readonly string[]>>
  for (const list of ['allow', 'deny'] as const) {
    const networks = settings[list]
    if (networks !== undefined) checkedNetworks(config, `${at}/address/${list}`, networks)
  }
}
