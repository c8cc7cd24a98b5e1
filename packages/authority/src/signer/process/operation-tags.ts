import { isReasonCode, Problem } from '@sallyport/problem'
import { Compile, type Validator } from 'typebox/compile'
import { type SignerOperation, signerOperations } from '../signer.ts'

/** The operations, each at its tag. Both ends of the socket are of one version: they are started by one. */
export const operationNames = Object.keys(signerOperations).toSorted() as SignerOperation[]

export function tagOf(operation: SignerOperation): number {
  return operationNames.indexOf(operation)
}

/** The most bytes that a question has. */
export function maxQuestionBytes(tag: number): number | undefined {
  if (tag === proofTag) return maxProofBytes
  const name = operationNames[tag]
  return name === undefined ? undefined : signerOperations[name].maxBytes
}

/** How a question ended, as the tag of its answer. `secret`: a step of proving it, before any question. */
export const outcomes = { answered: 0, refused: 1, secret: 2 } as const
/** The tag of the authority's proof, which is no operation. */
export const proofTag = 255
const maxProofBytes = 1_024

/** A list with a million entries. */
const maxAnswerBytes = 128 * 1024 * 1024
const maxRefusalBytes = 16_384

export function maxAnswerBytesOf(tag: number): number | undefined {
  if (tag === outcomes.answered) return maxAnswerBytes
  if (tag === outcomes.secret) return maxProofBytes
  return tag === outcomes.refused ? maxRefusalBytes : undefined
}

const validators = new Map<string, Validator>()

/** @throws Problem `signer_refused` where a message is not of its schema, which has no room for more */
export function readMessage(
  operation: SignerOperation,
  part: 'input' | 'output',
  body: Buffer,
): unknown {
  const name = `${operation}/${part}`
  const validator = validators.get(name) ?? Compile(signerOperations[operation][part])
  validators.set(name, validator)
  const value = parse(body)
  if (validator.Check(value)) return value
  throw new Problem('signer_refused', {
    expected: `the ${part} of ${operation}`,
    found: 'a message of another form',
  })
}

/** A step of proving the secret: whatever it is, an object. */
export function readStep(body: Buffer): Readonly<Record<string, unknown>> {
  const value = parse(body)
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

export type Refusal = {
  code: string
  detail?: string
  expected?: string
  found?: string
  retryAfterSeconds?: number
}

export function refusalOf(problem: Problem): Refusal {
  const { code, detail, expected, found, retryAfterSeconds } = problem
  return {
    code,
    ...(detail === undefined ? {} : { detail: detail.slice(0, 1_000) }),
    ...(expected === undefined ? {} : { expected: expected.slice(0, 1_000) }),
    ...(found === undefined ? {} : { found: found.slice(0, 1_000) }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  }
}

export function problemOf(body: Buffer): Problem {
  const { code, ...facts } = (parse(body) ?? {}) as Partial<Refusal>
  if (code === undefined || !isReasonCode(code)) return new Problem('signer_unavailable')
  return new Problem(code, facts)
}
