import { Problem } from '@sallyport/problem'
import { dayMs, dayText } from './day.ts'
import type { Pin, PinnedHost, PinsFile } from './pins-file.ts'

/** What is wrong with a set of pins by itself, before any server is asked. */
export type PinSetFault = {
  /** A `refusal` keeps anything from being generated; a `warning` is told. */
  readonly weight: 'refusal' | 'warning'
  readonly host: string
  /** JSON pointer of the member at fault. */
  readonly pointer: string
  /** One sentence. */
  readonly what: string
  /** What to do: one sentence. */
  readonly fix: string
}

type Told = Omit<PinSetFault, 'host' | 'weight'>
type Rule = {
  readonly weight: PinSetFault['weight']
  readonly faults: (host: PinnedHost, at: { now: number; warnMs: number }) => readonly Told[]
}

/** Every rule, in the order of telling. */
const rules: readonly Rule[] = [
  { weight: 'refusal', faults: duplicates },
  { weight: 'refusal', faults: withoutCertificate },
  { weight: 'refusal', faults: withoutBackup },
  { weight: 'refusal', faults: expired },
  { weight: 'warning', faults: expiring },
  { weight: 'warning', faults: pinnedLeafCertificates },
  { weight: 'warning', faults: endingCertificates },
  { weight: 'warning', faults: reportOnly },
]

/** All that is wrong with the sets of a file, host by host. */
export function pinSetFaults(file: PinsFile, now: number): PinSetFault[] {
  const at = { now, warnMs: file.release.warnDays * dayMs }
  return file.hosts.flatMap((host) =>
    rules.flatMap(({ weight, faults }) =>
      faults(host, at).map((told) => ({ weight, host: host.name, ...told })),
    ),
  )
}

/** @throws Problem `pins_refused` at the place of the first fault that is a refusal */
export function refuseFaultySets(file: PinsFile, now: number): void {
  const fault = pinSetFaults(file, now).find(({ weight }) => weight === 'refusal')
  if (fault === undefined) return
  const { detail } = file.source.problem(fault.pointer, `${fault.what}. ${fault.fix}`)
  throw new Problem('pins_refused', { detail: detail ?? fault.what })
}

function duplicates({ pins }: PinnedHost): Told[] {
  const seen = new Map<string, Pin>()
  const told: Told[] = []
  for (const pin of pins) {
    const first = seen.get(pin.sha256)
    seen.set(pin.sha256, first ?? pin)
    if (first === undefined) continue
    const isBackup = pin.role === 'backup' || first.role === 'backup'
    told.push({
      pointer: pin.pointer,
      what: isBackup
        ? 'the backup is the key of another pin: it is lost together with it'
        : 'the same pin stands here twice',
      fix: isBackup ? 'Make one: `sallyport pins backup`.' : 'Remove one of them.',
    })
  }
  return told
}

function withoutCertificate({ compare, pins }: PinnedHost): Told[] {
  if (compare === 'key') return []
  return pins
    .filter(({ certificate }) => certificate === undefined)
    .map(({ pointer }) => ({
      pointer,
      what: 'whole certificates are compared, and this pin has none',
      fix: 'Give it "certificate", or compare keys: a backup key has no certificate before its day.',
    }))
}

function withoutBackup({ pins, pointer, allowWithoutBackup }: PinnedHost): Told[] {
  if (allowWithoutBackup) return []
  const hasBackup = pins.some(({ role }) => role === 'backup')
  if (hasBackup && pins.length > 1) return []
  return [
    {
      pointer,
      what: hasBackup
        ? 'the backup is the only pin, and it matches no server'
        : `${pins.length === 1 ? 'there is one pin' : 'no pin is a backup'}: when the pinned keys change without notice, every installed app is locked out`,
      fix: 'Add a key that is kept offline: `sallyport pins backup`; or take the risk with allowWithoutBackup.',
    },
  ]
}

function expired({ expires, pointer }: PinnedHost, { now }: { now: number }): Told[] {
  if (expires === undefined || expires > now) return []
  return [
    {
      pointer: `${pointer}/expires`,
      what: 'the pins are expired: Android and TrustKit enforce them no more, and App Transport Security goes on',
      fix: 'Set a later day, and release a build.',
    },
  ]
}

function expiring(host: PinnedHost, at: { now: number; warnMs: number }): Told[] {
  const { expires, pointer } = host
  if (expires === undefined || expires <= at.now || expires > at.now + at.warnMs) return []
  return [
    {
      pointer: `${pointer}/expires`,
      what: `the pins expire in ${Math.ceil((expires - at.now) / dayMs)} days`,
      fix: 'Set a later day, and release a build: installs without it go unpinned.',
    },
  ]
}

function pinnedLeafCertificates({ compare, pins }: PinnedHost): Told[] {
  if (compare === 'key' || pins.some(({ place }) => place !== 'leaf')) return []
  return [
    {
      pointer: pins[0]?.pointer ?? '',
      what: 'whole leaf certificates alone are pinned: every renewal needs a release before it',
      fix: 'Compare keys, or pin the certificate of a CA.',
    },
  ]
}

function endingCertificates({ pins, compare }: PinnedHost, at: { now: number; warnMs: number }) {
  return pins.flatMap(({ notAfter, role, pointer, subject }): Told[] => {
    if (notAfter === undefined || notAfter > at.now + at.warnMs) return []
    const name = subject ?? role
    return [
      {
        pointer,
        what: `the certificate of ${name} ${notAfter <= at.now ? 'ended' : 'ends'} on ${dayText(notAfter)}`,
        fix:
          compare === 'key'
            ? 'Where its key is renewed as well, add the pin of the next one: `sallyport pins add`.'
            : 'Add the certificate that follows it: `sallyport pins add`.',
      },
    ]
  })
}

function reportOnly({ enforcement, pointer }: PinnedHost): Told[] {
  if (enforcement === 'enforce') return []
  return [
    {
      pointer: `${pointer}/enforcement`,
      what: 'pins are reported and not enforced',
      fix: 'Set enforcement to enforce once reports are quiet.',
    },
  ]
}
