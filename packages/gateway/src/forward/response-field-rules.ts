import { tokenPattern } from './field-syntax.ts'

/** What becomes of a response field of this name on its way to the client. */
export type ResponseFieldRule = {
  readonly name: string
  readonly lower: string
  readonly fate: keyof typeof fates | 'forward'
}

// Fields of this hop (RFC 9110 §7.6.1), and those whose meaning the parser needs.
const fates = {
  connection: ['connection'],
  contentLength: ['content-length'],
  transferEncoding: ['transfer-encoding'],
  keepAlive: ['keep-alive'],
  upgrade: ['upgrade'],
  trailer: ['trailer'],
  drop: [
    'proxy-connection',
    'proxy-authenticate',
    'proxy-authentication-info',
    'te',
    'http2-settings',
  ],
} as const

const fateByName = new Map<string, keyof typeof fates>()
for (const fate of Object.keys(fates) as (keyof typeof fates)[]) {
  for (const name of fates[fate]) fateByName.set(name, fate)
}

// Names come from the service: the table of those seen is bounded, and filled once.
const rules = new Map<string, ResponseFieldRule>()
const maxRules = 1_024

/** The rule for a name as it came, or undefined where it is not a name at all. */
export function responseFieldRule(name: string): ResponseFieldRule | undefined {
  const known = rules.get(name)
  if (known !== undefined) return known
  if (!tokenPattern.test(name)) return undefined
  const lower = name.toLowerCase()
  const rule: ResponseFieldRule = { name, lower, fate: fateByName.get(lower) ?? 'forward' }
  if (rules.size < maxRules && name.length <= 64) rules.set(name, rule)
  return rule
}

// What a trailer section may not carry (RFC 9110 §6.5.1): framing, routing, and this hop's fields.
const forbiddenTrailers = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'host',
  'set-cookie',
  'te',
  'trailer',
])

export function isTrailerAllowed(rule: ResponseFieldRule): boolean {
  return rule.fate === 'forward' && !forbiddenTrailers.has(rule.lower)
}
