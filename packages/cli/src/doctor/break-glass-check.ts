import { resolvePath } from '@sallyport/config'
import { isProblem } from '@sallyport/problem'
import { openEntries } from '../gateway/break-glass-entries.ts'
import type { DoctorCheck } from './finding.ts'

const check = 'broken glass'

/** Whether somebody made a stage of this gateway laxer, and it is so still. */
export const breakGlassCheck: DoctorCheck = {
  name: check,
  examine: ({ file, now }) => {
    const gateway = file.value['gateway'] as { stateDirectory: string } | undefined
    if (gateway === undefined) return []
    const what = resolvePath(file.directory, gateway.stateDirectory)
    try {
      const open = openEntries(what, now())
      if (open.length === 0) return [{ check, verdict: 'ok', what, found: 'none' }]
      return open.map(({ route, stage, mode, until, by, reason }) => ({
        check,
        verdict: 'warn',
        what: `${stage} of ${route}`,
        found: `in mode ${mode} until ${new Date(until).toISOString()}, by ${by}: ${reason}`,
        fix: `When it is not needed any more: sallyport break-glass ${JSON.stringify(route)} --stage ${stage} --end`,
      }))
    } catch (error) {
      if (!isProblem(error)) throw error
      const fix = 'Remove the file, and break the glass again where it is needed.'
      return [{ check, verdict: 'fail', what, found: error.found ?? error.message, fix }]
    }
  },
}
