import path from 'node:path'
import { replaceFile } from '@sallyport/pki'
import { readPrivateFile } from '../control/private-file.ts'

/** An account as it is kept: the key is made once; the URL is the CA's. */
export type KeptAccount = {
  readonly version: 1
  /** PKCS#8 in PEM. */
  readonly key: string
  /** Of the directory that gave the URL. */
  readonly directoryUrl: string
  readonly url: string | undefined
}

/** A host's certificate as it is kept, and how the last attempts went. Certificate and key are one write. */
export type KeptCertificate = {
  readonly version: 1
  readonly directoryUrl: string
  /** PEM; absent until the first one was issued. */
  readonly certificate?: string
  readonly key?: string
  /** Attempts that failed since the last success. */
  readonly failures: number
  /** Milliseconds. */
  readonly lastAttemptAt?: number
  readonly notBeforeAttemptAt?: number
  /** What the CA, or the way to it, said. */
  readonly lastError?: string
}

/** What ACME leaves on disk, below `acme/NAME/` of the state directory. All of mode 0600. */
export class AcmeStore {
  readonly #directory: string

  constructor(stateDirectory: string, name: string) {
    this.#directory = path.join(stateDirectory, 'acme', name)
  }

  readAccount(): Promise<KeptAccount | undefined> {
    return this.#read<KeptAccount>('account.json')
  }

  writeAccount(account: KeptAccount): Promise<void> {
    return this.#write('account.json', account)
  }

  readCertificate(host: string): Promise<KeptCertificate | undefined> {
    return this.#read<KeptCertificate>(certificateFile(host))
  }

  writeCertificate(host: string, kept: KeptCertificate): Promise<void> {
    return this.#write(certificateFile(host), kept)
  }

  /** Undefined where there is none, or one that this version cannot read. */
  async #read<Kept extends { readonly version: 1 }>(name: string): Promise<Kept | undefined> {
    const text = await readPrivateFile(path.join(this.#directory, name))
    if (text === undefined) return undefined
    try {
      const kept = JSON.parse(text) as Kept
      return kept.version === 1 ? kept : undefined
    } catch {
      // Written as a whole: somebody else's doing. A new one takes its place.
      return undefined
    }
  }

  #write(name: string, value: object): Promise<void> {
    return replaceFile(path.join(this.#directory, name), `${JSON.stringify(value)}\n`)
  }
}

// Names of hosts are DNS names here: no slash, and never `account`.
function certificateFile(host: string): string {
  return `${host}.certificate.json`
}
