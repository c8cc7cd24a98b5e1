import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  generate,
  parsePinsFile,
  type PinsFile,
  type TargetName,
  targets,
} from '../../src/index.ts'
import { pin } from '../pins-yaml.ts'

export const fixtures = fileURLToPath(new URL('../../../test/fixtures/', import.meta.url))

/** Hosts as a test writes them; those of keys have two pins, if nothing else is said. */
export type Sketch = Readonly<Record<string, string>>

const keyPins = (first: number): string =>
  `    pins:
      - { role: leaf, sha256: '${pin(first)}', subject: 'CN=api -->*/ \\x1b <x>&"' }
      - { role: backup, sha256: '${pin(first + 1)}' }
`

/** A file of these hosts, with the members that each is given. */
export function fileOf(hosts: Sketch): PinsFile {
  const lines = Object.entries(hosts).map(
    ([name, members], index) =>
      `  ${name}:\n${members}${members.includes('pins:') ? '' : keyPins(1 + index * 2)}`,
  )
  return parsePinsFile(path.join(fixtures, 'pins.yaml'), `version: 1\nhosts:\n${lines.join('')}`)
}

/** Members of a host whose whole root certificates are compared. */
export const wholeRoots = `    compare: certificate
    pins:
      - { role: root, certificate: root-one.pem, subject: CN=Example Root One }
      - { role: backup, for: root, certificate: root-two.pem, subject: CN=Example Root Two }
`

export function filesOf(target: TargetName, hosts: Sketch) {
  return generate(targets[target], fileOf(hosts), { javaPackage: 'pins' }).files
}

export function textOf(target: TargetName, hosts: Sketch): string {
  return filesOf(target, hosts)[0]?.content.toString('utf8') ?? ''
}
