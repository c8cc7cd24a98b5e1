import { Problem } from '@sallyport/problem'
import { hostsAbove } from '../coverage.ts'
import { dayText } from '../day.ts'
import type { PinnedHost, PinsFile } from '../pins-file.ts'
import type { SubdomainDepth } from '../pins-schema.ts'
import { androidNsc } from './android-nsc.ts'
import { androidTrustAnchors } from './android-trust-anchors.ts'
import { expo } from './expo.ts'
import { iosAts } from './ios-ats.ts'
import { iosUrlsession } from './ios-urlsession.ts'
import { okhttp } from './okhttp.ts'
import { sallyportSdk } from './sallyport-sdk.ts'
import type { GeneratedFile, RenderSettings, Target, TargetName } from './target.ts'
import { trustkitIos } from './trustkit-ios.ts'

/** Everything that pins can be generated for. */
export const targets: Readonly<Record<TargetName, Target>> = {
  'android-nsc': androidNsc,
  'ios-ats': iosAts,
  okhttp,
  'trustkit-ios': trustkitIos,
  expo,
  'android-trust-anchors': androidTrustAnchors,
  'ios-urlsession': iosUrlsession,
  'sallyport-sdk': sallyportSdk,
}

/** What a target does not say exactly of a host. Sentences, with the way out. */
export type Shortcomings = {
  /** Keep it from being generated. */
  readonly refusals: readonly string[]
  /** What the team must know. */
  readonly notes: readonly string[]
}

/** @param hosts all of the file, by name: of names that two of them cover, targets differ in which counts */
export function shortcomings(
  target: Target,
  host: PinnedHost,
  hosts: ReadonlyMap<string, PinnedHost>,
): Shortcomings {
  const { name, depths, compares, canReport, canExpire } = target
  const own = target.refuses?.(host)
  const refusals = [
    ...(compares.includes(host.compare) ? [] : [comparison(target)]),
    ...(depths.includes(host.subdomains) ? [] : [depth(target, host)]),
    ...(canReport || host.enforcement === 'enforce'
      ? []
      : [`${name} cannot report alone: it enforces, or has no pins`]),
    ...(own === undefined || !compares.includes(host.compare) ? [] : [own]),
    ...overlapping(target, host, hosts),
  ]
  const withoutDate =
    canExpire || host.expires === undefined
      ? []
      : [
          `${name} knows no date: its pins hold beyond ${dayText(host.expires)}, until the build is replaced`,
        ]
  return { refusals, notes: [...withoutDate, ...(target.notes?.(host) ?? [])] }
}

/**
 * The files of a target, for all hosts of a file. Sets that are faulty by themselves are not looked for here:
 * `refuseFaultySets`.
 *
 * @throws Problem `pins_not_expressible` at the place of the host that the target cannot say
 */
export function generate(
  target: Target,
  { hosts, source }: PinsFile,
  settings: RenderSettings,
): { files: readonly GeneratedFile[]; notes: readonly string[] } {
  if (!/^[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*$/.test(settings.javaPackage)) {
    throw new Problem('command_usage', {
      detail: 'not the name of a Java package',
      expected: 'such as com.example.pins',
      found: settings.javaPackage,
    })
  }
  const byName = new Map(hosts.map((host) => [host.name, host]))
  const found = hosts.map((host) => ({ host, ...shortcomings(target, host, byName) }))
  const refused = found.find(({ refusals }) => refusals.length > 0)
  if (refused !== undefined) {
    const { host, refusals } = refused
    const { detail } = source.problem(host.pointer, refusals.join('; '))
    throw new Problem('pins_not_expressible', { detail: detail ?? refusals.join('; ') })
  }
  return { files: target.render(hosts, settings), notes: found.flatMap(({ notes }) => notes) }
}

function comparison({ name, compares }: Target): string {
  return compares.includes('key')
    ? `${name} compares keys: set "compare: key", or generate ios-urlsession, android-trust-anchors or sallyport-sdk`
    : `${name} compares whole certificates: set "compare: certificate" and give each pin one, or generate a target of keys`
}

const depthWords: Readonly<Record<SubdomainDepth, string>> = {
  none: 'no subdomains',
  one: 'one label of subdomains',
  any: 'subdomains of any depth',
}

function depth({ name, depths }: Target, { subdomains }: PinnedHost): string {
  const able = depths.map((each) => depthWords[each]).join(' or ')
  return `${name} can say ${able}, and not ${depthWords[subdomains]}: list the names as hosts of their own, with "subdomains: none"`
}

/** Only where the two differ does it matter which of them counts. */
function overlapping(
  { name, overlap }: Target,
  host: PinnedHost,
  hosts: ReadonlyMap<string, PinnedHost>,
): string[] {
  if (overlap === 'most specific') return []
  if (overlap === 'exact' && host.subdomains === 'none') return []
  return hostsAbove(host, hosts)
    .filter((above) => !isSameSet(above, host))
    .map(
      (above) =>
        `${name} ${overlapWords[overlap]} for names under both ${above.name} and ${host.name}: give them the same pins, or the first no subdomains`,
    )
}

const overlapWords: Readonly<Record<'exact' | 'union' | 'unknown', string>> = {
  exact: 'takes either set',
  union: 'takes the pins of both',
  unknown: 'has no rule of which set counts',
}

function isSameSet(a: PinnedHost, b: PinnedHost): boolean {
  const text = ({ pins, compare, enforcement, expires, ats }: PinnedHost): string =>
    JSON.stringify([pins.map(({ sha256 }) => sha256).sort(), compare, enforcement, expires, ats])
  return text(a) === text(b)
}
