import { shellLine } from '../terminal/shell.ts'
import type { Output } from '../terminal/output.ts'

/** What `sallyport dev --json` prints, in this order of members. */
export type DevelopmentFacts = {
  /** Origin of the gateway. */
  gateway: string
  /** Origin of the authority's device listener. */
  authority: string
  /** Origin of the sample service behind the gateway. */
  upstream: string
  /** A GET route of the gateway that answers with the identity that the service was given. */
  samplePath: string
  /** The CA that the gateway is verified with. */
  caFile: string
  /** The CAs that the device's certificate is verified with. */
  deviceCaFile: string
  configFile: string
  adminTokenFile: string
  device: { id: string; certificateFile: string; keyFile: string }
  pid: number
  gatewayPid: number
}

export type GuidanceOptions = {
  facts: DevelopmentFacts
  /** How commands are called here: `npx sallyport`. */
  command: readonly string[]
  /** Whether commands find the configuration file by themselves in this folder. */
  isUsualPlace: boolean
  insecure: readonly string[]
  /** Whether the device is a virtual phone whose key is attested. */
  isPhone: boolean
  logDirectory: string
}

/** The block that `sallyport dev` ends its start with: addresses, and lines to paste. */
export function guidance(options: GuidanceOptions, paint: Output['paint']): string {
  const { facts, command, isUsualPlace, insecure, isPhone, logDirectory } = options
  const { device } = facts
  const sample = `${facts.gateway}${facts.samplePath}`
  const trusted = ['curl', '--cacert', facts.caFile]
  const asDevice = ['--cert', device.certificateFile, '--key', device.keyFile]
  const place = isUsualPlace ? [] : ['--config', facts.configFile]
  const note = (text: string): string => paint('dim', `  # ${text}`)
  return [
    paint('bold', 'Sallyport runs, everything on this machine'),
    `  gateway    ${facts.gateway}`,
    `  authority  ${facts.authority}`,
    `  service    ${facts.upstream}   (behind the gateway)`,
    `  device     ${device.id}   (${isPhone ? 'a virtual Android phone' : 'a key in a file'})`,
    `  files      ${facts.configFile}`,
    `  logs       ${logDirectory}`,
    '',
    paint('bold', 'Try it, in another terminal'),
    note('without a certificate: 401 device_certificate_required, and what to do'),
    `  ${shellLine(...trusted, sample)}`,
    '',
    note("with the device's: the service answers with the identity it was given"),
    `  ${shellLine(...trusted, ...asDevice, sample)}`,
    '',
    ...(isPhone
      ? [
          note(
            'what its evidence proved, check by check: under a root made here, so nothing elsewhere',
          ),
          `  ${shellLine(...command, 'devices', 'show', device.id, ...place)}`,
          '',
        ]
      : []),
    note('end its access: the line above is then refused with 403 device_revoked'),
    `  ${shellLine(...command, 'devices', 'revoke', device.id, '--yes', ...place)}`,
    '',
    note('and why? the request id or support code of a refusal works here as well'),
    `  ${shellLine(...command, 'explain', device.certificateFile, ...place)}`,
    '',
    paint('bold', 'For development alone: these switches are on'),
    ...insecure.map((name) => `  ${paint('yellow', name)}`),
    '',
    'Before an app ships: npx sallyport scan app-release.apk says what it gives away.',
    'Ctrl-C ends everything. The next start goes on with the same devices and addresses.',
  ].join('\n')
}
