import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Certificates = Disposable & {
  caFile: string
  /** Of `localhost` and 127.0.0.1, under the CA. */
  server: { key: string; cert: string }
  /** Under the CA, for client authentication. */
  client: { keyFile: string; certificateFile: string }
  ca: string
  /** A CA that has nothing to do with the others. */
  strangerCaFile: string
}

/** A CA with a certificate for a service and one for its client, made by OpenSSL. */
export function makeCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-forward-'))
  const at = (name: string) => join(directory, name)
  const run = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  for (const ca of ['ca', 'stranger']) {
    run(
      'req',
      '-x509',
      ...key,
      '-keyout',
      at(`${ca}.key`),
      '-out',
      at(`${ca}.pem`),
      '-subj',
      `/CN=${ca}`,
      '-days',
      '2',
    )
  }
  writeFileSync(
    at('server.ext'),
    'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth',
  )
  writeFileSync(at('client.ext'), 'extendedKeyUsage=clientAuth')
  for (const name of ['server', 'client']) {
    run(
      'req',
      ...key,
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.csr`),
      '-subj',
      `/CN=${name}`,
    )
    run(
      'x509',
      '-req',
      '-in',
      at(`${name}.csr`),
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-CAcreateserial',
      '-out',
      at(`${name}.pem`),
      '-days',
      '2',
      '-extfile',
      at(`${name}.ext`),
    )
  }
  const read = (name: string) => readFileSync(at(name), 'utf8')
  return {
    caFile: at('ca.pem'),
    ca: read('ca.pem'),
    strangerCaFile: at('stranger.pem'),
    server: { key: read('server.key'), cert: read('server.pem') },
    client: { keyFile: at('client.key'), certificateFile: at('client.pem') },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  }
}
