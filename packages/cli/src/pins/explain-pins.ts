import {
  asGivenToAts,
  type PinnedHost,
  type PinsFile,
  pinSetFaults,
  shortcomings,
  survivals,
  targetNames,
  targets,
} from '@sallyport/pins'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'

/** What a host's pins come to, as `pins explain --json` prints it. */
export type Explained = {
  readonly host: string
  readonly holdsFor: string
  readonly compares: string
  readonly pins: readonly { role: string; sha256: string; subject?: string; notAfter?: string }[]
  readonly changes: readonly { what: string; survives: boolean; by: readonly string[] }[]
  readonly targets: readonly { target: string; can: boolean; why: readonly string[] }[]
  readonly faults: readonly { weight: string; what: string; fix: string }[]
}

const names: Readonly<Record<PinnedHost['subdomains'], (name: string) => string>> = {
  none: (name) => `${name} alone`,
  one: (name) => `${name} and one label below it`,
  any: (name) => `${name} and everything below it`,
}

const comparisons: Readonly<Record<PinnedHost['compare'], string>> = {
  key: 'public keys: a renewal under the same key changes nothing',
  certificate:
    'whole certificates: each renewal of one needs a build with the next, installed before the day',
}

/** Some hosts of a file, or all. */
export function explained(hosts: readonly PinnedHost[], file: PinsFile, now: number): Explained[] {
  const byName = new Map(file.hosts.map((host) => [host.name, host]))
  return hosts.map((host) => explainedHost(host, byName, { ...file, hosts: [host] }, now))
}

function explainedHost(
  host: PinnedHost,
  byName: ReadonlyMap<string, PinnedHost>,
  alone: PinsFile,
  now: number,
): Explained {
  const ats = asGivenToAts(host)
  return {
    host: host.name,
    holdsFor: names[host.subdomains](host.name),
    compares: comparisons[host.compare],
    pins: host.pins.map(({ role, sha256, subject, notAfter }) => ({
      role,
      sha256,
      ...(subject === undefined ? {} : { subject }),
      ...(notAfter === undefined ? {} : { notAfter: new Date(notAfter).toISOString() }),
    })),
    changes: [...changesOf(host), ...(ats === undefined ? [] : changesOf(ats, 'under ios-ats, '))],
    targets: targetNames.map((target) => {
      const { refusals, notes } = shortcomings(targets[target], host, byName)
      return { target, can: refusals.length === 0, why: [...refusals, ...notes] }
    }),
    faults: pinSetFaults(alone, now).map(({ weight, what, fix }) => ({
      weight,
      what,
      fix,
    })),
  }
}

function changesOf(host: PinnedHost, where = ''): Explained['changes'] {
  return survivals(host).map(({ what, survives, by }) => ({
    what: where + what,
    survives,
    by: [...new Set(by.map(({ role }) => (role === 'backup' ? 'the backup, once in use' : role)))],
  }))
}

export function explanationText(found: Explained, paint: Output['paint']): string {
  const mark = (is: boolean): string => (is ? paint('green', '✓') : paint('red', '✗'))
  return [
    paint('bold', found.host),
    `  holds for  ${found.holdsFor}`,
    `  compares   ${found.compares}`,
    ...found.faults.map(({ weight, what, fix }) => `  ${weight}  ${what}. ${fix}`),
    '',
    ...found.pins.map(({ role, sha256, subject, notAfter }) =>
      `  ${role.padEnd(12)} ${sha256}  ${printable(subject ?? '')}${notAfter === undefined ? '' : ` (until ${notAfter.slice(0, 10)})`}`.trimEnd(),
    ),
    '',
    '  installed apps live through it when',
    ...found.changes.map(
      ({ what, survives, by }) =>
        `  ${mark(survives)} ${what}${survives ? `: ${by.join(', ')}` : ''}`,
    ),
    '',
    '  targets',
    ...found.targets.map(({ target, can, why }) =>
      `  ${mark(can)} ${target}${why.length === 0 ? '' : `: ${why.join('; ')}`}`.trimEnd(),
    ),
  ].join('\n')
}
