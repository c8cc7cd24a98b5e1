// Started by fuzz.test.ts with a small heap: node --max-old-space-size=128 fuzz-process.js RUNS SEED
import { strict as assert } from 'node:assert'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Evidence } from '@sallyport/wire'
import fc from 'fast-check'
import { evidenceFormats } from '../../src/index.ts'
import {
  coveredOfMessage,
  evidenceMessages,
  honestMessages,
  messageContext,
  renewalContext,
} from './evidence-messages.ts'
import type { FuzzVector } from './fuzz-vector.ts'
import { mutate, mutations } from './mutation.ts'
import { createRunGuard } from './run-guard.ts'
import { androidVectors, keyDescriptionVectors } from './vectors/android-vectors.ts'
import {
  assertionVectors,
  attestationVectors,
  receiptVectors,
} from './vectors/app-attest-vectors.ts'
import { authenticatorDataVectors } from './vectors/authenticator-data-vectors.ts'
import { fileVectors } from './vectors/file-vectors.ts'
import { managedDeviceVectors } from './vectors/managed-device-vectors.ts'
import { playIntegrityVectors } from './vectors/play-integrity-vectors.ts'

const [runs = 20_000, seed = 1] = process.argv.slice(2).map(Number)
/** One run in so many is of whole messages instead of a vector. */
const messageShare = 8

const vectors: readonly FuzzVector[] = [
  ...androidVectors,
  ...keyDescriptionVectors,
  ...attestationVectors,
  ...assertionVectors,
  ...receiptVectors,
  ...authenticatorDataVectors,
  ...managedDeviceVectors,
  ...(await playIntegrityVectors()),
  ...(await fileVectors()),
]
const kindOf = ({ name }: FuzzVector): string => name.slice(0, name.indexOf(':'))
const byKind = Object.entries(Object.groupBy(vectors, kindOf))
const guard = createRunGuard()
const tally = new Map<string, { runs: number; accepted: number }>()

function count(kind: string, accepted: boolean): void {
  const line = tally.get(kind) ?? { runs: 0, accepted: 0 }
  tally.set(kind, line)
  line.runs++
  if (accepted) line.accepted++
}

/** What is changed must be accepted to begin with, or a refusal would mean nothing. */
async function checkVectors(): Promise<void> {
  for (const vector of vectors) {
    const { accepted } = await vector.appraise(vector.parts)
    if (vector.isAccepted !== undefined) assert.equal(accepted, vector.isAccepted, vector.name)
  }
  for (const evidence of honestMessages) {
    const context = Object.hasOwn(evidence, 'assertion') ? renewalContext : messageContext
    const result = await evidenceFormats[evidence.format]?.appraise(evidence, context)
    // The token is bound to something else, and the statement signed by nobody.
    const isRefused = ['play-integrity', 'development'].includes(evidence.format)
    assert.equal(result?.accepted, !isRefused, evidence.format)
  }
}

/** What fails is kept in a file, for a test of its own. */
async function keepOnFailure(
  name: string,
  evidence: readonly Buffer[] | Evidence,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run()
  } catch (cause) {
    const parts = Array.isArray(evidence)
      ? (evidence as readonly Buffer[]).map((part) => part.toString('base64'))
      : evidence
    const file = join(tmpdir(), `sallyport-fuzz-${process.pid}.json`)
    writeFileSync(file, JSON.stringify({ name, parts }))
    throw new Error(`${name} in ${file}`, { cause })
  }
}

/** What is signed is as it was, or as it is in another vector that is put in its place. */
function checkCovered(vector: FuzzVector, parts: readonly Buffer[], ofKind: readonly FuzzVector[]) {
  if (vector.covered === undefined) return
  const covered = vector.covered(parts)
  if (ofKind.some((other) => isDeepStrictEqual(covered, other.covered?.(other.parts)))) return
  assert.deepEqual(covered, vector.covered(vector.parts), 'accepted, and something signed changed')
}

async function fuzzVectors(numRuns: number): Promise<void> {
  const choice = fc.tuple(fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff))
  const property = fc.asyncProperty(choice, mutations, async ([kind, one, other], changes) => {
    const [name = '', ofKind = []] = byKind[kind % byKind.length] ?? []
    const vector = ofKind[one % ofKind.length]
    const donor = vectors[other % vectors.length]
    assert.ok(vector !== undefined && donor !== undefined)
    const parts = mutate(vector.parts, changes, donor.parts)
    await keepOnFailure(vector.name, parts, async () => {
      const { accepted } = await guard.run(() => vector.appraise(parts))
      const isChanged = !isDeepStrictEqual(parts, vector.parts)
      count(name, accepted && isChanged)
      if (accepted && isChanged) checkCovered(vector, parts, ofKind)
    })
  })
  await fc.assert(property, { numRuns, seed })
}

async function fuzzMessages(numRuns: number): Promise<void> {
  const contexts = fc.constantFrom(messageContext, renewalContext)
  const property = fc.asyncProperty(evidenceMessages, contexts, async (evidence, context) => {
    const format = evidenceFormats[evidence.format]
    assert.ok(format !== undefined)
    const name = `message: ${evidence.format}`
    await keepOnFailure(name, evidence, async () => {
      const { accepted } = await guard.run(async () => {
        const result = await format.appraise(evidence, context)
        return { ...result, told: [result.claims, result.facts] }
      })
      const isChanged = !honestMessages.some((honest) => isDeepStrictEqual(honest, evidence))
      count(name, accepted && isChanged)
      if (!accepted || !isChanged) return
      const covered = coveredOfMessage(evidence)
      assert.ok(
        honestMessages.some((honest) => isDeepStrictEqual(coveredOfMessage(honest), covered)),
        'accepted, and not as an honest phone sent it',
      )
    })
  })
  await fc.assert(property, { numRuns, seed })
}

await checkVectors()
const ofMessages = Math.floor(runs / messageShare)
await fuzzVectors(runs - ofMessages)
await fuzzMessages(ofMessages)
for (const [kind, line] of [...tally].toSorted()) {
  console.log(`${kind}: ${line.runs} runs, ${line.accepted} changed and accepted`)
}
console.log(`${runs} runs, seed ${seed}, slowest ${guard.slowestMs().toFixed(1)} ms of CPU`)
