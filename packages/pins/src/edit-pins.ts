import { type Document, isAlias, isMap, parseDocument } from 'yaml'
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
 * @throws Problem `pins_invalid` where the file, or the outcome, would not be valid, or an alias stands in its place
 */
export function withHost(
  file: string,
  text: string | undefined,
  name: string,
  host: NewHost,
): string {
  const document = openDocument(file, text ?? newFile, ['hosts'])
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
  const steps = ['hosts', name, 'pins']
  const document = openDocument(file, text, steps)
  for (const pin of pins) document.addIn(steps, document.createNode(pin))
  return checked(file, document.toString({ lineWidth: 0 }))
}

/** A valid file, in which a member can be added to. */
function openDocument(file: string, text: string, steps: readonly string[]): Document {
  const { source } = parsePinsFile(file, text)
  const document = parseDocument(text)
  for (let depth = 1; depth <= steps.length; depth += 1) {
    const path = steps.slice(0, depth)
    // What has one name at several places would change at all of them.
    if (isAlias(document.getIn(path, true))) {
      throw source.problem(`/${path.join('/')}`, 'an alias stands here: write it out to change it')
    }
  }
  return document
}

function checked(file: string, text: string): string {
  parsePinsFile(file, text)
  return text
}
