import {
  type ConfigFile,
  parseConfig,
  readConfig,
  readRegularFile,
  resolvePath,
} from '@sallyport/config'
import { type Certificate, certificatesFromPem, parseCertificate } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import { hostNameFault } from './host-name.ts'
import { keyNameOf, pinFault, pinOfSpki } from './pin.ts'
import {
  type HostEntry,
  type PinEntry,
  type PinRole,
  type PinsValue,
  pinsSchema,
} from './pins-schema.ts'

/** One pin, whichever way it was written down. */
export type Pin = {
  readonly role: PinRole
  /** Where in the chain its key is looked for: that of the role, or what a backup will stand for. */
  readonly place: Exclude<PinRole, 'backup'>
  /** base64, 44 characters. */
  readonly sha256: string
  /** Where the whole certificate is at hand. */
  readonly certificate?: Certificate
  readonly subject?: string
  /** The kind of its key as `keyNameOf` has it, where it is known. */
  readonly key?: string
  /** Milliseconds. */
  readonly notAfter?: number
  /** JSON pointer of its entry. */
  readonly pointer: string
}

export type PinnedHost = Omit<HostEntry, 'pins' | 'expires' | 'authorities'> & {
  readonly name: string
  /** Milliseconds: midnight UTC as the day begins. */
  readonly expires?: number
  readonly pins: readonly Pin[]
  /** Of a private CA: servers do not send them, and phones have them. */
  readonly authorities: readonly Certificate[]
  readonly pointer: string
}

export type PinsFile = {
  readonly path: string
  readonly release: PinsValue['release']
  readonly hosts: readonly PinnedHost[]
  /** `pins_refused` or `pins_invalid` at a place of the file. */
  readonly source: ConfigFile<PinsValue>
}

const reasons = { invalid: 'pins_invalid', unreadable: 'pins_unreadable' } as const

/** @throws Problem `pins_unreadable`; `pins_invalid` with file, line, column and the nearest right key */
export function readPinsFile(file: string): PinsFile {
  return toPinsFile(readConfig<PinsValue>(file, pinsSchema, reasons))
}

/** As `readPinsFile`, of a text; certificates are looked for beside `file`. */
export function parsePinsFile(file: string, text: string): PinsFile {
  return toPinsFile(parseConfig<PinsValue>(file, text, pinsSchema, reasons))
}

function toPinsFile(source: ConfigFile<PinsValue>): PinsFile {
  const hosts = Object.entries(source.value.hosts).map(([name, entry]) => {
    const pointer = `/hosts/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const fault = hostNameFault(name)
    if (fault !== undefined) throw source.problem(pointer, fault, { found: name })
    const { pins, expires, authorities, ...members } = entry
    return {
      ...members,
      name,
      pointer,
      ...(expires === undefined ? {} : { expires: Date.parse(expires) }),
      authorities: authorities.flatMap((each, index) =>
        placed(each, `${pointer}/authorities/${index}`, source),
      ),
      pins: pins.map((each, index) => toPin(each, `${pointer}/pins/${index}`, source)),
    }
  })
  return { path: source.path, release: source.value.release, hosts, source }
}

function toPin(entry: PinEntry, pointer: string, source: ConfigFile<PinsValue>): Pin {
  const { role, sha256, subject, notAfter } = entry
  if (entry.for !== undefined && role !== 'backup') {
    throw source.problem(`${pointer}/for`, '"for" is said of a backup alone')
  }
  const fault = sha256 === undefined ? undefined : pinFault(sha256)
  if (fault !== undefined) {
    throw source.problem(`${pointer}/sha256`, `the pin ${fault}`, {
      expected: '44 characters of base64, such as the last line of `sallyport pins add <file>`',
      found: sha256 ?? '',
    })
  }
  const certificate = certificateOf(entry, pointer, source)
  const own = certificate === undefined ? sha256 : pinOfSpki(certificate.spki)
  if (own === undefined) {
    throw source.problem(pointer, 'a pin needs "sha256", "certificate" or both')
  }
  if (sha256 !== undefined && sha256 !== own) {
    throw source.problem(`${pointer}/sha256`, 'the pin is that of another key', {
      expected: `${own}, of ${entry.certificate}`,
      found: sha256,
    })
  }
  const key = certificate === undefined ? entry.key : keyNameOf(certificate.spki)
  const end = certificate?.notAfter ?? (notAfter === undefined ? undefined : Date.parse(notAfter))
  return {
    role,
    place: role === 'backup' ? (entry.for ?? 'leaf') : role,
    sha256: own,
    pointer,
    ...(certificate === undefined ? {} : { certificate }),
    ...(subject === undefined ? {} : { subject }),
    ...(key === undefined ? {} : { key }),
    ...(end === undefined ? {} : { notAfter: end }),
  }
}

function certificateOf(
  { certificate }: PinEntry,
  pointer: string,
  source: ConfigFile<PinsValue>,
): Certificate | undefined {
  if (certificate === undefined) return undefined
  const [first, second] = placed(certificate, `${pointer}/certificate`, source)
  if (first !== undefined && second === undefined) return first
  throw source.problem(`${pointer}/certificate`, 'one pin is one certificate', {
    expected: 'a file with one certificate',
    found: 'several',
  })
}

function placed(
  name: string,
  pointer: string,
  source: ConfigFile<PinsValue>,
): readonly Certificate[] {
  try {
    return readCertificates(resolvePath(source.directory, name))
  } catch (error) {
    if (!isProblem(error)) throw error
    throw source.problem(pointer, error.message, {
      ...(error.expected === undefined ? {} : { expected: error.expected }),
      ...(error.found === undefined ? {} : { found: error.found }),
    })
  }
}

/** More certificates than any chain has are refused before they are read. */
const maxFileBytes = 1024 * 1024

/**
 * The certificates of a file, PEM (several, in their order) or DER (one).
 *
 * @throws Problem `pins_unreadable`; `certificate_malformed`
 */
export function readCertificates(file: string): Certificate[] {
  const bytes = readBounded(file)
  const isPem = bytes.includes('-----BEGIN CERTIFICATE-----')
  try {
    return isPem ? certificatesFromPem(bytes.toString('latin1')) : [parseCertificate(bytes)]
  } catch (error) {
    if (!isProblem(error)) throw error
    const { code, detail, expected, found } = error
    throw new Problem(code, {
      detail: `${file}: ${detail ?? 'no certificate'}`,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
      cause: error,
    })
  }
}

/**
 * A file of certificates or keys, whose name may come from a file of pins that somebody else wrote.
 *
 * @throws Problem `pins_unreadable`
 */
export function readBounded(file: string): Buffer {
  const read = readRegularFile(file, maxFileBytes)
  if ('bytes' in read) return read.bytes
  throw new Problem('pins_unreadable', { detail: `${file}: ${read.why}` })
}
