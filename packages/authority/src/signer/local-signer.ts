import type { KeyProvider } from '@sallyport/pki'
import { HeldIssuers } from './held-issuers.ts'
import { HeldKeys } from './held-keys.ts'
import { holdsIssuer, requestIssuingCa, signIssuingCa, signRoot } from './sign-authorities.ts'
import type { Journal } from './journal/signing-journal.ts'
import { makeScepRa, openScepContent, signScepReply } from './scep-ra.ts'
import { signDeviceCertificate } from './sign-device-certificate.ts'
import { nameUsers } from './name-users.ts'
import { openJwsKey, readPublicKey, signCheckpoint, signFeed, signToken } from './sign-jws.ts'
import { signGatewayCertificate, signServerCertificate } from './sign-service-certificate.ts'
import { signScepNextCa } from './sign-next-ca.ts'
import {
  signResponderCertificate,
  signRevocationList,
  signRootRevocationList,
} from './sign-status.ts'
import type { Signer, SignerInput, SignerOperation, SignerOutput } from './signer.ts'
import type { SignerBounds } from './signer-bounds.ts'

/** What each operation works with. */
export type SignerContext = {
  readonly keys: HeldKeys
  readonly issuers: HeldIssuers
  /** As the configuration is now. */
  readonly bounds: () => SignerBounds
  readonly now: () => number
  /** Where everything is written down before it is handed out. */
  readonly journal: Journal
  /** Reads the configuration again, where it is this signer that reads it. */
  readonly reload: () => Promise<void>
}

type Operations = {
  readonly [K in SignerOperation]: (
    context: SignerContext,
    input: SignerInput<K>,
  ) => Promise<SignerOutput<K>>
}

const operations: Operations = {
  async reload({ reload }) {
    await reload()
    return {}
  },
  root: signRoot,
  issuingCa: signIssuingCa,
  issuingCaRequest: requestIssuingCa,
  holdsIssuer,
  deviceCertificate: signDeviceCertificate,
  revocationList: signRevocationList,
  rootRevocationList: signRootRevocationList,
  responderCertificate: signResponderCertificate,
  serverCertificate: signServerCertificate,
  gatewayCertificate: signGatewayCertificate,
  jwsKey: openJwsKey,
  publicKey: readPublicKey,
  token: signToken,
  feed: signFeed,
  checkpoint: signCheckpoint,
  userNames: nameUsers,
  scepRa: makeScepRa,
  scepContent: openScepContent,
  scepNextCa: signScepNextCa,
  scepReply: signScepReply,
}

/** A signer in this process, over the keys of a provider. What it is asked is held against its bounds. */
export function localSigner(options: {
  keys: KeyProvider
  bounds: () => SignerBounds
  now: () => number
  journal: Journal
  reload?: () => Promise<void>
}): Signer {
  const keys = new HeldKeys(options.keys)
  const { bounds, now, journal, reload = () => Promise.resolve() } = options
  const context: SignerContext = {
    keys,
    issuers: new HeldIssuers(keys),
    bounds,
    now,
    journal,
    reload,
  }
  const bind = <K extends SignerOperation>(name: K) => {
    const run: Operations[K] = operations[name]
    return (input: SignerInput<K>) => run(context, input)
  }
  return {
    reload: bind('reload'),
    root: bind('root'),
    issuingCa: bind('issuingCa'),
    issuingCaRequest: bind('issuingCaRequest'),
    holdsIssuer: bind('holdsIssuer'),
    deviceCertificate: bind('deviceCertificate'),
    revocationList: bind('revocationList'),
    rootRevocationList: bind('rootRevocationList'),
    responderCertificate: bind('responderCertificate'),
    serverCertificate: bind('serverCertificate'),
    gatewayCertificate: bind('gatewayCertificate'),
    jwsKey: bind('jwsKey'),
    publicKey: bind('publicKey'),
    token: bind('token'),
    feed: bind('feed'),
    checkpoint: bind('checkpoint'),
    userNames: bind('userNames'),
    scepRa: bind('scepRa'),
    scepContent: bind('scepContent'),
    scepNextCa: bind('scepNextCa'),
    scepReply: bind('scepReply'),
  }
}
