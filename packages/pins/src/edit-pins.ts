import { isMap, parseDocument } from 'yaml'
import { parsePinsFile } from './pins-file.ts'
import type { HostEntry, PinEntry } from './pins-schema.ts'

/** What is written of a host; what is left out has its default. */
export type NewHost = Partial<Omit<HostEntry, 'pins'>> & { readonly pins: readonly PinEntry[] }

const newFile = `# The pins of every platform: sallyport pins explain, check, plan, generate.
version: 1
release:
  # How often a build is released, and how long until enough installs have it.
  everyDays: 14
  adoptionDays: 60
hosts: {}
`

/**
 * The text of a file of pins with one host more; comments and order stay. `undefined` begins a file.
 *
 * @throws Problem `pins_invalid` where the outcome would not be valid
 */
export function withHost(
  file: string,
  text: string | undefined,
  name: string,
  host: NewHost,
): string {
  const document = parseDocument(text ?? newFile)
  const hosts = document.get('hosts')
  if (isMap(hosts)) hosts.flow = false
  document.setIn(['hosts', name], document.createNode(host))
  return checked(file, document.toString({ lineWidth: 0 }))
}

/** The text of a file of pins with pins more at a host. @throws as `withHost` */
export function withPins(
  file: string,
  text: string,
  name: string,
  pins: readonly PinEntry[],
): string {
  const document = parseDocument(text)
  for (const pin of pins) document.addIn(['hosts', name, 'pins'], document.createNode(pin))
  return checked(file, document.toString({ lineWidth: 0 }))
}

function checked(file: string, text: string): string {
  parsePinsFile(file, text)
  return text
}
