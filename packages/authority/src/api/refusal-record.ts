import { type Problem, reasonOf } from '@sallyport/problem'
import type { DecisionRecord } from '@sallyport/wire'
import type { FastifyRequest } from 'fastify'
import { addressOf } from './caller.ts'

/** A refusal of the device listener in the form that gateways report theirs. */
export function refusalRecord(
  problem: Problem,
  request: FastifyRequest,
  now: number,
): DecisionRecord {
  const [path = ''] = request.url.split('?', 1)
  const { code, expected, found } = problem
  return {
    requestId: request.id,
    at: now,
    address: addressOf(request).slice(0, 60),
    host: (request.headers.host ?? '').slice(0, 255),
    method: request.method.slice(0, 40),
    path: path.slice(0, 1_000),
    status: reasonOf(code).status,
    code,
    stages: [
      {
        stage: reasonOf(code).area,
        mode: 'enforce',
        verdict: 'refuse',
        code,
        ...(expected === undefined ? {} : { expected: expected.slice(0, 500) }),
        ...(found === undefined ? {} : { found: found.slice(0, 500) }),
      },
    ],
  }
}
