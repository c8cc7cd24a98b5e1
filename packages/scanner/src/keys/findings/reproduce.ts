import { redact } from '../../redact.ts'
import type { Place } from '../key-material.ts'

/**
 * Lines of a shell that show the same thing again: the entry taken out of the package, then what reads it. Passwords
 * are redacted; whoever runs it finds them where the finding says.
 */
export function reproduceLines(places: readonly Place[], password: string | undefined): string[] {
  const [place] = places
  if (place === undefined) return []
  const opening = openers[place.name]
  const isWholeEntry = place.offset === 0 && !place.container.includes(' in ')
  const from = isWholeEntry ? '' : ` # ${place.container}, at byte ${place.offset ?? 0}`
  const entry = place.path.split('!/').join(' → ')
  const secret = password === undefined ? '' : redact(password)
  return [`unzip -p PACKAGE '${entry}' > found${from}`, opening('found', secret)]
}

type Opener = (file: string, secret: string) => string

const keytool =
  (type: string): Opener =>
  (file, secret) =>
    `keytool -list -v -storetype ${type} -keystore ${file}${secret && ` -storepass '${secret}'`}`
const bouncyCastle =
  (type: string): Opener =>
  (file, secret) =>
    `${keytool(type)(file, secret)} -providerclass org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath bcprov.jar`
const key: Opener = (file, secret) =>
  `openssl pkey -in ${file} -text -noout${secret && ` -passin 'pass:${secret}'`}`

const openers: Readonly<Record<Place['name'], Opener>> = {
  certificate: (file) => `openssl x509 -in ${file} -text -noout`,
  CMS: (file) => `openssl pkcs7 -in ${file} -inform DER -print_certs -text -noout`,
  'PKCS#8': key,
  'PKCS#1': key,
  SEC1: key,
  PEM: key,
  'PKCS#12': (file, secret) =>
    `openssl pkcs12 -legacy -in ${file} -info -nodes${secret && ` -passin 'pass:${secret}'`}`,
  JKS: keytool('JKS'),
  JCEKS: keytool('JCEKS'),
  BKS: bouncyCastle('BKS'),
  UBER: bouncyCastle('UBER'),
  BCFKS: bouncyCastle('BCFKS'),
  OpenSSH: (file, secret) => `ssh-keygen -y -f ${file}${secret && ` -P '${secret}'`}`,
  JWK: (file) => `jq . ${file}`,
}
