import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { getSystemErrorMessage } from 'node:util'
import { type ConfigFile, parseConfig, readConfig, resolvePath } from '@sallyport/config'
import { type Certificate, certificatesFromPem, parseCertificate } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import { pinFault, pinOfSpki } from './pin.ts'
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
    const pointer = `/hosts/${name}`
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
  const end = certificate?.notAfter ?? (notAfter === undefined ? undefined : Date.parse(notAfter))
  return {
    role,
    place: role === 'backup' ? (entry.for ?? 'leaf') : role,
    sha256: own,
    pointer,
    ...(certificate === undefined ? {} : { certificate }),
    ...(subject === undefined ? {} : { subject }),
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
  return isPem ? certificatesFromPem(bytes.toString('latin1')) : [parseCertificate(bytes)]
}

/**
 * A file of certificates or keys. Its name may come from a file of pins that somebody else wrote: a pipe would never
 * end, and a device is no certificate.
 *
 * @throws Problem `pins_unreadable`
 */
export function readBounded(file: string): Buffer {
  let bytes: Buffer
  try {
    bytes = readFront(file, maxFileBytes + 1)
  } catch (cause) {
    if (isProblem(cause)) throw cause
    const { code, errno } = cause as NodeJS.ErrnoException
    const found = errno === undefined ? String(cause) : `${code}: ${getSystemErrorMessage(errno)}`
    throw new Problem('pins_unreadable', { detail: `${file}: ${found}`, cause })
  }
  if (bytes.length <= maxFileBytes) return bytes
  throw new Problem('pins_unreadable', {
    detail: `${file} is too large`,
    expected: `at most ${maxFileBytes} bytes`,
  })
}

function readFront(file: string, length: number): Buffer {
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    if (!fstatSync(handle).isFile()) {
      throw new Problem('pins_unreadable', { detail: `${file} is no file` })
    }
    const bytes = Buffer.alloc(length)
    let done = 0
    for (let read = -1; read !== 0 && done < length; done += read) {
      read = readSync(handle, bytes, done, length - done, null)
    }
    return bytes.subarray(0, done)
  } finally {
    closeSync(handle)
  }
}
