import { type Problem, reasonOf } from '@sallyport/problem'
import type { DecisionRecord } from '@sallyport/wire'
import type { FastifyRequest } from 'fastify'
import { type Appraisal, noEvidence } from '../appraisals/appraisal.ts'
import { EvidenceProblem } from '../appraisals/evidence-problem.ts'
import { addressOf } from './caller.ts'

const maxWords = 500
/** Of evidence that fails all over. A flood of it must not fill the store sooner than others. */
const maxChecks = 8
const maxCheckWords = 200

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
    stages:
      problem instanceof EvidenceProblem
        ? failedChecks(problem.appraisal)
        : [
            {
              stage: reasonOf(code).area,
              mode: 'enforce',
              verdict: 'refuse',
              code,
              ...(expected === undefined ? {} : { expected: expected.slice(0, maxWords) }),
              ...(found === undefined ? {} : { found: found.slice(0, maxWords) }),
            },
          ],
  }
}

/** The first checks that failed. All of them, and what passed, are in the appraisal. */
function failedChecks({ failed }: Appraisal): DecisionRecord['stages'] {
  return failed.slice(0, maxChecks).map(({ format, name, code, expected, found, isEnforced }) => ({
    stage: format === noEvidence ? 'evidence' : format,
    mode: isEnforced ? 'enforce' : 'shadow',
    verdict: 'refuse',
    check: name.slice(0, 80),
    code,
    expected: expected.slice(0, maxCheckWords),
    found: found.slice(0, maxCheckWords),
  }))
}
