import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  chainPaths,
  hostNameFault,
  hostNameOf,
  makeBackupKey,
  type PinEntry,
  type PinnedHost,
  type PinRole,
  pinRoles,
  withHost,
  withPins,
} from '@sallyport/pins'
import { keyKinds } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Input, Operation } from '../command.ts'
import { modes, writeFileAtomically } from '../files/write-file.ts'
import { argument, choiceOption, isGiven, textOption, textOptions } from '../input.ts'
import { backupPassphrase } from '../pins/backup-passphrase.ts'
import { givenAuthorities, lookAt } from '../pins/look-at.ts'
import { entriesOf, keyEntryOf, type PinMaterial, readPinMaterial } from '../pins/pin-entries.ts'
import { hostsNamed, pinsOf, pinsPath } from '../pins/pins-option.ts'
import { pathsText } from '../pins/pins-text.ts'
import { shellLine } from '../terminal/shell.ts'

const places = ['leaf', 'intermediate', 'root'] as const

export const initPins: Operation = async (input, output) => {
  const { name, port } = hostArgument(argument(input, 0))
  const file = pinsPath(input)
  const known = existsSync(file) ? pinsOf(input) : undefined
  if (known?.hosts.some((host) => host.name === name) === true) {
    throw new Problem('command_usage', {
      detail: `${file} has ${name} already; it is not written over`,
      expected: '`sallyport pins add`, or the host taken out of the file first',
    })
  }
  const text = known === undefined ? undefined : readFileSync(file, 'utf8')
  const looked = (await lookAt(input, [{ name, port }])).get(name)
  for (const { address, why } of looked?.silent ?? []) output.say(`! ${address}: ${why}`)
  if (looked === undefined || looked.sent.length === 0) {
    throw new Problem('connection_failed', { detail: `${name}:${port} gave no certificates` })
  }
  const others = givenAuthorities(input)
  const now = Date.now()
  const paths = looked.sent.flatMap(({ certificates }) =>
    chainPaths({ sent: certificates, others, now }),
  )
  const roles = textOptions(input, 'role')?.map(placeNamed) ?? ['intermediate', 'root']
  // Of a server that sends its leaf alone, under a CA that nobody knows, there is nothing else.
  const found = entriesOf(paths, roles)
  const pins = found.length > 0 ? found : entriesOf(paths, ['leaf'])
  writeFileAtomically(
    file,
    withHost(file, text, name, {
      ...(port === 443 ? {} : { port }),
      ...authoritiesBeside(input, file),
      pins,
    }),
  )
  output.result({ file: path.resolve(file), host: name, pins, chains: paths.map(pathFacts) }, () =>
    pathsText(paths),
  )
  if (paths.some(({ isAnchored }) => !isAnchored)) {
    output.say(
      '! A chain ends at no root that is known here: it is of a private CA (name it with --ca), or something in between answers, as a proxy does that inspects TLS',
    )
  }
  output.say(
    `${pins.length} ${pins.length === 1 ? 'pin' : 'pins'} of ${name} in ${file}. It needs a backup yet:`,
  )
  output.say(`  ${shellLine('sallyport', 'pins', 'backup', name, '--out', `${name}.backup.pem`)}`)
  return 0
}

export const addPins: Operation = async (input, output) => {
  const file = pinsOf(input)
  const host = onlyHost(input, textOption(input, 'host'))
  const role = choiceOption(input, 'role', pinRoles)
  const entries = readPinMaterial(argument(input, 0)).map((material) => ({
    entry: entryFor(material, role, choiceOption(input, 'for', places)),
    material,
  }))
  const known = new Set(host.pins.map(({ sha256 }) => sha256))
  const fresh = entries.filter(({ entry: { sha256 = '' } }) => !known.has(sha256))
  if (fresh.length === 0) {
    output.result({ file: file.path, host: host.name, pins: [] }, '')
    output.say(`${host.name} has these pins already; nothing is changed`)
    return 0
  }
  const isWhole = isGiven(input, 'whole')
  const pins = fresh.map(({ entry, material }) =>
    isWhole ? { ...entry, certificate: keptCertificate(entry, material, file.path) } : entry,
  )
  writeFileAtomically(
    file.path,
    withPins(file.path, readFileSync(file.path, 'utf8'), host.name, pins),
  )
  output.result({ file: file.path, host: host.name, pins }, () =>
    pins.map(({ sha256, role: place }) => `${place}  ${sha256}`).join('\n'),
  )
  if (isWhole) {
    output.say(
      'A whole certificate ends with its renewal, also under the same key: the next one must be installed before',
    )
  }
  output.say(`${host.name} has ${pins.length} pins more. Next: sallyport pins check`)
  return 0
}

export const backupPin: Operation = async (input, output) => {
  const file = pinsOf(input)
  const host = onlyHost(input, input.arguments[0])
  const out = textOption(input, 'out')
  if (out === undefined) {
    throw new Problem('command_usage', {
      detail: '--out is missing: the key is told once',
      expected: '--out <file>, to be carried off this machine, or --out - for stdout',
    })
  }
  if (out === '-' && output.json) {
    throw new Problem('command_usage', { detail: '--out - and --json both want stdout' })
  }
  if (out !== '-' && existsSync(out)) throw keyExists(out)
  const kind = choiceOption(input, 'kind', keyKinds) ?? 'ec-p256'
  const place = choiceOption(input, 'for', places)
  const { pin, encryptedPem } = await makeBackupKey(kind, await backupPassphrase(input, output))
  const entry: PinEntry = {
    role: 'backup',
    ...(place === undefined ? {} : { for: place }),
    sha256: pin,
    key: kind,
    subject: `backup made on ${new Date().toISOString().slice(0, 10)}`,
  }
  // The key first: a pin whose key is lost would be worse than a key without a pin.
  if (out !== '-') writeNew(out, encryptedPem)
  writeFileAtomically(
    file.path,
    withPins(file.path, readFileSync(file.path, 'utf8'), host.name, [entry]),
  )
  const facts = { file: file.path, host: host.name, pin, ...(out === '-' ? {} : { keyFile: out }) }
  output.result(facts, out === '-' ? encryptedPem.trimEnd() : pin)
  output.say(
    `The pin is in ${file.path}; of the key there is ${out === '-' ? 'what was printed' : out} alone.`,
  )
  output.say('Carry it off this machine, and its passphrase elsewhere. On the day it is needed:')
  output.say(
    `  openssl req -new -key ${out === '-' ? '<file>' : out} -subj /CN=${host.name} -addext subjectAltName=DNS:${host.name}`,
  )
  return 0
}

/** The files of --ca, as the file of pins will name them. */
function authoritiesBeside(input: Input, file: string): { authorities?: string[] } {
  const given = textOptions(input, 'ca')
  if (given === undefined) return {}
  return { authorities: given.map((each) => path.relative(path.dirname(file), each)) }
}

function hostArgument(text: string): { name: string; port: number } {
  const [, host = '', digits = '443'] = /^(.*?)(?::(\d{1,5}))?$/u.exec(text) ?? []
  const port = Number(digits)
  const name = hostNameOf(host)
  if (name === undefined || port < 1 || port > 65_535) {
    throw new Problem('command_usage', {
      detail: `not a host: ${hostNameFault(host) ?? 'a port is 1 to 65535'}`,
      expected: 'a name such as api.example.com, or api.example.com:8443',
      found: text,
    })
  }
  return { name, port }
}

function placeNamed(text: string): (typeof places)[number] {
  const place = places.find((each) => each === text)
  if (place !== undefined) return place
  throw new Problem('command_usage', {
    detail: '--role has a value that it does not take',
    expected: places.join(', '),
    found: text,
  })
}

function onlyHost(input: Input, name: string | undefined): PinnedHost {
  const hosts = hostsNamed(pinsOf(input), name)
  const [host] = hosts
  if (host !== undefined && hosts.length === 1) return host
  throw new Problem('command_usage', {
    detail: 'the file has several hosts, or none',
    expected: hosts.map((each) => each.name).join(', ') || '`sallyport pins init <host>` first',
  })
}

function entryFor(
  { certificate, role, spki }: PinMaterial,
  asked: PinRole | undefined,
  place: (typeof places)[number] | undefined,
): PinEntry {
  const own = asked ?? role ?? 'backup'
  const stands = place ?? (own === 'backup' && role !== 'leaf' ? role : undefined)
  const [told] = certificate === undefined ? [] : entriesOf([single(certificate)], places)
  return {
    role: own,
    ...(own === 'backup' && stands !== undefined ? { for: stands } : {}),
    ...keyEntryOf(spki),
    ...(told?.subject === undefined ? {} : { subject: told.subject }),
    ...(told?.notAfter === undefined ? {} : { notAfter: told.notAfter }),
  }
}

function single(certificate: NonNullable<PinMaterial['certificate']>) {
  return { certificates: [certificate], isAnchored: false, isSupposed: false }
}

/** Kept as DER beside the file, by its pin. @throws Problem `command_usage` where there is no certificate */
function keptCertificate(
  { sha256 = '' }: PinEntry,
  { certificate }: PinMaterial,
  file: string,
): string {
  if (certificate === undefined) {
    throw new Problem('command_usage', {
      detail: 'a key is no whole certificate',
      expected: 'a certificate, or no --whole',
    })
  }
  const name = `pins/${Buffer.from(sha256, 'base64').toString('hex').slice(0, 16)}.der`
  writeFileAtomically(path.join(path.dirname(file), name), certificate.der)
  return name
}

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: modes.secret, flush: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw keyExists(file)
    throw error
  }
}

function keyExists(file: string): Problem {
  return new Problem('key_exists', { detail: file })
}

function pathFacts({
  certificates,
  isAnchored,
  isSupposed,
}: ReturnType<typeof chainPaths>[number]) {
  return {
    isAnchored,
    isSupposed,
    pins: entriesOf([{ certificates, isAnchored, isSupposed }], places),
  }
}
