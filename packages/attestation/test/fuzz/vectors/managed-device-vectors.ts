import { appraiseManagedDevice } from '../../../src/index.ts'
import {
  at,
  challenge,
  intermediate,
  leafOf,
  leafParty,
  mac,
  rootCertificate,
  trust,
} from '../../apple-mda/managed-chain.ts'
import type { FuzzVector, Outcome } from '../fuzz-vector.ts'
import { belowRoots } from './android-vectors.ts'

function outcomeOf(chain: readonly Buffer[]): Outcome {
  const { accepted, checks, claims, facts } = appraiseManagedDevice({
    chain,
    challenge,
    spki: leafParty.spki,
    at,
    trust,
    policy: {
      serialNumbers: ['C02XL3FHJG5J'],
      requireIdentity: true,
      minimumOsVersion: '26.1',
      requireSecureBoot: true,
    },
  })
  return { accepted, checks, told: [claims, facts] }
}

const properties = Object.keys(mac)

/** A chain, each certificate a part; and what Apple says of a device, in a leaf signed anew. */
export const managedDeviceVectors: readonly FuzzVector[] = [
  {
    name: 'apple-mda: a Mac',
    isAccepted: true,
    parts: [leafOf(), intermediate, rootCertificate],
    appraise: async (parts) => outcomeOf(parts),
    covered: (parts) => belowRoots(parts, trust.anchors),
  },
  {
    name: 'apple-mda properties: a Mac',
    isAccepted: true,
    parts: properties.map((name) => Buffer.from(mac[name] ?? [])),
    appraise: async (parts) => {
      const told = Object.fromEntries(properties.map((name, index) => [name, parts[index]]))
      return outcomeOf([leafOf(told), intermediate])
    },
  },
]
