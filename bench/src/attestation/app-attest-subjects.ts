import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { appraiseAppAttestation, appraiseAssertion, builtInRoots } from '@sallyport/attestation'
import { parseAllDocuments } from 'yaml'
import { fixtures } from './fixtures.ts'
import type { Subject } from './subject.ts'

type Entry = Readonly<Record<string, string>>

/** What a real iPhone sent. For information: nothing is held to a limit. */
export const appAttestSubjects: readonly (() => Subject)[] = [attestationSubject, assertionSubject]

function attestationSubject(): Subject {
  const entry = entryOf('attestation')
  const options = {
    attestation: bytes(entry, 'attestationBase64'),
    clientData: bytes(entry, 'clientDataBase64'),
    at: Date.parse(entry['timestamp'] ?? ''),
    trust: {
      appAttest: { anchors: builtInRoots.appAttest },
      appAttestReceipts: { anchors: builtInRoots.appAttestReceipts },
    },
    policy: { appIds: [appIdOf(entry)] },
  }
  return {
    name: 'App Attest attestation',
    about: 'iOS 14.3, with its receipt',
    verify: () => appraiseAppAttestation(options).accepted,
  }
}

function assertionSubject(): Subject {
  const entry = entryOf('assertion')
  const key = createPublicKey(entry['publicKey'] ?? '')
  const options = {
    assertion: bytes(entry, 'assertionBase64'),
    clientData: bytes(entry, 'clientDataBase64'),
    key: {
      keyId: entry['keyIdBase64'] ?? '',
      spki: key.export({ format: 'der', type: 'spki' }),
      counter: 0,
      environment: 'development',
      appId: appIdOf(entry),
    },
    policy: {},
  } as const
  return {
    name: 'App Attest assertion',
    about: 'iOS 14.3',
    verify: () => appraiseAssertion(options).accepted,
  }
}

function entryOf(type: string): Entry {
  const text = readFileSync(path.join(fixtures, 'app-attest/ios-14.3.yaml'), 'utf8')
  const entries = parseAllDocuments(text).map((document) => document.toJS() as Entry)
  const entry = entries.find((candidate) => candidate['type'] === type)
  if (entry === undefined) throw new Error(`the file has no ${type}`)
  return entry
}

function bytes(entry: Entry, member: string): Buffer {
  return Buffer.from(entry[member] ?? '', 'base64')
}

function appIdOf(entry: Entry): string {
  return `${entry['teamIdentifier']}.${entry['bundleIdentifier']}`
}
