import { createHmac } from 'node:crypto'
import { dayOf } from '../../in-words.ts'
import type { SecretMatch, Verdict } from '../secret-kind.ts'
import { isKnownExample } from './known-example.ts'

type Claims = Readonly<Record<string, unknown>>

/**
 * Parses header and payload (RFC 7515 §3.1, RFC 7519 §4) and says what the token is worth when the app goes out.
 * Its signature is not checked: that takes the key.
 */
export function checkJsonWebToken({ secret, now }: SecretMatch): Verdict | undefined {
  const [header, payload] = secret.split('.').slice(0, 2).map(parsed)
  if (header === undefined || payload === undefined || typeof header['alg'] !== 'string')
    return undefined
  if (isKnownExample(secret) || payload['iss'] === 'supabase-demo') return undefined
  const expiry = expiryOf(payload, now)
  const supabase = supabaseVerdict(payload)
  // The anonymous key of Supabase is made to be public: row level security is what guards the data.
  if (supabase === 'public') return undefined
  const about = [`Algorithm ${shown(header['alg'])}.`, ...issuerOf(payload), expiry.note].join(' ')
  if (expiry.isPast) return { severity: 'info', note: about }
  if (supabase !== undefined) return { ...supabase, note: `${supabase.note} ${about}` }
  if (header['alg'] === 'none') {
    return {
      severity: 'low',
      note: `It is not signed: whoever accepts it accepts anything. ${about}`,
    }
  }
  const key = tutorialKeys.find((each) => isSignedWith(secret, header['alg'], each))
  if (key === undefined) return { note: about }
  return {
    severity: 'low',
    confidence: 'tentative',
    note: `It was signed with the key “${key}”, as examples are. A server of yours that accepts it accepts whatever anybody signs. ${about}`,
  }
}

/** What tutorials sign with. */
const tutorialKeys = [
  'secret',
  'your-256-bit-secret',
  'key',
  'mysecret',
  'my-secret',
  'test',
  'password',
  'changeit',
]

function isSignedWith(token: string, algorithm: unknown, key: string): boolean {
  if (algorithm !== 'HS256') return false
  const end = token.lastIndexOf('.')
  const mac = createHmac('sha256', key).update(token.slice(0, end)).digest('base64url')
  return mac === token.slice(end + 1)
}

function parsed(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Claims)
      : undefined
  } catch {
    return undefined // three runs with points between them, and nothing more
  }
}

function expiryOf({ exp }: Claims, now: Date): { readonly isPast: boolean; readonly note: string } {
  if (typeof exp !== 'number' || !Number.isFinite(exp) || Math.abs(exp) > 8.64e12) {
    return { isPast: false, note: 'It never expires.' }
  }
  const at = new Date(exp * 1000)
  const isPast = at.getTime() <= now.getTime()
  return {
    isPast,
    note: `It ${isPast ? 'expired' : 'expires'} on ${dayOf(at)}.`,
  }
}

function issuerOf({ iss }: Claims): string[] {
  return typeof iss === 'string' ? [`Issuer ${shown(iss)}.`] : []
}

function supabaseVerdict({
  iss,
  role,
}: Claims): (Verdict & { readonly note: string }) | 'public' | undefined {
  if (iss !== 'supabase') return undefined
  if (role !== 'service_role') return 'public'
  return {
    name: 'Supabase service role key',
    severity: 'critical',
    note: 'It passes over row level security: all data of the project can be read and written.',
  }
}

function shown(value: unknown): string {
  return String(value)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 80)
}
