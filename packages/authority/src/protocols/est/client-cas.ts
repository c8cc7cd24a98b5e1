import { type Certificate, certificatesFromPem, isIssuedBy, oids } from '@sallyport/pki'
import { configProblem, isProblem } from '@sallyport/problem'
import type { AuthorityConfig } from '../../config/authority-config.ts'
import { readNamedFile } from '../../config/named-file.ts'

/** The CAs whose certificates let a device enrol, by app. */
export type ClientCas = ReadonlyMap<string, readonly Certificate[]>

/**
 * Reads the files that `clientCaFile` names.
 *
 * @throws Problem `config_unreadable`, `config_invalid`, each with the pointer of the member
 */
export function readClientCas(
  directory: string,
  { apps }: Pick<AuthorityConfig, 'apps'>,
): ClientCas {
  return new Map(
    Object.entries(apps).flatMap(([appId, { protocols }]) => {
      const file = protocols.est?.clientCaFile
      if (file === undefined) return []
      const path = ['apps', appId, 'protocols', 'est', 'clientCaFile']
      return [[appId, casOf(readNamedFile(directory, file, path), path)] as const]
    }),
  )
}

function casOf(pem: string, path: readonly string[]): readonly Certificate[] {
  try {
    const cas = certificatesFromPem(pem)
    if (cas.length > 0 && cas.every(({ isCa }) => isCa)) return cas
  } catch (cause) {
    if (!isProblem(cause)) throw cause
  }
  throw configProblem('config_invalid', path, 'the file holds something else', {
    expected: 'certificates of CAs, PEM',
    found: 'none, or others',
  })
}

/**
 * Whether one of these CAs issued a certificate that is in date and for clients. Not checked: its status at
 * that CA, and whether its key is held, which TLS proved.
 */
export function isFromClientCa(
  cas: readonly Certificate[],
  leaf: Certificate,
  now: number,
): boolean {
  const { notBefore, notAfter, extendedKeyUsage, isCa } = leaf
  const isForClients = extendedKeyUsage?.includes(oids.clientAuth) ?? true
  if (isCa || !isForClients || now < notBefore || now > notAfter) return false
  return cas.some((ca) => now >= ca.notBefore && now <= ca.notAfter && isIssuedBy(leaf, ca))
}
