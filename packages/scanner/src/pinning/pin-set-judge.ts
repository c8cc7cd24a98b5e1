import type { Judge } from '../detector.ts'
import type { Finding } from '../finding.ts'
import { dayOf } from '../in-words.ts'
import type { PinSet, PinSource } from '../pin-set.ts'

const dayMs = 24 * 60 * 60 * 1000

const platforms: Readonly<Record<PinSource, string>> = {
  'android-nsc': 'the network security configuration',
  'ios-ats': 'App Transport Security',
  trustkit: 'TrustKit',
  okhttp: 'OkHttp',
}

/** Whether pin sets, wherever they come from, are valid, have one in reserve, and last as long as the release. */
export const pinSetJudge: Judge = function* ({ pins }, { settings }) {
  const { submittedAt, releaseWindowDays } = settings
  const replacedAt = new Date(submittedAt.getTime() + releaseWindowDays * dayMs)
  for (const set of pins) {
    const wrong = set.pins.filter((pin) => !isPin(pin))
    if (wrong.length > 0) yield invalid(set, wrong)
    if (set.pins.length - wrong.length === 1) yield withoutBackup(set)
    const expiresAt = beginningOf(set.expiresAt)
    if (expiresAt === undefined) continue
    if (expiresAt <= submittedAt) yield expired(set, expiresAt, submittedAt)
    else if (expiresAt <= replacedAt) yield expiring(set, expiresAt, submittedAt, releaseWindowDays)
  }
}

/** Of the day, in UTC; devices go by their own zone. */
function beginningOf(date: string | undefined): Date | undefined {
  const [written] = /^\d{4}-\d{2}-\d{2}/.exec(date ?? '') ?? []
  const found = written === undefined ? undefined : new Date(`${written}T00:00:00Z`)
  return found && !Number.isNaN(found.getTime()) ? found : undefined
}

/** Base64 of 32 bytes, with or without the name of the digest that OkHttp writes before it. */
function isPin(pin: string): boolean {
  return /^(?:sha256\/)?[A-Za-z\d+/]{43}=$/.test(pin)
}

function about(set: PinSet) {
  const { host, includesSubdomains, source, location, role } = set
  return {
    confidence: 'certain' as const,
    locations: [location],
    identity: [source, host, ...(role === undefined ? [] : [role])].join(' '),
    facts: { host, includesSubdomains, source: platforms[source], pins: set.pins },
  }
}

function invalid(set: PinSet, wrong: readonly string[]): Finding {
  return {
    rule: 'pin-set-invalid',
    ...about(set),
    title: `A pin of ${set.host} is no SHA-256 of a public key`,
    detail: `In ${platforms[set.source]}, ${wrong.length} of ${set.pins.length} pins of ${set.host} cannot match any certificate: ${wrong
      .map((pin) => `"${pin.slice(0, 60)}"`)
      .slice(0, 5)
      .join(', ')}. A pin is the base64 of 32 bytes.`,
  }
}

function withoutBackup(set: PinSet): Finding {
  return {
    rule: 'pin-backup-missing',
    ...about(set),
    title: `${set.host} is pinned to one key, with none in reserve`,
    detail: `In ${platforms[set.source]}, one pin stands for ${set.host}. When its key changes, every install refuses to connect.`,
  }
}

function expired(set: PinSet, expiresAt: Date, submittedAt: Date): Finding {
  return {
    rule: 'pin-set-expired',
    ...about(set),
    title: `The pins of ${set.host} expired on ${dayOf(expiresAt)}`,
    detail: `In ${platforms[set.source]}, they are not enforced from the beginning of that day on, which was ${days(expiresAt, submittedAt)} days before ${dayOf(submittedAt)}.`,
  }
}

function expiring(set: PinSet, expiresAt: Date, submittedAt: Date, windowDays: number): Finding {
  return {
    rule: 'pin-set-expiring',
    ...about(set),
    title: `The pins of ${set.host} expire ${days(submittedAt, expiresAt)} days after this release`,
    detail: `In ${platforms[set.source]}, they are not enforced from ${dayOf(expiresAt)} on. A release is expected to be in use for ${windowDays} days after ${dayOf(submittedAt)}.`,
  }
}

function days(from: Date, to: Date): number {
  return Math.floor((to.getTime() - from.getTime()) / dayMs)
}
