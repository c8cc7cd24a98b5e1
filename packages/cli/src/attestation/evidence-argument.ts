import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { type EvidenceFile, maxEvidenceFileBytes, readEvidenceFile } from '@sallyport/attestation'
import { Problem } from '@sallyport/problem'
import { fileProblem } from '../files/file-problem.ts'

/**
 * The evidence in a file, or on stdin where the argument is `-`. No more is read than evidence can have.
 *
 * @throws Problem `file_failed`; `attestation_malformed`, `attestation_too_large`
 */
export async function readEvidenceArgument(
  argument: string,
  stdin: Readable = process.stdin,
): Promise<EvidenceFile> {
  const limit = maxEvidenceFileBytes + 1
  const stream = argument === '-' ? stdin : createReadStream(argument, { end: limit - 1 })
  return readEvidenceFile(await readBounded(stream, argument, limit))
}

async function readBounded(stream: Readable, name: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length >= limit) break
    }
  } catch (error) {
    throw namedProblem(error, name)
  }
  return Buffer.concat(chunks)
}

/** A failed read names no file, unlike a failed open. */
function namedProblem(error: unknown, name: string): unknown {
  const problem = fileProblem(error)
  if (problem === undefined) return error
  const { found } = problem
  return new Problem('file_failed', {
    detail: name,
    ...(found === undefined ? {} : { found }),
    cause: error,
  })
}
