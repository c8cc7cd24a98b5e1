import { tokenPattern } from './field-syntax.ts'

/** What becomes of a request field of this name on its way to the service. */
export type RequestFieldRule = {
  readonly lower: string
  /** `Name: `, in the case that it came in. */
  readonly line: string
  readonly fate: 'forward' | 'drop' | 'connection' | 'te'
  /**
   * Lower case, and every character that a CGI-like service turns into an underscore as a hyphen:
   * two names that a service may take for one have one canonical name.
   */
  readonly canonical: string
}

// Fields of this hop alone (RFC 9110 §7.6.1), and those that this hop writes anew.
const dropped = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

// Who the client is, is for the gateway alone to say. By canonical name.
const identityNames = new Set([
  'client-cert',
  'client-cert-chain',
  'forwarded',
  'x-arr-clientcert',
  'x-client-dn',
  'x-client-s-dn',
  'x-client-verify',
  'x-ssl',
  'x-real-ip',
  'true-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'x-forwarded',
  'x-client-ip',
  'x-originating-ip',
  'x-remote-addr',
  'x-remote-ip',
  'x-azure-clientip',
  'x-azure-socketip',
  'x-appengine-user-ip',
  'fastly-client-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'cf-pseudo-ipv4',
  'x-client-subject',
  'x-client-issuer',
  'x-client-verified',
])
const identityPrefixes = [
  'sallyport-',
  'cf-client-cert-',
  'cf-cert-',
  'cloudfront-viewer-',
  'ssl-client-',
  'tls-client-',
  'x-amzn-mtls-',
  'x-client-cert',
  'x-forwarded-',
  'x-mtls-',
  'x-original-forwarded-',
  'x-ssl-',
  'x-tls-client-',
]

// Frameworks take these for another target or method than the request line's, which is the one that
// was decided on; `Proxy` becomes HTTP_PROXY to a CGI program (CVE-2016-5385).
const overrides = new Set([
  'proxy',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
])

/** Whether a field of this canonical name claims an identity, and is never believed from outside. */
export function isIdentityField(canonical: string): boolean {
  if (identityNames.has(canonical)) return true
  return identityPrefixes.some((prefix) => canonical.startsWith(prefix))
}

/** Whether a field of this canonical name can make a service take a request for another one. */
export function isOverrideField(canonical: string): boolean {
  return overrides.has(canonical)
}

export function canonicalFieldName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

// Names come from outside: the table of those seen is bounded.
const rules = new Map<string, RequestFieldRule>()
const maxRules = 1_024

/** The rule for a name as it came, or undefined where it is not a name at all. */
export function requestFieldRule(name: string): RequestFieldRule | undefined {
  const known = rules.get(name)
  if (known !== undefined) return known
  if (!tokenPattern.test(name)) return undefined
  const lower = name.toLowerCase()
  const canonical = canonicalFieldName(name)
  const rule: RequestFieldRule = {
    lower,
    line: `${name}: `,
    canonical,
    fate: fateOf(lower, canonical),
  }
  // Were the table closed when it is full, whoever filled it with junk would slow everybody else.
  if (rules.size >= maxRules) rules.clear()
  if (name.length <= 64) rules.set(name, rule)
  return rule
}

function fateOf(lower: string, canonical: string): RequestFieldRule['fate'] {
  if (lower === 'connection') return 'connection'
  if (lower === 'te') return 'te'
  // `Content_Length` and the like are no framing to us, but may be to what stands behind us.
  if (dropped.has(canonical) || overrides.has(canonical)) return 'drop'
  if (isIdentityField(canonical)) return 'drop'
  return 'forward'
}
