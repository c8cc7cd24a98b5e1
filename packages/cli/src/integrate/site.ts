import path from 'node:path'
import type { ConfigFile } from '@sallyport/config'
import type { GatewaySettings } from '@sallyport/gateway'
import { Problem } from '@sallyport/problem'

/** What every proxy is told of a deployment. Paths are absolute. */
export type Site = {
  readonly listen: { readonly host: string; readonly port: number }
  /** Where this proxy asks, and as whom. */
  readonly decisions: SiteDecisions
  readonly hosts: readonly SiteHost[]
  readonly upstreams: readonly SiteUpstream[]
  /** Where the agent of HAProxy keeps its lists. */
  readonly lists: string
  /** How long the authority may be silent before devices are refused. */
  readonly staleAfterSeconds: number
}

export type SiteDecisions = {
  readonly caller: string
  /** Empty for a proxy that asks over TLS. */
  readonly socket: string
  /** `host:port`, and the CA of its certificate; empty for a proxy that asks over a Unix socket. */
  readonly address: string
  readonly caFile: string
}

export type SiteRoute = {
  readonly path: string
  readonly methods: readonly string[] | undefined
  readonly upstream: string
}

export type SiteHost = {
  readonly name: string
  readonly certificateFile: string
  readonly keyFile: string
  /** Whether clients are asked for a certificate at all. */
  readonly asksForCertificate: boolean
  readonly routes: readonly SiteRoute[]
}

export type SiteUpstream = {
  readonly name: string
  readonly targets: readonly { readonly host: string; readonly port: number }[]
  readonly isTls: boolean
  /** Whether the service speaks HTTP/2, as gRPC does. */
  readonly isHttp2: boolean
  readonly caFile: string | undefined
  readonly serverName: string | undefined
}

type Value = { readonly gateway?: GatewaySettings }

/**
 * The deployment as a proxy of this form sees it.
 *
 * @throws Problem `config_invalid` where the file has no caller of this form on a Unix socket, or says what
 *   no proxy can be told
 */
export function siteOf(
  config: ConfigFile<Record<string, unknown>>,
  form: string,
  { listen, lists }: Pick<Site, 'listen' | 'lists'>,
): Site {
  const { gateway } = config.value as Value
  if (gateway === undefined) throw config.problem('/gateway', 'there is no gateway in this file')
  const absolute = (file: string) => path.resolve(config.directory, file)
  return {
    listen,
    lists,
    staleAfterSeconds: gateway.status.stopAfterSeconds,
    decisions: form === 'haproxy-agent' ? nowhere : decisionsOf(config, gateway, form),
    hosts: Object.entries(gateway.hosts).map(([name, host]) => {
      const { certificate, clientCertificate, routes } = host
      const { certificateFile, keyFile } = certificate
      if (certificateFile === undefined || keyFile === undefined) {
        throw config.problem(
          `/gateway/hosts/${name}/certificate`,
          'the proxy needs files of its own',
        )
      }
      return {
        name,
        certificateFile: absolute(certificateFile),
        keyFile: absolute(keyFile),
        asksForCertificate: clientCertificate !== 'off',
        routes: routes.map(({ match, upstream }) => ({
          ...match,
          methods: match.methods,
          upstream,
        })),
      }
    }),
    upstreams: Object.entries(gateway.upstreams).map(([name, upstream]) => {
      const targets = upstream.targets.map(targetUrl)
      return {
        name,
        targets: targets.map(({ hostname, port, protocol }) => ({
          host: hostname,
          port: Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port),
        })),
        isTls: targets.every(({ protocol }) => protocol === 'https:'),
        isHttp2: upstream.protocol === 'h2',
        caFile: upstream.caFile === undefined ? undefined : absolute(upstream.caFile),
        serverName: upstream.serverName,
      }
    }),
  }
}

/** Of a proxy that asks nobody. */
const nowhere: SiteDecisions = { caller: '', socket: '', address: '', caFile: '' }

/** Proxies whose forward-auth cannot dial a Unix socket. */
const askingOverTls: ReadonlySet<string> = new Set(['traefik'])

function decisionsOf(
  config: ConfigFile<Record<string, unknown>>,
  { decisions }: GatewaySettings,
  form: string,
): SiteDecisions {
  const overTls = askingOverTls.has(form)
  const caller = decisions?.callers.find(
    (each) => each.form === form && (each.names !== undefined) === overTls,
  )
  const listen = decisions?.listen.find((each) => (typeof each === 'string') !== overTls)
  if (caller === undefined || listen === undefined) {
    const place = overTls ? 'address: …, certificateFile …' : 'unix:/run/sallyport/decisions.sock'
    const names = overTls ? ', names: [the name of its certificate]' : ''
    throw config.problem('/gateway/decisions', `${form} has nowhere to ask for decisions`, {
      expected: `listen: [${place}] and callers: [{ name: ${form}-edge, form: ${form}${names} }]`,
      found: decisions === undefined ? 'no gateway.decisions' : 'none of that kind',
    })
  }
  const { name } = caller
  if (typeof listen === 'string') {
    const socket = path.resolve(config.directory, listen.slice('unix:'.length))
    return { caller: name, socket, address: '', caFile: '' }
  }
  const caFile = path.resolve(config.directory, listen.callerCaFile)
  return { caller: name, socket: '', address: listen.address, caFile }
}

function targetUrl(target: unknown): URL {
  const text = typeof target === 'string' ? target : String((target as { url?: unknown }).url)
  const url = URL.parse(text)
  if (url === null) throw new Problem('config_invalid', { detail: `no URL: ${text}` })
  return url
}
