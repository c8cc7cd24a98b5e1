import path from 'node:path'
import { readConfig } from '@sallyport/config'
import { developmentRootFiles, keepDevelopmentRoot } from '@sallyport/virtual-device'
import Type from 'typebox'
import { developmentApp } from './development-config.ts'
import type { Layout } from './layout.ts'

/** What the virtual phone is, and says of the app on it. */
export type AttestedPhone = {
  /** The directory of the root that its evidence ends at. */
  rootDirectory: string
  packageName: string
  /** SHA-256 of the signing certificate, lower-case hex. */
  signerDigest: string
}

const Texts = Type.Optional(Type.Array(Type.String()))
/** What of a configuration says which phone it takes. All else is for others to validate. */
const Schema = Type.Object({
  apps: Type.Record(
    Type.String(),
    Type.Object({
      android: Type.Optional(Type.Object({ packages: Texts, signerDigests: Texts })),
      enrollment: Type.Optional(Type.Object({ evidence: Texts })),
    }),
  ),
  attestation: Type.Optional(Type.Object({ insecureDevelopmentRoots: Texts })),
})

/**
 * The phone that the configuration of a folder takes: one that runs the first build of its app, with
 * evidence under the root of this folder. Undefined where it takes none, as in a folder of a version
 * before there was such evidence: its device brings development evidence.
 */
export async function attestedPhone(
  layout: Layout,
  say: (text: string) => void,
): Promise<AttestedPhone | undefined> {
  const app = acceptedApp(layout)
  if (app === undefined) {
    const file = path.basename(layout.configFile)
    say(
      `device: ${file} takes no attested phone, as those of earlier versions: it brings development evidence. A new folder has one (--dir)`,
    )
    return undefined
  }
  await keepDevelopmentRoot(layout.attestationRoot)
  return { ...app, rootDirectory: layout.attestationRoot }
}

function acceptedApp(layout: Layout): Omit<AttestedPhone, 'rootDirectory'> | undefined {
  const { apps, attestation } = readConfig<Type.Static<typeof Schema>>(
    layout.configFile,
    Schema,
  ).value
  const { android, enrollment } = apps[developmentApp] ?? {}
  const root = developmentRootFiles(layout.attestationRoot).certificateFile
  const isRootBelieved = attestation?.insecureDevelopmentRoots?.some(
    (file) => path.resolve(layout.directory, file) === root,
  )
  const [packageName] = android?.packages ?? []
  const [digest] = android?.signerDigests ?? []
  const isTaken = enrollment?.evidence?.includes('android-key') === true && isRootBelieved === true
  if (!isTaken || packageName === undefined || digest === undefined) return undefined
  return { packageName, signerDigest: digest.replaceAll(':', '').toLowerCase() }
}
