import path from 'node:path'
import type { Answers } from './answers.ts'
import type { ProductionLayout } from './production-layout.ts'
import { yamlText } from './yaml-text.ts'

/** Parts of the file that are written otherwise than `sallyport init` does, as YAML indented for their place. */
export type ProductionParts = {
  /** Members of `store`, where it is no file. */
  readonly store?: string
  /** Members of the one app's `enrollment`. */
  readonly enrollment?: string
  /** Members of `gateway.hosts`. */
  readonly hosts?: string
  /** Further members of `gateway`. */
  readonly gateway?: string
  /** Further sections. */
  readonly sections?: string
}

/** The configuration file that `sallyport init` writes: nothing insecure in it, every default stated by a comment. */
export function productionConfig(
  answers: Answers,
  layout: ProductionLayout,
  hasPassphraseFile: boolean,
  parts: ProductionParts = {},
): string {
  const relative = (file: string): string => path.relative(layout.directory, file)
  const pair = (files: { certificateFile: string; keyFile: string }, indent: string): string =>
    `certificateFile: ${relative(files.certificateFile)}\n${indent}keyFile: ${relative(files.keyFile)}`
  const passphrase = hasPassphraseFile
    ? `passphraseFile: ${relative(layout.passphraseFile)}`
    : '# The passphrase comes from SALLYPORT_PASSPHRASE, or is asked for at the terminal.'
  const host = `    ${yamlText(answers.apiHost)}:
      # TLS itself refuses a client without a good certificate: sallyport explain --address tells why.
      clientCertificate: require
      # Of this deployment's own CA, for apps that pin it. A certificate of a public CA works as well.
      certificate:
        ${pair(layout.api, '        ')}
      routes:
        - match: { path: '/*' }
          upstream: api
`
  return `# yaml-language-server: $schema=./${relative(layout.schemaFile)}
# Paths are relative to this file. Check it with: sallyport config validate, and: sallyport doctor
version: 1
trustDomain: ${yamlText(answers.trustDomain)}

store:
${parts.store ?? `  path: ${relative(layout.store)}\n`}
apps:
  ${yamlText(answers.appId)}:
    enrollment:
${parts.enrollment ?? enrollment}    certificate:
      lifetimeDays: 7
      graceDays: 30

authority:
  keys:
    directory: ${relative(layout.keysDirectory)}
    ${passphrase}
  listeners:
    # Phones reach this one. It tells a phone whose certificate was refused why.
    device:
      listen: 0.0.0.0:8443
      ${pair(layout.enroll, '      ')}
    # Administrators and gateways reach this one. Keep it off the internet.
    admin:
      listen: 127.0.0.1:8444
      ${pair(layout.admin, '      ')}
    operations:
      listen: 127.0.0.1:8445

gateway:
  name: gateway-1
  # 443 needs privileges: redirect to it, or put a balancer of TCP before it.
  listen: ['0.0.0.0:8440']
  stateDirectory: ${relative(layout.gatewayState)}
  authority:
    url: https://localhost:8444
    caFile: ${relative(layout.caFile)}
    # What it says of devices is signed: these keys, and those that they announce, are believed.
    feedKeysFile: ${relative(layout.feedKeysFile)}
    ${pair(layout.gatewayIdentity, '    ')}
  operations:
    listen: 127.0.0.1:8446
  hosts:
${parts.hosts ?? host}${parts.gateway ?? ''}  upstreams:
    api:
      targets: ['${answers.upstream}']

admin:
  url: https://localhost:8444
  caFile: ${relative(layout.caFile)}
  tokenFile: ${relative(layout.adminTokenFile)}
${parts.sections ?? ''}`
}

const enrollment = `      # What phones must prove of their keys (evidence) comes with android, apple: docs/guide/attestation.md
      # Each device enrols once with a token that you hand out: sallyport tokens create
      enrollmentToken: required
      # required: a person approves each enrolment with sallyport approve
      approval: none
`
