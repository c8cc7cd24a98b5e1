import type { ServiceIdentity } from '@sallyport/authority'
import { modes, writeFileAtomically } from '../files/write-file.ts'
import type { CertificateFiles } from './certificate-files.ts'

/** Writes a certificate and its key into their files, the key for its owner alone. */
export function writeServiceIdentity(files: CertificateFiles, identity: ServiceIdentity): void {
  writeFileAtomically(files.keyFile, identity.privateKeyPem, modes.secret)
  writeFileAtomically(files.certificateFile, identity.certificatePem)
}
