import { redact } from '../../redact.ts'
import { entryLines } from '../../reproduce/entry-lines.ts'
import type { Place } from '../key-material.ts'

/**
 * Lines of a shell that show the same thing again: the entry taken out of the package, archive by archive, its part
 * cut out and decoded, then what reads it. Passwords are redacted: the finding tells which string of the package
 * it is by its length and hash. Folders are copied instead of unpacked.
 */
export function reproduceLines(places: readonly Place[], password: string | undefined): string[] {
  const [place] = places
  if (place === undefined) return []
  const secret = password === undefined || password === '' ? (password ?? '') : redact(password)
  const isLocked = password !== undefined
  return [
    ...takenOut(place),
    openers[place.name]('found', isLocked ? JSON.stringify(secret) : undefined),
  ]
}

function takenOut({ path, offset = 0, how }: Place): string[] {
  const cut = offset === 0 ? '' : `| tail -c +${offset + 1} `
  const decoded = how.flatMap((step) => decoders.get(step) ?? []).toReversed()
  const unknown = how.filter((step) => unpiped.has(step))
  const note = unknown.length === 0 ? '' : ` # then ${unknown.join(', ')}, decoded`
  return entryLines(path, `${cut}${decoded.join('')}> found${note}`)
}

/** How the steps of a blob are undone, in a pipe. */
const decoders: ReadonlyMap<string, string> = new Map([
  ['base64', "| tr '_-' '/+' | grep -oE '^[A-Za-z0-9/+]+=*' | head -1 | base64 -d 2>/dev/null "],
  ['hex', "| grep -oE '^[0-9A-Fa-f]+' | head -1 | xxd -r -p "],
  ['gzip', '| gunzip '],
])
const unpiped = new Set(['byte list', 'byte array'])

type Opener = (file: string, secret: string | undefined) => string

const keytool =
  (type: string, more = ''): Opener =>
  (file, secret) =>
    `keytool -list -v -storetype ${type} -keystore ${file}${secret === undefined ? '' : ` -storepass ${secret}`}${more}`
const bouncyCastle = (type: string) =>
  keytool(
    type,
    ' -providerclass org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath bcprov.jar',
  )
const key: Opener = (file, secret) =>
  `openssl pkey -in ${file} -noout -text${secret === undefined ? '' : ` -passin pass:${secret}`}`

const openers: Readonly<Record<Place['name'], Opener>> = {
  certificate: (file) => `openssl x509 -in ${file} -noout -text`,
  CMS: (file) => `openssl pkcs7 -in ${file} -inform DER -print_certs -noout`,
  'PKCS#8': key,
  'PKCS#1': key,
  SEC1: key,
  PEM: key,
  'PKCS#12': (file, secret) =>
    `openssl pkcs12 -legacy -in ${file} -info -nodes${secret === undefined ? '' : ` -passin pass:${secret}`}`,
  JKS: keytool('JKS'),
  JCEKS: keytool('JCEKS'),
  BKS: bouncyCastle('BKS'),
  UBER: bouncyCastle('UBER'),
  BCFKS: bouncyCastle('BCFKS'),
  OpenSSH: (file, secret) =>
    `chmod 600 ${file}; ssh-keygen -y -f ${file}${secret === undefined ? '' : ` -P ${secret}`}`,
  JWK: (file) => `cat ${file}`,
}
