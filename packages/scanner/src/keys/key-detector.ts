import type { Detector } from '../detector.ts'
import type { Location } from '../finding.ts'
import { withKeystoreUse } from '../dex/keystore-evidence.ts'
import type { ScanSettings } from '../scan-settings.ts'
import type { Blob, Sink } from '../sink.ts'
import type { TextRegion } from '../text-region.ts'
import { type ContainerName, examineBytes } from './examine-bytes.ts'
import { firstOfEach } from './findings/first-of-each.ts'
import { keyFindings } from './findings/key-findings.ts'
import { jwkMarker, readJwk } from './jwk.ts'
import { KeyMaterial, type Place } from './key-material.ts'
import { maxPemCharacters, pemMarker, readPem } from './pem.ts'
import { SearchBudget } from './search-budget.ts'
import { TextShelf } from './text-shelf.ts'
import { unlock } from './unlock.ts'

/**
 * Keys, certificates and keystores of a whole package: collected from every byte and every text, unlocked with what
 * else is in it, and put together once all has been read, since a key and its certificate may lie in two files.
 */
export function keyDetector(
  settings: ScanSettings,
  now: () => number = () => performance.now(),
): Detector {
  const material = new KeyMaterial()
  const shelf = new TextShelf()
  const budget = new SearchBudget()

  const examine = (bytes: Buffer, location: Location, how: readonly string[], name?: 'PEM') => {
    for (const each of examineBytes(bytes, budget)) {
      const container = [name ?? each.container, ...how].join(' in ')
      const offset =
        (location.offset ?? 0) + (name === undefined && how.length === 0 ? each.offset : 0)
      const store = `${location.path}@${offset}`
      const place: Place = { ...location, offset, container, how, name: each.container, store }
      material.add(each.contents, place, bytes.subarray(each.offset, each.offset + each.length))
    }
  }

  const pem = (text: string, location: Location, how: readonly string[]) => {
    const block = readPem(text)
    if (block === undefined) return
    if (block.sealed === undefined) examine(block.bytes, location, how, 'PEM')
    else {
      const place = placeOf(location, 'PEM', how)
      material.add({ certificates: [], keys: [], sealed: [block.sealed] }, place, block.bytes)
    }
  }

  const jwk = (text: string, marker: number, location: Location, how: readonly string[]) => {
    const found = readJwk(text, marker)
    if (found !== undefined) material.addKey(found.key, placeOf(location, 'JWK', how))
  }

  return {
    bytes: (blob) => {
      const how = [...blob.by].toReversed()
      examine(blob.bytes, { path: blob.path, offset: blob.offset }, how)
      for (const { text, offset } of pemWindows(blob, budget))
        pem(text, { path: blob.path, offset }, how)
      for (const at of indexesOf(blob.bytes, jwkMarker)) {
        if (!budget.allows()) break
        const from = Math.max(0, at - 4096)
        const text = blob.bytes.toString('latin1', from, at + 16_384)
        const offset = blob.by.length === 0 ? blob.offset + at : blob.offset
        budget.charge(() => jwk(text, at - from, { path: blob.path, offset }, how))
      }
    },
    text: (region) => {
      shelf.keep(region)
      const { path, text } = region
      for (const at of indexesOf(text, pemMarker)) {
        if (!budget.allows()) break
        const window = text.slice(at, at + maxPemCharacters)
        budget.charge(() =>
          pem(window, { path, offset: region.offsetAt(at) }, [sourceWords[region.source]]),
        )
      }
      for (const at of indexesOf(text, jwkMarker)) {
        if (!budget.allows()) break
        const location = { path, offset: region.offsetAt(at) }
        budget.charge(() => jwk(text, at, location, [sourceWords[region.source]]))
      }
    },
    end: (facts, sink) => {
      tellBounds(material, shelf, budget, sink)
      const options = { hints: facts.passwords, texts: shelf.texts, limits: settings.limits, now }
      unlock(material, { ...options, notChecked: ({ path, why }) => sink.notChecked(path, why) })
      const findings = keyFindings(material, settings, facts.keyManagerUses)
      for (const finding of firstOfEach(findings, (why) => sink.notChecked('', why))) {
        sink.report(withKeystoreUse(finding, facts))
      }
    },
  }
}

const sourceWords: Readonly<Record<TextRegion['source'], string>> = {
  'code-strings': 'a string of code',
  'native-strings': 'a string of native code',
  script: 'a script',
  'resource-strings': 'a string resource',
  markup: 'XML',
  'property-list': 'a property list',
  file: 'text',
  bytes: 'bytes',
}

function placeOf(location: Location, name: ContainerName, how: readonly string[]): Place {
  const container = [name, ...how].join(' in ')
  return { ...location, container, how, name, store: `${location.path}@${location.offset ?? 0}` }
}

function tellBounds(
  material: KeyMaterial,
  shelf: TextShelf,
  budget: SearchBudget,
  sink: Sink,
): void {
  if (budget.isSpent)
    sink.notChecked('', 'too much that begins like a key and is none: not all of it was read')
  if (material.isFull)
    sink.notChecked('', 'more keys and certificates than are kept: not all were compared')
  if (shelf.isOverfull && material.seals.length > 0) {
    sink.notChecked('', 'more text than is kept: passwords were not looked for in all of it')
  }
}

const utf16Marker = Buffer.from(pemMarker, 'utf16le')

/** PEM in bytes, also where two bytes are a character (Hermes, Dart, Windows). */
function* pemWindows(
  { bytes, offset, by }: Blob,
  budget: SearchBudget,
): Generator<{ text: string; offset: number }> {
  const place = (at: number) => (by.length === 0 ? offset + at : offset)
  for (const at of indexesOf(bytes, pemMarker)) {
    if (!budget.allows()) return
    const end = endOfWindow(bytes, at, '-----', 1)
    yield { text: bytes.toString('latin1', at, end), offset: place(at) }
  }
  for (const at of indexesOf(bytes, utf16Marker)) {
    if (!budget.allows()) return
    const end = endOfWindow(bytes, at, Buffer.from('-----', 'utf16le'), 2)
    yield { text: bytes.toString('utf16le', at, end), offset: place(at) }
  }
}

/** Up to the dashes after the label's: a window costs no more than what lies until the next. */
function endOfWindow(bytes: Buffer, at: number, dashes: string | Buffer, width: number): number {
  const label = bytes.indexOf(dashes, at + pemMarker.length * width)
  if (label < 0) return Math.min(bytes.length, at + maxPemCharacters * width)
  const next = bytes.indexOf(dashes, label + 5 * width)
  const most = at + maxPemCharacters * width
  return next < 0 ? Math.min(bytes.length, most) : Math.min(next + 5 * width, most)
}

function* indexesOf<Wanted>(
  text: { indexOf: (wanted: Wanted, from?: number) => number },
  wanted: Wanted,
): Generator<number> {
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) yield at
}
