import { readFileSync } from 'node:fs'
import { resolvePath } from '@sallyport/config'
import { type TrustAnchor, trustAnchor } from '@sallyport/attestation'
import { certificatesFromPem } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'

/**
 * The anchors of PEM files whose evidence proves nothing outside development.
 *
 * @throws Problem `config_unreadable` where a file is missing, or holds no certificate
 */
export function readDevelopmentRoots(
  directory: string,
  files: readonly string[],
): readonly TrustAnchor[] {
  return files.flatMap((file) => {
    try {
      const pem = readFileSync(resolvePath(directory, file), 'utf8')
      return certificatesFromPem(pem).map((root) => trustAnchor(root, { development: true }))
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new Problem('config_unreadable', {
        detail: `attestation.insecureDevelopmentRoots: ${file}: ${why}`,
        cause,
      })
    }
  })
}
