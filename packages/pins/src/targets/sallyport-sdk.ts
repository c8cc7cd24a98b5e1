import { toPem } from '@sallyport/pki'
import type { PinnedHost } from '../pins-file.ts'
import { originOf, pinComment } from './generated-text.ts'
import type { Target } from './target.ts'

/**
 * `trust` of the Sallyport client: whole root certificates, in place of the trust store of the system. Its transports
 * end chains at roots, so that nothing below one can be pinned.
 */
export const sallyportSdk: Target = {
  name: 'sallyport-sdk',
  summary: 'The TypeScript client: its trust, as whole root certificates',
  depths: ['none', 'one', 'any'],
  compares: ['certificate'],
  canReport: false,
  canExpire: true,
  overlap: 'most specific',
  refuses: ({ pins }) =>
    pins.some(({ place }) => place !== 'root')
      ? 'the client ends chains at roots: pin roots, and give a backup "for: root"'
      : undefined,
  render: (hosts) => [{ name: 'pinned-trust.ts', content: typescriptModule(hosts) }],
}

function typescriptModule(hosts: readonly PinnedHost[]): string {
  return `// ${originOf('sallyport-sdk')}
import type { Trust } from '@sallyport/sdk'

type PinnedHost = {
  readonly name: string
  /** Labels below the name that it holds for. */
  readonly depth: number
  /** Milliseconds. */
  readonly endsAt: number
  readonly caCertificates: string
}

const hosts: readonly PinnedHost[] = [
${hosts.map(literal).join('\n')}
]

/** For \`createClient({ trust: trustFor('api.example.com') })\`: the roots of the most specific host that covers a name. */
export function trustFor(name: string, now: number = Date.now()): Trust {
  // The dot of an absolute name is no way around pins.
  const asked = name.toLowerCase().replace(/\\.$/, '')
  const covering = hosts.filter((host) => covers(host, asked))
  const [host] = covering.sort((a, b) => b.name.length - a.name.length)
  if (host === undefined || now >= host.endsAt) return 'system'
  return { caCertificates: host.caCertificates }
}

function covers({ name, depth }: PinnedHost, asked: string): boolean {
  if (asked === name) return true
  if (!asked.endsWith(\`.\${name}\`)) return false
  return asked.slice(0, -name.length - 1).split('.').length <= depth
}
`
}

const depths = { none: '0', one: '1', any: 'Infinity' } as const

function literal({ name, subdomains, expires, pins }: PinnedHost): string {
  return [
    '  {',
    `    name: '${name}',`,
    `    depth: ${depths[subdomains]},`,
    `    endsAt: ${expires === undefined ? 'Infinity' : expires},`,
    '    caCertificates: [',
    ...pins.flatMap((pin) => [
      `      // ${pinComment(pin)}`,
      ...(pin.certificate === undefined ? [] : pemLines(pin.certificate.der)),
    ]),
    "    ].join('\\n'),",
    '  },',
  ].join('\n')
}

function pemLines(der: Buffer): string[] {
  return toPem('CERTIFICATE', der)
    .trimEnd()
    .split('\n')
    .map((line) => `      '${line}',`)
}
