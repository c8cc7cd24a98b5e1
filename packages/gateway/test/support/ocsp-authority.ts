import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'

/** A CA made by the openssl command, which also answers for the status of what it issued. */
export class OcspAuthority {
  readonly directory: string
  readonly responder: string
  readonly #port: number
  #serial = 1

  constructor(directory: string, port: number) {
    this.directory = directory
    this.#port = port
    this.responder = `http://127.0.0.1:${port}/`
    this.#newKey('ca')
    const subject = ['-subj', '/CN=OCSP test CA', '-days', '2', '-key', 'ca.key']
    this.#run('req', '-x509', '-new', ...subject, '-out', 'ca.pem')
    writeFileSync(this.file('index.txt'), '')
  }

  file(name: string): string {
    return path.join(this.directory, name)
  }

  /** `NAME.pem`, its chain behind it, and `NAME.key`. */
  issue(name: string, extensions: readonly string[], isRevoked = false): void {
    this.#newKey(name)
    const serial = String(this.#serial++).padStart(2, '0')
    writeFileSync(this.file(`${name}.cnf`), extensions.join('\n'))
    this.#run('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`)
    const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', `0x${serial}`]
    const leaf = ['-in', `${name}.csr`, '-extfile', `${name}.cnf`, '-out', `${name}.leaf.pem`]
    this.#run('x509', '-req', '-days', '2', ...issuer, ...leaf)
    const chain = readFileSync(this.file(`${name}.leaf.pem`), 'utf8') + this.ca
    writeFileSync(this.file(`${name}.pem`), chain)
    const when = '270101000000Z'
    const row = isRevoked
      ? `R\t${when}\t260101000000Z\t${serial}\tunknown\t/CN=${name}\n`
      : `V\t${when}\t\t${serial}\tunknown\t/CN=${name}\n`
    writeFileSync(this.file('index.txt'), row, { flag: 'a' })
  }

  /** What a server certificate has, for the host of this name. */
  server(host: string, ...more: string[]): string[] {
    return [`subjectAltName=DNS:${host}`, `authorityInfoAccess=OCSP;URI:${this.responder}`, ...more]
  }

  get ca(): string {
    return readFileSync(this.file('ca.pem'), 'utf8')
  }

  pem(name: string): string {
    return readFileSync(this.file(`${name}.pem`), 'utf8')
  }

  /** The answer to a request, signed by `signer`; DER. */
  respond(request: Uint8Array, signer = 'ca', ...more: string[]): Buffer {
    writeFileSync(this.file('request.der'), request)
    const made = ['-reqin', 'request.der', '-respout', 'response.der', '-ndays', '1', ...more]
    this.#run('ocsp', ...this.#signer(signer), ...made)
    return readFileSync(this.file('response.der'))
  }

  /** Answers over HTTP until the test is over. */
  async serve(t: TestContext): Promise<void> {
    const signer = this.#signer('ca')
    const listen = ['-port', String(this.#port), '-ndays', '1', '-ignore_err']
    const responder = spawn('openssl', ['ocsp', ...signer, ...listen], { cwd: this.directory })
    t.after(() => responder.kill())
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('openssl ocsp does not start')), 5_000)
      const told = (chunk: Buffer) => {
        if (!chunk.toString().includes('waiting for OCSP client connections')) return
        clearTimeout(timer)
        resolve()
      }
      responder.stdout.on('data', told)
      responder.stderr.on('data', told)
    })
  }

  #signer(name: string): string[] {
    const signer = name === 'ca' ? 'ca.pem' : `${name}.leaf.pem`
    return ['-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', signer, '-rkey', `${name}.key`]
  }

  #newKey(name: string): void {
    this.#run('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`)
  }

  #run(...parameters: string[]): void {
    execFileSync('openssl', parameters, { cwd: this.directory, stdio: 'pipe' })
  }
}
