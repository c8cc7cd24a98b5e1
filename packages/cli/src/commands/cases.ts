import type { OfflineScope } from '@sallyport/gateway'
import { casesSummary, casesText, isWrong } from '../cases/case-words.ts'
import { runCases } from '../cases/run-cases.ts'
import type { Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'

export const testAccess: Operation = test('access')
export const testRoutes: Operation = test('whole')

function test(scope: OfflineScope): Operation {
  return async (input, output) => {
    const [file = ''] = input.arguments
    const run = await runCases(locateConfig(input), file, { scope, now: Date.now() })
    const ok = !run.outcomes.some(isWrong)
    output.result({ ok, ...run }, () => casesText(run, output.paint))
    output.say(casesSummary(run))
    return ok ? 0 : 1
  }
}
