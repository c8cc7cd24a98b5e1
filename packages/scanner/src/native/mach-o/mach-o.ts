import { EntryFault } from '../../archive/entry.ts'
import { type ContentReader, maxProgramBytes } from '../../content/content-reader.ts'
import { watchedNames } from '../../ios/watched-names.ts'
import type { Sink } from '../../sink.ts'
import { type ByteRange, withoutOverlaps } from '../../strings/byte-range.ts'
import { shortestOfData, textOfRuns } from '../../strings/text-of-runs.ts'
import { type CodeSignature, readCodeSignature } from './code-signature.ts'
import { type LoadCommands, readLoadCommands } from './load-commands.ts'
import { tellSections } from './section-text.ts'
import { isMachO, type Slice, slicesOf } from './slices.ts'
import { findTraces, type Traces } from './traces.ts'

/** One architecture of a program or library of Apple's platforms. */
export type MachO = {
  readonly path: string
  readonly architecture: string
  /** The App Store's: what is encrypted was not read. */
  readonly isEncrypted: boolean
  readonly libraries: readonly string[]
  readonly traces: Traces
  /** Undefined where it is not signed, or the signature cannot be read. */
  readonly signature?: CodeSignature
  /** Of the slice in the entry: offsets of traces are from there. */
  readonly offset: number
}

/** Programs, frameworks and libraries of iOS and macOS, fat or thin. */
export const machOReader: ContentReader = {
  name: 'Mach-O',
  maxBytes: maxProgramBytes,
  takes: isMachO,
  read: (bytes, { path }, sink) => {
    const told = (why: string) => sink.notChecked(path, why)
    const others: ByteRange[] = []
    for (const slice of slicesOf(bytes, told, (range) => others.push(range))) {
      try {
        readSlice(slice, path, sink)
      } catch (error) {
        if (!(error instanceof EntryFault)) throw error
        told(`${slice.architecture}: ${error.message}`)
      }
    }
    const about = { path, source: 'native-strings' } as const
    textOfRuns(bytes, withoutOverlaps(others), shortestOfData, about, sink)
  },
}

function readSlice(slice: Slice, path: string, sink: Sink): void {
  const commands = readLoadCommands(slice)
  const { architecture, fields, offset } = slice
  const told = (why: string) => sink.notChecked(path, `${architecture}: ${why}`)
  tellSections(slice, commands, path, sink)
  if (commands.encrypted !== undefined) told(encryptedNote(commands.encrypted, fields.bytes))
  const signature = signatureOf(slice, commands, told)
  sink.fact('machOs', {
    path,
    architecture,
    isEncrypted: commands.encrypted !== undefined,
    libraries: commands.libraries,
    traces: findTraces(slice, commands, watchedNames),
    ...(signature === undefined ? {} : { signature }),
    offset,
  })
}

function encryptedNote({ start, end }: ByteRange, bytes: Buffer): string {
  const share = Math.round((100 * Math.max(0, end - start)) / Math.max(1, bytes.length))
  return (
    `encrypted for the App Store (cryptid 1), ${share} % of it: its code and constants were not read. ` +
    'Scan the package as it is before it is uploaded.'
  )
}

function signatureOf(
  { fields }: Slice,
  { codeSignature }: LoadCommands,
  told: (why: string) => void,
): CodeSignature | undefined {
  if (codeSignature === undefined) return undefined
  const { start, end } = codeSignature
  try {
    return readCodeSignature(fields.bytes.subarray(start, end), told)
  } catch (error) {
    if (!(error instanceof EntryFault)) throw error
    told(error.message)
    return undefined
  }
}
