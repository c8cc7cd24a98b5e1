import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  type AcmeAccount,
  type AcmeAccountOptions,
  defaultAndroidPhone,
  makeDevelopmentRoot,
  openAcmeAccount,
  quietPort,
} from '@sallyport/virtual-device'
import { type Deployment, type DeploymentOptions, deploy } from '../../fixture/deployment.ts'

/** What virtual phones of all tests of a file end at. */
export const phoneRoot = makeDevelopmentRoot()

export type AcmeDeployment = Deployment & {
  readonly directoryUrl: string
  /** Where http-01 asks, whatever the name. */
  readonly validationPort: number
  readonly statusUrl: string
  newCredential(appId?: string): Promise<{ id: string; key: string }>
  /** An account with a credential of its own. */
  open(options?: Partial<AcmeAccountOptions>): Promise<AcmeAccount>
}

export type AcmeDeploymentOptions = DeploymentOptions & {
  /** Members of `protocols.acme`, YAML. */
  acme?: string
  /** The line of where http-01 asks, YAML. */
  validation?: string
  /** YAML of `serviceNames`. */
  names?: string
  /** Members of `enrollment` beside evidence, YAML. */
  enrollment?: string
  /** Members of `certificate`, YAML. */
  certificate?: string
}

/** An authority with ACME for the app wallet: attested phones, and servers below example.internal. */
export async function deployAcme(options: AcmeDeploymentOptions = {}): Promise<AcmeDeployment> {
  const [validationPort, statusPort] = [await quietPort(), await quietPort()]
  const statusUrl = `http://127.0.0.1:${statusPort}`
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-acme-'))
  writeFileSync(path.join(directory, 'root.pem'), phoneRoot.pem)
  const { acme = '', enrollment = '', certificate = '' } = options
  const {
    validation = `insecureValidationTarget: '127.0.0.1:${validationPort}'`,
    names = `['*.example.internal', plain.example.internal]`,
  } = options
  const appOf = (name: string) => `
  ${name}:
    insecureDevelopmentDevices: true
    android:
      packages: [${defaultAndroidPhone.packageName}]
      signerDigests: ['${defaultAndroidPhone.signerDigest}']
    apple: { managedDevices: { udids: [00008140-0000000000000000] } }
    enrollment: { evidence: [android-key, apple-mda], ${enrollment} }
    certificate: { revocation: published, keyKinds: [ec-p256, ec-p384], ${certificate} }
    protocols:
      acme:
        serviceNames: ${names}
        ${validation}
        ${acme}`
  const deployment = await deploy({
    directory,
    apps: `${appOf('wallet')}${appOf('bank')}\n`,
    attestation:
      '{ android: { rootsUrl: off, statusListUrl: off, whenTooOld: allow }, insecureDevelopmentRoots: [root.pem] }',
    ...options,
    authority: `    status: { listen: '127.0.0.1:${statusPort}' }
  status: { url: '${statusUrl}', shards: 2 }`,
  }).catch((error: unknown) => {
    rmSync(directory, { recursive: true, force: true })
    throw error
  })
  const newCredential = async (appId = 'wallet') => {
    const made = await deployment.admin('/admin/v1/acme/credentials', { body: { appId } })
    if (made.status !== 201) throw new Error(made.text)
    return { id: String(made.body.credential.id), key: String(made.body.key) }
  }
  return {
    ...deployment,
    get authority() {
      return deployment.authority
    },
    get directoryUrl() {
      return `${deployment.authority.addresses.device}/acme/wallet/directory`
    },
    validationPort,
    statusUrl,
    newCredential,
    open: async (wishes = {}) =>
      openAcmeAccount({
        directory: `${deployment.authority.addresses.device}/acme/wallet/directory`,
        ca: deployment.caPem,
        credential: await newCredential(),
        ...wishes,
      }),
  }
}
