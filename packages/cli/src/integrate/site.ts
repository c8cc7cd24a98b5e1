import path from 'node:path'
import type { ConfigFile } from '@sallyport/config'
import type { GatewaySettings } from '@sallyport/gateway'
import { Problem } from '@sallyport/problem'
import { type HostAndPort, hostAndPort } from './host-and-port.ts'

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
  /** A Unix socket of this machine, or mutual TLS. */
  readonly over: { readonly socket: string } | SiteTls
}

/** Files are on the proxy's machine, where the gateway's are not. */
export type SiteTls = HostAndPort & {
  /** The CA of the gateway's certificate. */
  readonly caFile: string
  /** What the proxy shows, with a name that gateway.decisions lists. */
  readonly certificateFile: string
  readonly keyFile: string
}

/** What the operator says of the way to the gateway. */
export type AskingBy = {
  /** `host:port` where the proxy reaches it over TLS. */
  readonly address: string | undefined
  /** Where the files of the caller lie on the proxy's machine. */
  readonly folder: string
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
 * @throws Problem `config_invalid` where the file has no such caller, or says what
 *   no proxy can be told
 */
export function siteOf(
  config: ConfigFile<Record<string, unknown>>,
  form: string,
  { listen, lists, asking }: Pick<Site, 'listen' | 'lists'> & { readonly asking: AskingBy },
): Site {
  const { gateway } = config.value as Value
  if (gateway === undefined) throw config.problem('/gateway', 'there is no gateway in this file')
  const absolute = (file: string) => path.resolve(config.directory, file)
  return {
    listen,
    lists,
    staleAfterSeconds: gateway.status.stopAfterSeconds,
    decisions: form === 'haproxy-agent' ? nowhere : decisionsOf(config, gateway, form, asking),
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
const nowhere: SiteDecisions = { caller: '', over: { socket: '' } }

/** What a proxy can dial, where it is not both. */
const onlyWay: Readonly<Record<string, 'socket' | 'tls'>> = {
  // Its forward-auth cannot dial a Unix socket.
  traefik: 'tls',
  // Its scripts can show no certificate.
  haproxy: 'socket',
}

function decisionsOf(
  config: ConfigFile<Record<string, unknown>>,
  { decisions }: GatewaySettings,
  form: string,
  asking: AskingBy,
): SiteDecisions {
  const way = onlyWay[form] ?? (asking.address === undefined ? 'socket' : 'tls')
  if (way === 'socket' && asking.address !== undefined) {
    const detail = `${form} can ask over a Unix socket alone: its scripts can show no certificate`
    throw new Problem('command_usage', { detail, expected: 'no --ask', found: asking.address })
  }
  const caller = decisions?.callers.find(
    (each) => each.form === form && (each.names === undefined) === (way === 'socket'),
  )
  const listen = decisions?.listen.find((each) => (typeof each === 'string') === (way === 'socket'))
  if (caller === undefined || listen === undefined) {
    const place = way === 'tls' ? 'address: …, certificateFile …' : 'unix:/run/sallyport/d.sock'
    const names = way === 'tls' ? ', names: [the name of its certificate]' : ''
    throw config.problem('/gateway/decisions', `${form} has nowhere to ask for decisions`, {
      expected: `listen: [${place}] and callers: [{ name: ${form}-edge, form: ${form}${names} }]`,
      found: decisions === undefined ? 'no gateway.decisions' : 'none of that kind',
    })
  }
  const over =
    typeof listen === 'string'
      ? { socket: path.resolve(config.directory, listen.slice('unix:'.length)) }
      : tlsOf(asking, listen.address)
  return { caller: caller.name, over }
}

/** @throws Problem `command_usage` where nobody can dial what it listens on */
function tlsOf({ address, folder }: AskingBy, listens: string): SiteTls {
  const place = hostAndPort(address ?? listens)
  if (place === undefined || isUnspecified(place.host)) {
    throw new Problem('command_usage', {
      detail: 'Where the proxy reaches gateway.decisions is not known',
      expected: '--ask gateway.internal:9443, with a name or address of its certificate',
      found: address ?? `it listens on ${listens}`,
    })
  }
  return {
    ...place,
    caFile: path.posix.join(folder, 'decisions-ca.crt'),
    certificateFile: path.posix.join(folder, 'caller.crt'),
    keyFile: path.posix.join(folder, 'caller.key'),
  }
}

/** Who must be able to read what, as a comment of the printed file. */
export function readerNote(over: SiteDecisions['over'], whoRuns: string): string {
  return 'socket' in over
    ? `# The user that ${whoRuns} as must be in the group of the decision socket.`
    : `# The user that ${whoRuns} as must be able to read ${over.keyFile}.`
}

/** What is listened on, and cannot be dialled. */
function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || /^[0:]+$/.test(host)
}

function targetUrl(target: unknown): URL {
  const text = typeof target === 'string' ? target : String((target as { url?: unknown }).url)
  const url = URL.parse(text)
  if (url === null) throw new Problem('config_invalid', { detail: `no URL: ${text}` })
  return url
}
