import { insecureSwitches } from '../configuration/insecure-switches.ts'
import type { DoctorCheck } from './finding.ts'

export const switchCheck: DoctorCheck = {
  name: 'insecure switches',
  examine: ({ file }) => {
    const on = insecureSwitches(file.value)
    if (on.length === 0) {
      return [{ check: 'insecure switches', verdict: 'ok', what: file.path, found: 'none is on' }]
    }
    return on.map((what) => ({
      check: 'insecure switches',
      verdict: 'warn',
      what,
      found: 'is on',
      fix: 'Take it out of the file, unless this deployment is for development alone.',
    }))
  },
}
