import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { certificatesFromPem, toPem } from '@sallyport/pki'
import {
  type CollectEvidence,
  type CollectSignals,
  EvidenceError,
  type KeyStore,
} from '@sallyport/sdk'
import { toBase64url } from '@sallyport/wire'
import type { DevelopmentRoot } from '../development-root.ts'
import { readPrivateFile } from '../private-file.ts'
import type { PlatformParts } from '../virtual-phone.ts'
import { replaceFile } from '@sallyport/pki'
import { androidKeyChain } from './android-key-evidence.ts'
import { type AndroidPhone, defaultAndroidPhone } from './android-phone.ts'
import { type AttestationBatch, makeAttestationBatch } from './attestation-batch.ts'
import type { AndroidHostility } from './hostile-android.ts'
import type { SecurityLevel } from './key-description.ts'
import {
  type PlayConsole,
  type PlayIntegrityHostility,
  playIntegritySignal,
} from './play-integrity.ts'

/** A virtual phone whose keys are attested when they are made, as the Android Keystore does it. */
export type VirtualAndroid = {
  readonly platform: 'android'
  readonly root: DevelopmentRoot
  /** What is different from `defaultAndroidPhone`. */
  readonly facts?: Partial<AndroidPhone>
  /** The time at the servers that provision it, milliseconds. Default: the time. */
  readonly platformNow?: () => number
  /** While it says so, StrongBox makes no key, and the phone falls back to the TEE. */
  readonly isStrongBoxBroken?: () => boolean
  /** While it says so, the phone is out of provisioned keys and cannot get any. */
  readonly isPoolEmpty?: () => boolean
  /** Asked at every key. */
  readonly hostility?: () => AndroidHostility | undefined
  /** Whose tokens it brings beside its evidence. Default: none. */
  readonly playConsole?: PlayConsole
  /** Asked at every token. */
  readonly playHostility?: () => PlayIntegrityHostility | undefined
}

export function androidParts(phone: VirtualAndroid, directory: string): PlatformParts {
  const facts = { ...defaultAndroidPhone, ...phone.facts }
  const chainPath = (id: string) => join(directory, `${id}.chain.pem`)
  return {
    facts: {
      platform: 'android',
      osVersion: facts.osVersion,
      osPatchLevel: facts.patchLevel,
      deviceModel: facts.model,
    },
    keyStore: (keys) => attestingKeyStore(keys, createAttester(phone, facts), chainPath),
    evidence: collectChain(chainPath),
    signals: collectTokens(phone, facts),
  }
}

/** A token for what is asked, from Play. */
function collectTokens(phone: VirtualAndroid, facts: AndroidPhone): CollectSignals {
  const { playConsole, platformNow = Date.now } = phone
  return async ({ clientData }) => {
    if (playConsole === undefined) return []
    const hostility = phone.playHostility?.()
    const about = { console: playConsole, clientData, at: platformNow(), phone: facts }
    return [playIntegritySignal({ ...about, ...(hostility === undefined ? {} : { hostility }) })]
  }
}

type Attest = (request: { challenge: Uint8Array; spki: Uint8Array }) => Buffer[]

/** `KeyGenParameterSpec.setAttestationChallenge`: the chain comes into being with the key. */
function attestingKeyStore(
  keys: KeyStore,
  attest: Attest,
  chainPath: (id: string) => string,
): KeyStore {
  return {
    ...keys,
    create: async (id, options) => {
      const key = await keys.create(id, options)
      if (options.challenge === undefined) return key
      const spki = await key.publicKey()
      const chain = attest({ challenge: options.challenge, spki })
      const pem = chain.map((certificate) => toPem('CERTIFICATE', certificate)).join('')
      await replaceFile(chainPath(id), pem)
      return key
    },
    delete: async (id) => {
      await keys.delete(id)
      await rm(chainPath(id), { force: true })
    },
  }
}

/** A phone is given new attestation keys when the old ones are over. */
function createAttester(phone: VirtualAndroid, facts: AndroidPhone): Attest {
  const { root, platformNow = Date.now } = phone
  const batches = new Map<SecurityLevel, AttestationBatch>()
  return ({ challenge, spki }) => {
    const at = platformNow()
    if (phone.isPoolEmpty?.() === true) {
      throw new EvidenceError('unavailable', 'ERROR_PENDING_INTERNET_CONNECTIVITY')
    }
    const isBroken = facts.securityLevel === 'strongbox' && phone.isStrongBoxBroken?.() === true
    const securityLevel = isBroken ? 'tee' : facts.securityLevel
    const kept = batches.get(securityLevel)
    const batch =
      kept === undefined || at >= kept.notAfter
        ? makeAttestationBatch({ ...facts, root, securityLevel, at })
        : kept
    batches.set(securityLevel, batch)
    const hostility = phone.hostility?.()
    return androidKeyChain({
      root,
      challenge,
      spki,
      at,
      batch,
      phone: { ...facts, securityLevel },
      ...(hostility === undefined ? {} : { hostility }),
    })
  }
}

/** The chain that the key was made with: for another challenge there is no other. */
function collectChain(chainPath: (id: string) => string): CollectEvidence {
  return async ({ key }) => {
    const pem = await readPrivateFile(chainPath(key.id))
    if (pem === undefined) return undefined
    const chain = certificatesFromPem(pem).map(({ der }) => toBase64url(der))
    return { format: 'android-key', chain }
  }
}
