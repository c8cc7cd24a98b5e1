import { existsSync, readFileSync, statSync } from 'node:fs'
import { Problem } from '@sallyport/problem'

const maxFileBytes = 1024 * 1024
const block = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END/

/** Whether an argument names a file rather than a request. */
export function isFile(argument: string): boolean {
  return existsSync(argument) && statSync(argument).isFile()
}

/**
 * The bytes of the first certificate of a file, PEM or DER, however broken they are: to say what is wrong
 * with them is what they are read for.
 *
 * @throws Problem `certificate_malformed` where the file holds nothing like a certificate
 */
export function readFirstCertificate(file: string): Buffer {
  if (statSync(file).size > maxFileBytes) throw notOne(file, 'a file of more than 1 MiB')
  const bytes = readFileSync(file)
  const pem = block.exec(bytes.toString('latin1'))
  if (pem?.[1] !== undefined) return Buffer.from(pem[1], 'base64')
  // A DER certificate is a SEQUENCE whose length takes two bytes or so.
  if (bytes[0] === 0x30) return bytes
  throw notOne(file, bytes.length === 0 ? 'an empty file' : 'neither PEM nor DER')
}

function notOne(file: string, found: string): Problem {
  return new Problem('certificate_malformed', {
    detail: file,
    expected: "a file with a certificate in PEM or DER, the device's first",
    found,
  })
}
