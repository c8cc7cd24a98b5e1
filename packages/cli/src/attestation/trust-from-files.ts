import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import {
  builtInRoots,
  maxStatusListBytes,
  parseStatusList,
  type StatusList,
  type TrustAnchor,
  trustAnchor,
  type TrustMaterial,
} from '@sallyport/attestation'
import { certificatesFromPem } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import type { ConfiguredApp } from './configured-app.ts'

/** Where trust comes from besides what is built in. */
export type TrustSources = {
  /** A folder. */
  readonly roots?: string
  readonly statusList?: string
  /** Those of an app of the configuration. */
  readonly configured?: Pick<ConfiguredApp, 'google' | 'development'>
}

/**
 * What evidence is judged by besides policy: the roots that are built in or, in place of all of them, those
 * of a folder; and a status list where a file of one is given.
 *
 * @throws Problem `command_usage`, `certificate_malformed`, `status_list_malformed`; file errors
 */
export function trustFromFiles({ roots, statusList, configured }: TrustSources): TrustMaterial {
  const own = roots === undefined ? undefined : rootsOf(roots)
  const anchors = (usual: readonly TrustAnchor[]) =>
    own ?? [...usual, ...(configured?.development ?? [])]
  return {
    android: {
      anchors: anchors(configured?.google ?? builtInRoots.google),
      statusList: statusList === undefined ? undefined : statusListOf(statusList),
    },
    appAttest: { anchors: anchors(builtInRoots.appAttest) },
    appAttestReceipts: { anchors: anchors(builtInRoots.appAttestReceipts) },
    managedDevices: { anchors: anchors(builtInRoots.managedDevices) },
  }
}

const pemName = /\.(?:pem|crt|cer)$/

/** The certificates of all PEM files of a folder; folders in it are left alone. */
function rootsOf(folder: string): readonly TrustAnchor[] {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && pemName.test(entry.name))
    .map(({ name }) => path.join(folder, name))
  if (files.length > 0) return files.flatMap(certificatesOf).map((root) => trustAnchor(root))
  throw new Problem('command_usage', {
    detail: '--roots names a folder without roots',
    expected: 'certificates in files that end in .pem, .crt or .cer',
    found: folder,
  })
}

function certificatesOf(file: string) {
  try {
    return certificatesFromPem(readFileSync(file, 'utf8'))
  } catch (error) {
    if (!isProblem(error)) throw error
    const { expected, found } = error
    throw new Problem(error.code, {
      detail: `${file}: ${error.message}`,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
      cause: error,
    })
  }
}

/** As old as its file. */
function statusListOf(file: string): StatusList {
  const { size, mtimeMs } = statSync(file)
  if (size <= maxStatusListBytes) return parseStatusList(readFileSync(file), Math.floor(mtimeMs))
  throw new Problem('status_list_malformed', {
    detail: file,
    expected: `at most ${maxStatusListBytes} bytes`,
    found: `${size} bytes`,
  })
}
