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
  const name = operationNames[tag]
  return name === undefined ? undefined : signerOperations[name].maxBytes
}

/** How a question ended, as the tag of its answer. */
export const outcomes = { answered: 0, refused: 1 } as const

/** A list with a million entries. */
const maxAnswerBytes = 128 * 1024 * 1024
const maxRefusalBytes = 16_384

export function maxAnswerBytesOf(tag: number): number | undefined {
  if (tag === outcomes.answered) return maxAnswerBytes
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

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

export type Refusal = { code: string; detail?: string; expected?: string; found?: string }

export function refusalOf(problem: Problem): Refusal {
  const { code, detail, expected, found } = problem
  return {
    code,
    ...(detail === undefined ? {} : { detail: detail.slice(0, 1_000) }),
    ...(expected === undefined ? {} : { expected: expected.slice(0, 1_000) }),
    ...(found === undefined ? {} : { found: found.slice(0, 1_000) }),
  }
}

export function problemOf(body: Buffer): Problem {
  const { code, ...facts } = (parse(body) ?? {}) as Partial<Refusal>
  if (code === undefined || !isReasonCode(code)) return new Problem('signer_unavailable')
  return new Problem(code, facts)
}
