import { type TrustAnchor, trustAnchor } from '@sallyport/attestation'
import { certificatesFromPem } from '@sallyport/pki'
import { configProblem, isProblem } from '@sallyport/problem'
import { readNamedFile } from '../config/named-file.ts'

/**
 * The anchors of PEM files whose evidence proves nothing outside development.
 *
 * @throws Problem `config_unreadable` where a file is missing, or holds no certificate
 */
export function readDevelopmentRoots(
  directory: string,
  files: readonly string[],
): readonly TrustAnchor[] {
  return files.flatMap((file, index) => {
    const path = ['attestation', 'insecureDevelopmentRoots', index]
    const pem = readNamedFile(directory, file, path)
    try {
      return certificatesFromPem(pem).map((root) => trustAnchor(root, { development: true }))
    } catch (cause) {
      if (!isProblem(cause)) throw cause
      const { message, expected, found } = cause
      throw configProblem('config_unreadable', path, `${file}: ${message}`, {
        ...(expected === undefined ? {} : { expected }),
        ...(found === undefined ? {} : { found }),
        cause,
      })
    }
  })
}
