import type { ChainPath, CheckFinding, CheckOutcome, Plan } from '@sallyport/pins'
import { placeOf, titleOf } from '@sallyport/pins'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'

/** The chains that clients may build, one certificate a line. */
export function pathsText(paths: readonly ChainPath[]): string {
  return paths
    .map(({ certificates, isAnchored, isSupposed }, index) => {
      const how = isSupposed
        ? ', by a cross-sign that clients may have'
        : isAnchored
          ? ''
          : ', which ends at no root that is known here'
      const lines = certificates.map(
        (certificate, at) =>
          `  ${placeOf(certificate, at).padEnd(12)} ${titleOf(certificate)}, until ${day(certificate.notAfter)}`,
      )
      return [`chain ${index + 1}${how}`, ...lines].join('\n')
    })
    .join('\n')
}

const marks: Readonly<Record<CheckOutcome, { mark: string; style: 'green' | 'yellow' | 'red' }>> = {
  ok: { mark: '✓', style: 'green' },
  note: { mark: '!', style: 'yellow' },
  'will break': { mark: '✗', style: 'red' },
  broken: { mark: '✗', style: 'red' },
  'not looked at': { mark: '?', style: 'yellow' },
}

export function findingText(finding: CheckFinding, paint: Output['paint']): string {
  const { mark, style } = marks[finding.outcome]
  const { about } = finding
  const subject = 'name' in about ? `${about.kind} ${about.name}` : about.kind
  const line = `${paint(style, mark)} ${finding.host}, ${subject}: ${finding.outcome === 'ok' ? '' : `${finding.outcome}: `}${printable(finding.what)}`
  return finding.fix === undefined ? line : `${line}\n    fix  ${finding.fix}`
}

export function planText({ events }: Plan, paint: Output['paint']): string {
  return events
    .map(({ at, host, kind, what, isCritical, isOverdue }) => {
      const line = `${day(at)}  ${kind.padEnd(7)}  ${host}: ${printable(what)}`
      if (isOverdue && isCritical) return paint('red', `${line} (overdue)`)
      return isCritical ? line : paint('dim', `${line} (another pin holds)`)
    })
    .join('\n')
}

/** The calendar as iCalendar (RFC 5545), an event of a whole day for each line. */
export function planCalendar({ events }: Plan, now: number): string {
  const stamp = `${new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`
  const lines = events.flatMap(({ at, host, kind, what }) => [
    'BEGIN:VEVENT',
    `UID:${day(at)}-${kind.replace(' ', '-')}-${host}-${Buffer.from(what).toString('hex').slice(0, 32)}@sallyport`,
    `DTSTAMP:${stamp}`,
    `DTSTART;VALUE=DATE:${day(at).replaceAll('-', '')}`,
    `SUMMARY:${escaped(`Pins of ${host}: ${what}`)}`,
    'END:VEVENT',
  ])
  const calendar = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//sallyport//pins//EN']
  return [...calendar, ...lines, 'END:VCALENDAR'].map(folded).join('\r\n')
}

/** RFC 5545 §3.3.11. */
function escaped(text: string): string {
  return printable(text).replace(/[\\;,]/g, (character) => `\\${character}`)
}

/** Lines of at most 75 octets (RFC 5545 §3.1); names are cut between characters. */
function folded(line: string): string {
  const parts: string[] = []
  let part = ''
  for (const character of line) {
    if (Buffer.byteLength(part + character) > 74) {
      parts.push(part)
      part = ''
    }
    part += character
  }
  return [...parts, part].join('\r\n ')
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
