import { caddyConfig } from './caddy.ts'
import { envoyConfig } from './envoy.ts'
import { haproxyCertificates, haproxyConfig } from './haproxy.ts'
import { haproxyAgentConfig } from './haproxy-agent.ts'
import { haproxyScript } from './haproxy-script.ts'
import { nginxConfig } from './nginx.ts'
import type { Site } from './site.ts'
import { traefikDynamic, traefikStatic } from './traefik.ts'

export type IntegrationFile = { readonly name: string; readonly text: string }

/** The proxies that a configuration is printed for, each with its files, the main one first. */
export const integrations = {
  nginx: (site: Site) => [{ name: 'nginx.conf', text: nginxConfig(site) }],
  haproxy: (site: Site) => [
    { name: 'haproxy.cfg', text: haproxyConfig(site) },
    { name: 'sallyport.lua', text: haproxyScript(site) },
    { name: 'sallyport.crt-list', text: haproxyCertificates(site) },
  ],
  'haproxy-agent': (site: Site) => [{ name: 'haproxy.cfg', text: haproxyAgentConfig(site) }],
  caddy: (site: Site) => [{ name: 'Caddyfile', text: caddyConfig(site) }],
  envoy: (site: Site) => [{ name: 'envoy.yaml', text: envoyConfig(site) }],
  traefik: (site: Site) => [
    { name: 'dynamic.yaml', text: traefikDynamic(site) },
    { name: 'traefik.yaml', text: traefikStatic(site) },
  ],
} as const satisfies Record<string, (site: Site) => IntegrationFile[]>

export function isIntegration(name: string): name is keyof typeof integrations {
  return Object.hasOwn(integrations, name)
}
