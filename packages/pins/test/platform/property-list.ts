import { execFileSync } from 'node:child_process'
import { readXml, type XmlEvent } from './xml-pull.ts'

export type PropertyValue = string | boolean | PropertyValue[] | { [key: string]: PropertyValue }

function findMissing(): string | false {
  try {
    execFileSync('plistutil', ['--version'], { stdio: 'ignore' })
    return false
  } catch {
    // There it is installed, and a test that skips would go unnoticed.
    return process.env['CI'] === 'true' ? false : 'plistutil (libplist-utils) is not installed here'
  }
}

/** Why tests against libplist are skipped, or false. */
export const noPlistutil: string | false = findMissing()

/** The value of an XML property list, as libplist reads it: by way of the binary form, which a phone is given. */
export function readPropertyList(xml: string): PropertyValue {
  const binary = execFileSync('plistutil', ['-i', '-', '-f', 'bin'], { input: xml })
  if (!binary.subarray(0, 8).equals(Buffer.from('bplist00'))) throw new Error('no property list')
  const again = execFileSync('plistutil', ['-i', '-', '-f', 'xml'], { input: binary })
  const events = readXml(again.toString('utf8')).filter(
    (event) => !('name' in event) || event.name !== 'plist',
  )
  return readValue(events)
}

function readValue(events: XmlEvent[]): PropertyValue {
  const start = events.shift()
  if (start?.kind !== 'start') throw new Error('a value begins with an element')
  const reader = readers[start.name]
  if (reader === undefined) throw new Error(`<${start.name}> is not read here`)
  const value = reader(events)
  events.shift()
  return value
}

const readers: Readonly<Record<string, (events: XmlEvent[]) => PropertyValue>> = {
  true: () => true,
  false: () => false,
  string: readString,
  array: (events) => {
    const items: PropertyValue[] = []
    while (events[0]?.kind === 'start') items.push(readValue(events))
    return items
  },
  dict: (events) => {
    const members: { [key: string]: PropertyValue } = {}
    while (events[0]?.kind === 'start') {
      events.shift()
      const key = readString(events)
      events.shift()
      members[key] = readValue(events)
    }
    return members
  },
}

function readString(events: XmlEvent[]): string {
  const [first] = events
  if (first?.kind !== 'text') return ''
  events.shift()
  return first.text
}
